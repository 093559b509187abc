"""One heartbeat: pings, people and its deadline in; alerts to incident lines out. Rules: domain/heartbeat.py."""

from __future__ import annotations

from typing import Any, ClassVar

from domain import beat_events
from domain.beat import Beat, apply, shown
from domain.heartbeat import (
    ArmHeartbeat,
    HeartbeatChanged,
    NobodyListened,
    PauseHeartbeat,
    PingReceived,
    Turn,
)
from runtime.entity import Cancel, Ctx, Decision, Isolation, Record, Set, Tell, TimerFired
from runtime.ids import EntityId


class HeartbeatActor:
    """Promise: an absence is one alert, sent in the commit that notices it; the ping that ends it resolves it."""

    kind: ClassVar[str] = "heartbeat"
    state_type: ClassVar[type] = Beat
    messages: ClassVar[tuple[type, ...]] = (
        PingReceived,
        ArmHeartbeat,
        PauseHeartbeat,
        HeartbeatChanged,
        NobodyListened,
    )
    events: ClassVar[tuple[type, ...]] = beat_events.ALL
    version: ClassVar[int] = 1
    idle_s: ClassVar[float] = 600.0
    max_pending: ClassVar[int] = 1_000
    isolation: ClassVar[Isolation] = "shared"

    def new(self, key: str) -> Beat:
        return Beat()

    def closed(self, state: Beat) -> bool:
        return not state.expecting and state.down_since is None

    def upcast(self, version: int, state: dict[str, Any]) -> dict[str, Any]:
        return state

    def apply(self, state: Beat, event: Any) -> Beat:
        return apply(state, event)

    def decide(self, state: Beat, message: Any, ctx: Ctx) -> Decision:
        turn = Turn(ctx.entity.key, state, ctx.env, ctx.now)
        match message:
            case PingReceived():
                turn.ping(message)
            case ArmHeartbeat(by):
                turn.arm(by)
            case PauseHeartbeat(by):
                turn.pause(by)
            case HeartbeatChanged():
                turn.look()
            case NobodyListened(since, until):
                turn.unheard(since, until)
            case TimerFired(name, due_at):
                turn.due(name, due_at)
        if not turn.events:
            return Decision(reply=turn.reply)
        return Decision(
            events=turn.events,
            timers=[Cancel(name) if at is None else Set(name, at) for name, at in turn.timers.items()],
            tell=[Tell(EntityId("incident", line), alerts) for line, alerts in turn.tell],
            records=[Record(str(ctx.entity), {"down": turn.beat.down_since is not None}, shown(turn.beat))],
            reply=turn.reply,
        )
