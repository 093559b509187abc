"""Mail in memory: one box per entity, one turn at a time, everything bounded.

What lies here is a copy: every message is also an undone inbox row or an armed timer row, so losing
this memory loses nothing. Boxes over their bound simply leave the rest in the inbox.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from runtime.turn import Message

MAX_MAIL = 6_000
"""Messages in memory per host. More would only move the queue from Postgres to here."""
MAX_TURN = 100
"""Messages folded in one turn: a storm into one group becomes few commits, a turn stays a few milliseconds."""


@dataclass(slots=True)
class Box:
    """The mail of one entity. `busy` from the moment a turn is decided until it is committed or dropped."""

    entity: str
    shard: int
    waiting: deque[Message] = field(default_factory=deque)
    taken: list[Message] = field(default_factory=list)
    busy: bool = False


class Mailroom:
    """All boxes of a host and which of them are ready for a turn."""

    def __init__(self) -> None:
        self._boxes: dict[str, Box] = {}
        self._ready: deque[Box] = deque()
        self._inbox_ids: dict[int, str] = {}
        self._timers: dict[tuple[str, str, int], None] = {}
        self.size = 0

    def put(self, entity: str, shard: int, message: Message, max_pending: int) -> bool:
        """Add a message; False if it is here already or the box is full (it stays durable where it is)."""
        if not self._note(entity, message, max_pending):
            return False
        box = self._boxes.get(entity)
        if box is None:
            box = self._boxes[entity] = Box(entity, shard)
        box.waiting.append(message)
        self.size += 1
        if not box.busy and len(box.waiting) == 1:
            self._ready.append(box)
        return True

    def _note(self, entity: str, message: Message, max_pending: int) -> bool:
        box = self._boxes.get(entity)
        if box is not None and len(box.waiting) >= max_pending:
            return False
        if message.inbox_id is not None:
            if message.inbox_id in self._inbox_ids:
                return False
            self._inbox_ids[message.inbox_id] = entity
        elif message.timer is not None:
            key = (entity, message.timer.name, message.timer.gen)
            if key in self._timers:
                return False
            self._timers[key] = None
        return True

    def take(self, limit: int, hold: Collection[int] = (), only: int | None = None) -> list[Box]:
        """Up to `limit` ready boxes, each with up to MAX_TURN messages in `taken`; busy until `settle`.

        Boxes of shards in `hold`, or of other shards than `only` if given, stay ready and are not taken.
        """
        out: list[Box] = []
        for _ in range(len(self._ready)):
            if len(out) >= limit:
                break
            box = self._ready.popleft()
            if box.busy or not box.waiting or self._boxes.get(box.entity) is not box:
                continue
            if box.shard in hold or (only is not None and box.shard != only):
                self._ready.append(box)
                continue
            box.taken = [box.waiting.popleft() for _ in range(min(MAX_TURN, len(box.waiting)))]
            box.busy = True
            out.append(box)
        return out

    def settle(self, box: Box) -> None:
        """The taken messages are committed (or forgotten on purpose); the box may go again."""
        for message in box.taken:
            self._forget(box.entity, message)
        self._again(box)

    def retry(self, *boxes: Box) -> None:
        """The taken messages must be taken again, in the same order, and before other boxes: they are older."""
        for box in reversed(boxes):
            box.waiting.extendleft(reversed(box.taken))
            box.taken = []
            self._again(box, first=True)

    def _again(self, box: Box, first: bool = False) -> None:
        self.size -= len(box.taken)
        box.taken = []
        box.busy = False
        if self._boxes.get(box.entity) is not box:
            return
        if not box.waiting:
            del self._boxes[box.entity]
        elif first:
            self._ready.appendleft(box)
        else:
            self._ready.append(box)

    def _forget(self, entity: str, message: Message) -> None:
        if message.inbox_id is not None:
            self._inbox_ids.pop(message.inbox_id, None)
        elif message.timer is not None:
            self._timers.pop((entity, message.timer.name, message.timer.gen), None)

    def split(self, box: Box, index: int) -> None:
        """Put the taken messages from `index` on back in front; the turn goes on with those before it."""
        box.waiting.extendleft(reversed(box.taken[index:]))
        box.taken = box.taken[:index]

    def current(self, box: Box) -> bool:
        """False if the box was dropped since it was taken: its turn must not go on."""
        return self._boxes.get(box.entity) is box

    def drop(self, entity: str) -> None:
        """Forget the box and its mail: the entity moved, must be reloaded, or is quarantined."""
        box = self._boxes.pop(entity, None)
        if box is None:
            return
        for message in (*box.taken, *box.waiting):
            self._forget(entity, message)
        self.size -= len(box.taken) + len(box.waiting)
        box.taken = []
        box.waiting.clear()

    def clear(self) -> None:
        """Forget every box."""
        for entity in list(self._boxes):
            self.drop(entity)

    def entities(self) -> list[str]:
        """Those with mail in memory."""
        return list(self._boxes)

    def drop_shard(self, shard: int) -> None:
        """Forget every box of a shard."""
        for box in [b for b in self._boxes.values() if b.shard == shard]:
            self.drop(box.entity)

    def idle(self, shard: int) -> bool:
        """True if nothing of the shard waits or runs."""
        return not any(b.shard == shard for b in self._boxes.values())

    def busy(self, shard: int) -> bool:
        """True while a turn of the shard is decided but not settled."""
        return any(b.shard == shard and b.busy for b in self._boxes.values())

    def pending_timer(self, entity: str, name: str, gen: int) -> bool:
        """True if this timer fired already and waits for its commit."""
        return (entity, name, gen) in self._timers

    def held_ids(self) -> list[int]:
        """Inbox ids in memory, for the skip list of the next look into the inbox."""
        return list(self._inbox_ids)

    def full_boxes(self, max_pending: Callable[[str], int]) -> list[str]:
        """Entities whose box is at its bound: their further mail stays in the inbox."""
        return [b.entity for b in self._boxes.values() if len(b.waiting) >= min(MAX_TURN, max_pending(b.entity))]
