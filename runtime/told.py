"""What hosts tell each other over Valkey of pages that providers have taken, so that they count together (bundles.py).

Only what was taken is said: a page that did not arrive anywhere keeps none back on another host. Best effort; what is
said too late, or not at all, makes a host count for itself and send more. Nothing waits for Valkey.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

import msgspec
import structlog
from redis.asyncio import Redis

from runtime.subscription import spoken, subscribed

log = structlog.get_logger("sentinel.runtime")

CHANNEL = "sentinel:told"
BATCH = 500
MAX_UNSAID = 10_000


class ToldPage(NamedTuple):
    """A page that a provider took `at` (UTC epoch seconds, database time). `key`, `rank`: see bundles.Bundling."""

    id: str
    key: str
    at: float
    rank: int


class Said(NamedTuple):
    """`host`: whose pages they are."""

    host: str
    pages: list[ToldPage]


class Told:
    """Both ends, of the host with this id."""

    def __init__(self, redis: Redis, host_id: str) -> None:
        self._redis = redis
        self._host = host_id
        self._unsaid: deque[ToldPage] = deque(maxlen=MAX_UNSAID)
        self._wanted = asyncio.Event()

    def say(self, page: ToldPage) -> None:
        """Never blocks and never raises."""
        self._unsaid.append(page)
        self._wanted.set()

    async def speak(self) -> None:
        """Publish for ever what there is to say."""
        await spoken(self._wanted, self._publish, self._unsaid.clear)

    async def _publish(self) -> None:
        while self._unsaid:
            pages = [self._unsaid.popleft() for _ in range(min(BATCH, len(self._unsaid)))]
            await self._redis.publish(CHANNEL, msgspec.json.encode(Said(self._host, pages)))

    async def listen(self, url: str, on_told: Callable[[ToldPage], None]) -> None:
        """Hear for ever what other hosts say on Valkey at `url`."""

        def lost(why: str) -> None:
            log.warning(
                "told_not_heard", why=why, meaning="each host counts a person's pages for itself until it is back"
            )

        def hear(_: bytes, data: bytes) -> None:
            try:
                said = msgspec.json.decode(data, type=Said)
            except msgspec.MsgspecError as error:
                log.warning("told_not_understood", why=str(error), meaning="an older or newer host said it")
                return
            for page in said.pages if said.host != self._host else ():
                on_told(page)

        await subscribed(url, (CHANNEL,), hear, lost)
