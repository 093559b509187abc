"""Committed events for everybody who watches: one reader per gateway, fanned out through bounded queues.

Low latency comes from the Valkey stream the hosts write; completeness from the journal, which is read every two
seconds (four times a second while Valkey is away) with an overlap, since positions become visible out of order.
What was seen is dropped by (entity, seq). Delivery to a consumer is at least once.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from domain.incident import incident_id
from gateway.background import Background
from gateway.metrics import EVENTS
from runtime.errors import RuntimeFault
from runtime.feed import STREAM
from runtime.store import Store
from storage.canary import CANARY_ENTITY

log = structlog.get_logger("sentinel.feed")
Event = dict[str, Any]

OVERLAP = 2_000
"""Positions read again, by us and before a consumer's cursor, in case one became visible late: more than may be in
flight at once."""
SEEN = 20_000
QUEUE = 2_000
PAGE = 1_000
SAFETY_S = 2.0
POLL_S = 0.25


class Overflow(Exception):
    """This consumer is too slow; it must come again with its cursor."""


class LiveFeed:
    """`follow` gives the events after a cursor, for ever. `processed`: told the cause of each."""

    def __init__(self, store: Store, redis_url: str, processed: Callable[[str], None]) -> None:
        self._store = store
        self._redis_url = redis_url
        self._processed = processed
        self._queues: dict[int, asyncio.Queue[Event | None]] = {}
        self._seen: OrderedDict[tuple[str, int], None] = OrderedDict()
        self._number = 0
        self._stream_ok = False
        self._read_to: int | None = None
        self.position = 0
        self._tail = Background(self._follow_journal, "feed-journal")
        self._stream = Background(self._follow_stream, "feed-stream")

    @asynccontextmanager
    async def follow(self, cursor: int | None) -> AsyncIterator[AsyncIterator[Event]]:
        """Events after `cursor` (a position), or from now on with None. The iterator raises Overflow."""
        self._number += 1
        number, queue = self._number, asyncio.Queue[Event | None](QUEUE)
        self._queues[number] = queue
        try:
            yield self._events(number, queue, cursor)
        finally:
            self._queues.pop(number, None)

    async def _events(
        self, number: int, queue: asyncio.Queue[Event | None], cursor: int | None
    ) -> AsyncIterator[Event]:
        replayed: OrderedDict[tuple[str, int], None] = OrderedDict()
        at = max(0, cursor - OVERLAP) if cursor is not None else None
        while at is not None:
            page = await self._store.journal_after(at, PAGE)
            for event in page:
                replayed[_key(event)] = None
                if len(replayed) > SEEN:
                    replayed.popitem(last=False)
                if event["entity"] != CANARY_ENTITY:
                    yield event
            at = page[-1]["position"] if len(page) == PAGE else None
        while True:
            live = await queue.get()
            if live is None:
                raise Overflow
            if _key(live) not in replayed:
                yield live

    @property
    def listeners(self) -> int:
        """Consumers that follow now: consoles, GraphQL subscriptions, feeds."""
        return len(self._queues)

    @property
    def streams(self) -> bool:
        """True while events come from Valkey; else they come from the journal, up to POLL_S later."""
        return self._stream_ok

    def _take(self, events: list[Event]) -> None:
        for event in events:
            key = _key(event)
            self.position = max(self.position, event["position"])
            self._processed(event.get("cause", ""))  # an older host does not say it
            if key in self._seen:
                continue
            self._seen[key] = None
            if len(self._seen) > SEEN:
                self._seen.popitem(last=False)
            if event["entity"] == CANARY_ENTITY:
                continue
            EVENTS.inc()
            for number, queue in list(self._queues.items()):
                self._offer(number, queue, event)

    def _offer(self, number: int, queue: asyncio.Queue[Event | None], event: Event) -> None:
        try:
            queue.put_nowait(event)
        except asyncio.QueueFull:
            self._queues.pop(number, None)
            queue.get_nowait()
            queue.put_nowait(None)

    async def _follow_journal(self) -> None:
        while True:
            try:
                if self._read_to is None:
                    self._read_to = await self._newest()
                    self.position = max(self.position, self._read_to)
                # From where the journal was read to, not from the newest position: the stream may have jumped ahead
                # over events that were dropped on their way into it.
                at = max(0, self._read_to - OVERLAP)
                while events := await self._store.journal_after(at, PAGE):
                    at = events[-1]["position"]
                    self._read_to = max(self._read_to, at)
                    self._take(events)
                    if len(events) < PAGE:
                        break
            except RuntimeFault as fault:
                log.warning("feed_waits_for_database", why=str(fault))
            await asyncio.sleep(SAFETY_S if self._stream_ok else POLL_S)

    async def _newest(self) -> int:
        """Position of the newest event, and all before it marked as seen."""
        at = await self._store.newest_position()
        for event in await self._store.journal_after(max(0, at - OVERLAP), OVERLAP + PAGE):
            self._seen[_key(event)] = None
            at = max(at, int(event["position"]))
        return at

    async def _follow_stream(self) -> None:
        while True:
            redis: Redis = Redis.from_url(self._redis_url, socket_connect_timeout=1.0)
            try:
                last = b"$"
                while True:
                    answer: Any = await redis.xread({STREAM: last}, count=PAGE, block=1000)
                    self._stream_ok = True
                    for _, entries in answer or ():
                        last = entries[-1][0]
                        for _, fields in entries:
                            self._take(msgspec.json.decode(fields[b"e"]))
            except (RedisError, OSError) as error:
                if self._stream_ok:
                    log.warning("feed_stream_lost", why=str(error), meaning="events come from the journal meanwhile")
                self._stream_ok = False
                await asyncio.sleep(1.0)
            finally:
                self._stream_ok = False
                await redis.aclose()

    def start(self) -> None:
        """Begin reading."""
        self._tail.start()
        self._stream.start()

    async def stop(self) -> None:
        """End."""
        await self._tail.stop()
        await self._stream.stop()


def incident_of(event: Event) -> str | None:
    """Public id of the incident that an event belongs to; None if it is of something else."""
    kind, _, key = str(event["entity"]).partition("/")
    episode = event["body"].get("episode")
    return incident_id(key, episode) if kind == "incident" and episode else None


def _key(event: Event) -> tuple[str, int]:
    return event["entity"], event["seq"]
