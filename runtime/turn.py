"""One turn: state and a batch of messages in, one Turn (ready to be committed) out. No I/O, no clock.

Rules, each defended by tests/unit/test_turn.py:
- The state changes only through `apply`; every event takes the next journal position.
- A timer message counts only if its generation is the one armed now; otherwise it is stale and ignored.
- A timer that fired is gone unless the decision arms it again.
- Cancelling a group also withdraws effects decided earlier in this same turn.
- The result depends on nothing but the arguments: running a turn again yields the same ids.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from runtime.codec import Kind, body_of, json_of
from runtime.entity import Cancel, Ctx, Decision, Effect, Record, Set, TimerFired, View
from runtime.ids import EntityId, shard_of
from runtime.store import Inbound, JournalRow, TimerRow, Turn


@dataclass(frozen=True, slots=True)
class Message:
    """What lies in a mailbox: an inbox row (`inbox_id`) or a timer that is due (`timer`)."""

    cause: str
    kind: str
    body: str
    inbox_id: int | None = None
    timer: TimerRow | None = None
    env_version: int = 0


@dataclass(frozen=True, slots=True)
class Position:
    """Where an entity stands: everything the next turn starts from."""

    shard: int
    seq: int
    state: Any
    timers: dict[str, TimerRow]


class DecideFailed(Exception):
    """The entity's own code failed on message number `index` of the batch."""

    def __init__(self, index: int, reason: str) -> None:
        super().__init__(reason)
        self.index = index
        self.reason = reason

    def __reduce__(self) -> tuple[type[DecideFailed], tuple[int, str]]:
        return (type(self), (self.index, self.reason))


@dataclass(slots=True)
class _Draft:
    """What the turn has gathered so far."""

    shard: int
    seq: int
    state: Any
    stored: dict[str, TimerRow]
    armed: dict[str, TimerRow]
    journal: list[JournalRow] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)
    cancelled: dict[str, None] = field(default_factory=dict)
    tells: list[Inbound] = field(default_factory=list)
    records: dict[str, Record | View] = field(default_factory=dict)
    done: list[int] = field(default_factory=list)
    replies: dict[int, Any] = field(default_factory=dict)


def run_turn(
    kind: Kind, entity: EntityId, start: Position, messages: Sequence[Message], now: float, env: Any
) -> tuple[Turn, Position]:
    """Fold the messages in order; raises DecideFailed with the index of the one that broke."""
    draft = _Draft(start.shard, start.seq, start.state, start.timers, dict(start.timers))
    for index, message in enumerate(messages):
        try:
            _take(kind, entity, draft, message, now, env)
        except Exception as error:
            raise DecideFailed(index, f"{type(error).__name__}: {error}") from error
    try:
        state = kind.encode_state(draft.state)
        records = [r.show() if isinstance(r, View) else r for r in draft.records.values()]
    except Exception as error:
        # With one message this is the one that broke it; with several, each is tried by itself from the last on.
        raise DecideFailed(len(messages) - 1, f"its state cannot be stored or shown: {error}") from error
    turn = Turn(
        entity=str(entity),
        shard=draft.shard,
        seq=draft.seq,
        version=kind.entity.version,
        state=state,
        closed=kind.entity.closed(draft.state),
        at=now,
        journal=draft.journal,
        set_timers=[t for name, t in draft.armed.items() if draft.stored.get(name) != t],
        drop_timers=[(name, t.gen) for name, t in draft.stored.items() if name not in draft.armed],
        cancel_groups=list(draft.cancelled),
        effects=draft.effects,
        tells=draft.tells,
        records=records,
        done=draft.done,
        replies=draft.replies,
    )
    return turn, Position(draft.shard, draft.seq, draft.state, draft.armed)


def _take(kind: Kind, entity: EntityId, draft: _Draft, message: Message, now: float, env: Any) -> None:
    if message.inbox_id is not None:
        value = kind.message(message.kind, message.body)
    else:
        timer = message.timer
        armed = draft.armed.get(timer.name) if timer is not None else None
        if timer is None or armed is None or armed.gen != timer.gen:  # its time the store has to the microsecond only
            return
        del draft.armed[timer.name]
        value = TimerFired(timer.name, timer.due_at)
    ctx = Ctx(now, entity, draft.seq, message.cause, env)
    decision = kind.entity.decide(draft.state, value, ctx)
    _fold(kind, draft, decision, ctx)
    if message.inbox_id is not None:
        draft.done.append(message.inbox_id)
        if decision.reply is not None:
            draft.replies[message.inbox_id] = decision.reply


def _fold(kind: Kind, draft: _Draft, decision: Decision, ctx: Ctx) -> None:
    if not decision.events and (decision.timers or decision.effects or decision.tell or decision.cancel):
        raise ValueError("a decision with consequences must have at least one event")
    for event in decision.events:
        draft.journal.append(JournalRow(draft.seq, ctx.cause, type(event).__name__, body_of(event)))
        draft.seq += 1
        if decision.after is None:
            draft.state = kind.entity.apply(draft.state, event)
    draft.state = draft.state if decision.after is None else decision.after
    for change in decision.timers:
        match change:
            case Set(name, at):
                draft.armed[name] = TimerRow(str(ctx.entity), draft.shard, name, ctx.seq, at)
            case Cancel(name):
                draft.armed.pop(name, None)
    for group in decision.cancel:
        draft.cancelled[group] = None
        draft.effects = [e for e in draft.effects if group not in (e.group, e.id)]
    draft.effects.extend(decision.effects)
    for n, tell in enumerate(decision.tell):
        draft.tells.append(
            Inbound(
                entity=str(tell.to),
                shard=shard_of(tell.to),
                kind=type(tell.message).__name__,
                dedup=ctx.id(f"tell:{n}"),
                body=json_of(tell.message),
                env_version=getattr(ctx.env, "version", 0),
            )
        )
    for record in decision.records:
        draft.records[record.id] = record
