"""Incident lines in memory while the database is away: the real entity, run turn by turn, without a store.

A turn that pages gives a `Turned` record, to be made durable before its pages are sent; whatever else a turn does
follows again from the messages in the spool. Bounded: beyond MAX_LINES a line is paged and forgotten, so that its next
alert pages again and its next step waits for the database.
"""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

import structlog

from actors.incident import Incident
from domain.blind import labelled, renumbered, unseen
from domain.configuration import Configuration
from domain.escalation import UNHEARD
from domain.incident import Line
from gateway.spool_records import Turned
from runtime.codec import Kind, UnknownKind
from runtime.entity import Effect
from runtime.ids import EntityId, is_derived, shard_of
from runtime.store import Inbound, OutboxRow, TimerRow, Turn
from runtime.turn import DecideFailed, Message, Position, run_turn

log = structlog.get_logger("sentinel.gateway")
MAX_LINES = 20_000
"""About 100 MB with ordinary alerts."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a turn asks for. Before its pages those of this line that are not out yet are withdrawn.

    `quiet`: all of them; `withdrawn`: those with these ids, of a person who is one of several to acknowledge.
    """

    entity: str
    quiet: bool
    turned: Turned | None
    withdrawn: frozenset[str] = frozenset()

    def before(self, later: Outcome) -> Outcome:
        """What is left of this one, not written down yet, after a later one."""
        turned = self.turned
        if later.entity != self.entity or turned is None:
            return self
        if later.quiet:
            return replace(self, turned=None)
        pages = tuple(page for page in turned.pages if page.id not in later.withdrawn)
        return replace(self, turned=replace(turned, pages=pages)) if later.withdrawn else self


@dataclass(slots=True)
class _Known:
    at: Position
    through: int


class Lines:
    """Every line touched in this outage."""

    def __init__(self) -> None:
        self._kind: Kind = Kind(Incident())
        self._lines: dict[str, _Known] = {}
        self._closed: dict[str, None] = {}
        self._given: set[str] = set()
        self._due: list[tuple[float, str, str]] = []

    def __len__(self) -> int:
        return len(self._lines)

    def take(self, place: int, message: Inbound, now: float, config: Configuration) -> Outcome | None:
        """Run the turn of a message; None if nothing follows. `place` 0: a message that is not in the spool."""
        entity = EntityId.parse(message.entity)
        if entity.kind != Incident.kind or message.entity in self._given:
            return None
        known = self._lines.get(message.entity)
        if known is not None and 0 < place <= known.through:
            return None
        return self._turn(
            entity, Message(message.dedup, message.kind, message.body, inbox_id=place), place, now, config
        )

    def due(self, now: float, but: Collection[str]) -> bool:
        """True if the timer that was due first is not of one of these lines."""
        return bool(self._due) and self._due[0][0] <= now and self._due[0][2] not in but

    def fire(self, now: float, config: Configuration) -> Outcome | None:
        """Run the turn of the next timer that is due; None if there is none, and never because nothing follows.

        Not of one that listens for silence: alerts are heard by other gateways too, and not by us.
        """
        while self._due and self._due[0][0] <= now:
            due_at, name, entity = heapq.heappop(self._due)
            known = self._lines.get(entity)
            timer = known.at.timers.get(name) if known is not None and name != UNHEARD else None
            if timer is not None and timer.due_at == due_at:
                message = Message(f"timer:{name}:{timer.gen}", "TimerFired", "", timer=timer)
                outcome = self._turn(EntityId.parse(entity), message, 0, now, config)
                return outcome or Outcome(entity, quiet=False, turned=None)
        return None

    def restore(self, turned: Turned) -> None:
        """A line as an earlier process had it."""
        state: Line = self._kind.state(Incident.version, turned.state, EntityId.parse(turned.entity).key)
        shard = shard_of(turned.entity)
        timers = {name: TimerRow(turned.entity, shard, name, gen, due) for name, gen, due in turned.timers}
        self._keep(turned.entity, Position(shard, turned.seq, state, timers), turned.through, timers.values())

    def give_up(self, entity: str) -> None:
        """The database has this line: whatever comes of it now is not for here."""
        self._lines.pop(entity, None)
        self._closed.pop(entity, None)
        self._given.add(entity)

    def forget(self) -> None:
        """Begin anew."""
        self._given.clear()
        self._lines.clear()
        self._closed.clear()
        self._due.clear()

    def _turn(
        self, entity: EntityId, message: Message, place: int, now: float, config: Configuration
    ) -> Outcome | None:
        known = self._lines.get(str(entity))
        before = known.at if known is not None else Position(shard_of(entity), _first_seq(now), unseen(), {})
        try:
            turn, after = run_turn(self._kind, entity, before, [message], now, config)
        except (DecideFailed, UnknownKind, ValueError) as error:
            log.error(
                "blind_turn_broke", incident=str(entity), why=str(error), meaning="its message waits in the spool"
            )
            return None
        pages = tuple(_page(turn, effect, after.state, now) for effect in turn.effects)
        after = Position(after.shard, after.seq, renumbered(after.state), after.timers)
        through = max(place, known.through if known is not None else 0)
        self._keep(str(entity), after, through, turn.set_timers)
        turned = self._record(str(entity), after, through, pages, now) if pages else None
        withdrawn = frozenset(filter(is_derived, turn.cancel_groups))
        quiet = len(withdrawn) < len(turn.cancel_groups)
        return Outcome(str(entity), quiet, turned, withdrawn) if pages or turn.cancel_groups else None

    def _record(self, entity: str, at: Position, through: int, pages: tuple[OutboxRow, ...], now: float) -> Turned:
        timers = tuple((t.name, t.gen, t.due_at) for t in at.timers.values())
        return Turned(now, entity, through, at.seq, self._kind.encode_state(at.state), timers, pages)

    def _keep(self, entity: str, at: Position, through: int, armed: Iterable[TimerRow]) -> None:
        self._lines[entity] = _Known(at, through)
        for timer in armed:
            heapq.heappush(self._due, (timer.due_at, timer.name, entity))
        if at.state.open:
            self._closed.pop(entity, None)
        else:
            self._closed[entity] = None
        if len(self._lines) > MAX_LINES:
            forgotten = next(iter(self._closed), entity)
            self._closed.pop(forgotten, None)
            del self._lines[forgotten]


def _first_seq(now: float) -> int:
    """Far from every position in a journal: ids of pages derive from it, and must be nobody else's."""
    return int(now * 1000) << 16


def _page(turn: Turn, effect: Effect, line: Line, now: float) -> OutboxRow:
    body = labelled(effect.body, line)
    return OutboxRow(effect.id, turn.entity, turn.shard, effect.kind, effect.channel, body, "pending", 0, 0, now)
