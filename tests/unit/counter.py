"""An entity that counts: the runtime's own tests know nothing of on-call."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

from runtime.entity import Cancel, Ctx, Decision, Effect, EffectFailed, Record, Set, Tell, TimerFired
from runtime.ids import EntityId


@dataclass(frozen=True, slots=True)
class Add:
    amount: int


@dataclass(frozen=True, slots=True)
class Later:
    seconds: float


@dataclass(frozen=True, slots=True)
class Stop:
    pass


@dataclass(frozen=True, slots=True)
class Forward:
    to: str


@dataclass(frozen=True, slots=True)
class Break:
    pass


@dataclass(frozen=True, slots=True)
class Added:
    amount: int


@dataclass(frozen=True, slots=True)
class Noted:
    what: str


@dataclass(frozen=True, slots=True)
class Total:
    value: int = 0
    notes: int = 0


class Counter:
    """Adds, sets timers, orders effects, tells others, and breaks on demand."""

    kind: ClassVar[str] = "counter"
    state_type: ClassVar[type] = Total
    messages: ClassVar[tuple[type, ...]] = (Add, Later, Stop, Forward, Break)
    events: ClassVar[tuple[type, ...]] = (Added, Noted)
    version: ClassVar[int] = 1
    idle_s: ClassVar[float] = 60.0
    max_pending: ClassVar[int] = 1_000
    isolation: ClassVar[Any] = "shared"

    def new(self, key: str) -> Total:
        return Total()

    def closed(self, state: Total) -> bool:
        return False

    def upcast(self, version: int, state: dict[str, Any]) -> dict[str, Any]:
        return state

    def apply(self, state: Total, event: Any) -> Total:
        if isinstance(event, Added):
            return replace(state, value=state.value + event.amount)
        return replace(state, notes=state.notes + 1)

    def decide(self, state: Total, message: Any, ctx: Ctx) -> Decision:
        match message:
            case Add(amount):
                value = state.value + amount
                record = Record(str(ctx.entity), {"value": value}, {"value": value})
                return Decision(events=[Added(amount)], records=[record], reply={"value": value})
            case Later(seconds):
                return Decision(events=[Noted("later")], timers=[Set("t", ctx.now + seconds)])
            case TimerFired(name, _):
                effect = Effect(ctx.id(0), "note", "test", {"total": state.value}, group="notes")
                return Decision(events=[Noted(f"fired {name}")], effects=[effect])
            case Stop():
                return Decision(events=[Noted("stop")], timers=[Cancel("t")], cancel=["notes"])
            case Forward(to):
                return Decision(events=[Noted("forward")], tell=[Tell(EntityId("counter", to), Add(1))])
            case EffectFailed():
                return Decision(events=[Noted("effect failed")])
            case _:
                raise RuntimeError("this message cannot be digested")
