"""The entity the simulator runs: a small escalation that knows nothing of on-call.

Three steps, each pages one person and waits; an acknowledgement ends it. Every alert is journalled by
its number, so that the checker can say exactly which one was lost.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

from runtime.entity import Cancel, Ctx, Decision, Effect, Record, Set, TimerFired

STEPS = ("alice", "bob", "carol")
WAIT_S = 60.0


@dataclass(frozen=True, slots=True)
class Alert:
    number: int


@dataclass(frozen=True, slots=True)
class Ack:
    by: str


@dataclass(frozen=True, slots=True)
class AlertSeen:
    number: int


@dataclass(frozen=True, slots=True)
class StepPaged:
    step: int
    effect: str
    late_s: float


@dataclass(frozen=True, slots=True)
class Acked:
    by: str


@dataclass(frozen=True, slots=True)
class AckIgnored:
    by: str


@dataclass(frozen=True, slots=True)
class Exhausted:
    pass


@dataclass(frozen=True, slots=True)
class PageLost:
    effect: str


@dataclass(frozen=True, slots=True)
class State:
    status: str = "quiet"
    step: int = -1
    alerts: int = 0


class Pager:
    """One escalation per key."""

    kind: ClassVar[str] = "pager"
    state_type: ClassVar[type] = State
    messages: ClassVar[tuple[type, ...]] = (Alert, Ack)
    events: ClassVar[tuple[type, ...]] = (AlertSeen, StepPaged, Acked, AckIgnored, Exhausted, PageLost)
    version: ClassVar[int] = 1
    idle_s: ClassVar[float] = 100.0
    max_pending: ClassVar[int] = 50
    isolation: ClassVar[Any] = "shared"

    def new(self, key: str) -> State:
        return State()

    def closed(self, state: State) -> bool:
        return state.status in ("acked", "exhausted")

    def upcast(self, version: int, state: dict[str, Any]) -> dict[str, Any]:
        return state

    def apply(self, state: State, event: Any) -> State:
        match event:
            case AlertSeen():
                status = "open" if state.status == "quiet" else state.status
                return replace(state, alerts=state.alerts + 1, status=status)
            case StepPaged(step):
                return replace(state, step=step)
            case Acked():
                return replace(state, status="acked")
            case Exhausted():
                return replace(state, status="exhausted")
        return state

    def decide(self, state: State, message: Any, ctx: Ctx) -> Decision:
        match message:
            case Alert(number):
                if state.status != "quiet":
                    return Decision(events=[AlertSeen(number)])
                return self._page(0, ctx, [AlertSeen(number)], 0.0)
            case Ack(by) if state.status == "open":
                return Decision(events=[Acked(by)], timers=[Cancel("escalate")], cancel=["page"], reply={"ok": True})
            case Ack(by):  # too late for the steps, in time for a page that an outage still holds back
                return Decision(events=[AckIgnored(by)], cancel=["page"], reply={"ok": False})
            case TimerFired(_, due_at) if state.status == "open":
                if state.step + 1 < len(STEPS):
                    return self._page(state.step + 1, ctx, [], ctx.now - due_at)
                return Decision(events=[Exhausted()])
            case _:
                return Decision(events=[PageLost(getattr(message, "effect_id", ""))])

    def _page(self, step: int, ctx: Ctx, before: list[Any], late_s: float) -> Decision:
        effect = Effect(ctx.id(0), "page", "voice", {"to": STEPS[step], "step": step}, group="page")
        return Decision(
            events=[*before, StepPaged(step, effect.id, late_s)],
            timers=[Set("escalate", ctx.now + WAIT_S)],
            effects=[effect],
            records=[Record(str(ctx.entity), {"step": step}, {"step": step})],
        )
