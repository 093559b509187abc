"""The turns of one round-robin step. Key: policy id and number of the step, from 1, as "POLICY/STEP"."""

from __future__ import annotations

from typing import Any, ClassVar

from domain.round_robin import AskTurn, TurnGiven, Turns, TurnTaken, apply, whose
from runtime.entity import Ctx, Decision, Isolation, Tell
from runtime.ids import EntityId


class RoundRobin:
    """Answers every incident that asks, one after the other."""

    kind: ClassVar[str] = "round_robin"
    state_type: ClassVar[type] = Turns
    messages: ClassVar[tuple[type, ...]] = (AskTurn,)
    events: ClassVar[tuple[type, ...]] = (TurnTaken,)
    version: ClassVar[int] = 1
    idle_s: ClassVar[float] = 600.0
    max_pending: ClassVar[int] = 10_000
    isolation: ClassVar[Isolation] = "shared"

    def new(self, key: str) -> Turns:
        return Turns()

    def apply(self, state: Turns, event: Any) -> Turns:
        return apply(state, event)

    def closed(self, state: Turns) -> bool:
        return True

    def upcast(self, version: int, state: dict[str, Any]) -> dict[str, Any]:
        return state

    def decide(self, state: Turns, message: Any, ctx: Ctx) -> Decision:
        if not isinstance(message, AskTurn) or not message.users:
            return Decision()
        user = whose(state, message.users)
        given = TurnGiven(message.episode, message.step, message.round, user)
        return Decision(
            events=[TurnTaken(user, message.line, message.episode)],
            tell=[Tell(EntityId("incident", message.line), given)],
        )
