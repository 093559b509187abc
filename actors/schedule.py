"""One schedule, live: wakes at every hand-off and journals whose shift begins and ends."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

from domain.configuration import Configuration
from domain.oncall import next_change, who
from runtime.entity import Cancel, Ctx, Decision, Isolation, Record, Set, TimerFired

HANDOFF = "handoff"


@dataclass(frozen=True, slots=True)
class ScheduleChanged:
    """The schedule was saved or deleted: look again."""


@dataclass(frozen=True, slots=True)
class ShiftStarted:
    users: tuple[str, ...]
    at: float


@dataclass(frozen=True, slots=True)
class ShiftEnded:
    users: tuple[str, ...]
    at: float


@dataclass(frozen=True, slots=True)
class Looked:
    """The next hand-off is at `next_at`, or never."""

    next_at: float | None


@dataclass(frozen=True, slots=True)
class OnCall:
    """State: who is on call, and until when that cannot change."""

    users: tuple[str, ...] = ()
    next_at: float | None = None


class ScheduleActor:
    """Hand-offs of one schedule. It decides nothing about paging, which asks the resolver at that moment."""

    kind: ClassVar[str] = "schedule"
    state_type: ClassVar[type] = OnCall
    messages: ClassVar[tuple[type, ...]] = (ScheduleChanged,)
    events: ClassVar[tuple[type, ...]] = (ShiftStarted, ShiftEnded, Looked)
    version: ClassVar[int] = 1
    idle_s: ClassVar[float] = 600.0
    max_pending: ClassVar[int] = 100
    isolation: ClassVar[Isolation] = "shared"

    def new(self, key: str) -> OnCall:
        return OnCall()

    def closed(self, state: OnCall) -> bool:
        return False

    def upcast(self, version: int, state: dict[str, Any]) -> dict[str, Any]:
        return state

    def apply(self, state: OnCall, event: Any) -> OnCall:
        match event:
            case ShiftStarted(users, _):
                return replace(state, users=users)
            case ShiftEnded():
                return replace(state, users=())
            case Looked(next_at):
                return replace(state, next_at=next_at)
        return state

    def decide(self, state: OnCall, message: Any, ctx: Ctx) -> Decision:
        if not isinstance(message, (ScheduleChanged, TimerFired)):
            return Decision()
        config: Configuration = ctx.env
        schedule = config.schedules.get(ctx.entity.key)
        users = who(schedule, ctx.now) if schedule is not None else ()
        following = next_change(schedule, ctx.now) if schedule is not None else None
        events: list[Any] = []
        if users != state.users:
            events += [ShiftEnded(state.users, ctx.now)] if state.users else []
            events += [ShiftStarted(users, ctx.now)] if users else []
        events.append(Looked(following))
        timer = Cancel(HANDOFF) if following is None else Set(HANDOFF, following)
        shown = {"users": list(users), "next_at": following}
        return Decision(events=events, timers=[timer], records=[Record(str(ctx.entity), {"users": list(users)}, shown)])
