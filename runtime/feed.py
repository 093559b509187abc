"""Committed events, live: hosts add them to a Valkey stream, gateways read it.

Best effort: what is dropped here is in the journal, which readers look into as well.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any

import msgspec
import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

log = structlog.get_logger("sentinel.feed")

STREAM = "sentinel:feed"
KEEP = 20_000
"""Entries kept in the stream, each the events of one commit: minutes of a storm, hours of a quiet day."""
MAX_WAITING = 2_000
BATCH = 50


class FeedPublisher:
    """The host's end. `publish` never blocks; beyond MAX_WAITING commits the oldest are dropped."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._waiting: deque[bytes] = deque(maxlen=MAX_WAITING)
        self._event = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._failing = False

    def start(self) -> None:
        """Begin sending; call inside the event loop."""
        self._task = asyncio.create_task(self._run(), name="feed")

    def publish(self, rows: list[dict[str, Any]]) -> None:
        """Events of one commit."""
        self._waiting.append(msgspec.json.encode(rows))
        self._event.set()

    async def _run(self) -> None:
        while True:
            await self._event.wait()
            self._event.clear()
            while self._waiting:
                batch = [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))]
                await self._send(batch)

    async def _send(self, batch: list[bytes]) -> None:
        try:
            async with self._redis.pipeline(transaction=False) as pipe:
                for events in batch:
                    pipe.xadd(STREAM, {"e": events}, maxlen=KEEP, approximate=True)
                await pipe.execute()
            self._failing = False
        except (RedisError, OSError) as error:
            if not self._failing:
                log.warning("feed_not_published", why=str(error), meaning="consoles read the journal until it is back")
            self._failing = True
            self._waiting.clear()
            await asyncio.sleep(0.5)

    async def stop(self) -> None:
        """Stop sending."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
