"""What everybody with an incident list open watches: changed incidents as rows, and how many are open.

One reader for all consoles: an incident that changed is read once, however many watch, at most every COALESCE_S. A
watcher that cannot keep up is dropped, and comes again with a fresh list.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog
from sqlalchemy.exc import SQLAlchemyError

from domain.configuration import Configuration
from gateway.background import Background
from gateway.live_feed import Event, LiveFeed, Overflow, incident_of
from gateway.schemas.alerts import Alert, AlertCounts, Rows
from runtime.errors import RuntimeFault
from storage import incidents
from storage.changes import Sessions

log = structlog.get_logger("sentinel.feed")
COALESCE_S = 0.05
"""A burst becomes one message; nobody sees the difference."""
COUNTS_S = 1.0
QUEUE = 100
"""Messages a watcher may lag behind: at twenty a second, five seconds."""
READ_AT_ONCE = 500
PAUSE_S = 1.0


class LiveRows:
    """`watch` gives a queue of encoded messages; None in it: too slow, come again."""

    def __init__(self, sessions: Sessions, feed: LiveFeed, config: Callable[[], Configuration]) -> None:
        self._sessions = sessions
        self._feed = feed
        self._config = config
        self._changed: dict[str, None] = {}
        self._wanted = asyncio.Event()
        self._watchers: set[asyncio.Queue[str | None]] = set()
        self._recount = False
        self._following = Background(self._follow, "live-rows-feed")
        self._telling = Background(self._tell, "live-rows")
        self._counting = Background(self._count, "live-counts")

    @property
    def watchers(self) -> int:
        """Lists that are open now."""
        return len(self._watchers)

    @contextmanager
    def watch(self) -> Iterator[asyncio.Queue[str | None]]:
        """Everything that changes from now on."""
        queue = asyncio.Queue[str | None](QUEUE)
        self._watchers.add(queue)
        try:
            yield queue
        finally:
            self._watchers.discard(queue)

    async def _follow(self) -> None:
        while True:
            try:
                async with self._feed.follow(None) as events:
                    async for event in events:
                        self._note(event)
            except (Overflow, RuntimeFault) as error:
                log.warning("live_rows_behind", why=str(error), meaning="every open list is loaded anew")
                for queue in list(self._watchers):
                    self._drop(queue)
                await asyncio.sleep(PAUSE_S)

    def _note(self, event: Event) -> None:
        changed = incident_of(event)
        if changed is not None:
            self._changed[changed] = None
            self._wanted.set()

    async def _tell(self) -> None:
        while True:
            await self._wanted.wait()
            await asyncio.sleep(COALESCE_S)
            self._wanted.clear()
            changed, self._changed = list(self._changed), {}
            self._recount = True
            while changed and self._watchers:
                part, changed = changed[:READ_AT_ONCE], changed[READ_AT_ONCE:]
                try:
                    found = await incidents.some(self._sessions, part)
                except SQLAlchemyError as error:
                    log.warning("live_rows_wait_for_database", why=type(error).__name__)
                    self._changed.update(dict.fromkeys((*part, *changed)))
                    self._wanted.set()
                    await asyncio.sleep(PAUSE_S)
                    break
                rows = [Alert.of(body, self._config()).row() for body in found]
                self.tell(Rows(items=rows).model_dump_json())

    async def _count(self) -> None:
        while True:
            await asyncio.sleep(COUNTS_S)
            if self._recount and self._watchers:
                self._recount = False
                try:
                    self.tell(await self.counts())
                except SQLAlchemyError:
                    self._recount = True

    async def counts(self) -> str:
        """The message with the counts as they are now. Raises SQLAlchemyError while the database is away."""
        return AlertCounts.model_validate({"open": await incidents.open_counts(self._sessions)}).model_dump_json()

    def tell(self, message: str) -> None:
        """Everybody who watches, whatever it is about."""
        for queue in list(self._watchers):
            self.offer(queue, message)

    def offer(self, queue: asyncio.Queue[str | None], message: str) -> None:
        """One who watches, unless they were dropped."""
        if queue not in self._watchers:
            return
        try:
            queue.put_nowait(message)
        except asyncio.QueueFull:
            self._drop(queue)

    def _drop(self, queue: asyncio.Queue[str | None]) -> None:
        self._watchers.discard(queue)
        while queue.full():
            queue.get_nowait()
        queue.put_nowait(None)

    def start(self) -> None:
        """Begin."""
        self._following.start()
        self._telling.start()
        self._counting.start()

    async def stop(self) -> None:
        """End."""
        await self._counting.stop()
        await self._telling.stop()
        await self._following.stop()
