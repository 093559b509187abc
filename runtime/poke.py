"""Pokes: "shards 3 and 41 have mail", from whoever wrote the mail to whoever owns the shards.

Carried by Valkey publish/subscribe, coalesced, without payload and best effort: a lost poke costs at most
the inbox poll period. Chosen over Ray calls so that a gateway needs no Ray at all (ADR 0006).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from runtime.subscription import subscribed

log = structlog.get_logger("sentinel.poke")

CHANNEL = "sentinel:poke"


class Poker:
    """The sending end. `poke` never blocks and never raises."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._wanted: dict[int, None] = {}
        self._event = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._failing = False

    def start(self) -> None:
        """Begin sending; call inside the event loop."""
        self._task = asyncio.create_task(self._run(), name="poker")

    def poke(self, shards: Collection[int]) -> None:
        """Ask the owners of these shards to look into their inboxes now."""
        self._wanted.update(dict.fromkeys(shards))
        self._event.set()

    async def _run(self) -> None:
        while True:
            await self._event.wait()
            self._event.clear()
            shards, self._wanted = self._wanted, {}
            try:
                await self._redis.publish(CHANNEL, ",".join(map(str, shards)))
                self._failing = False
            except (RedisError, OSError) as error:
                if not self._failing:
                    log.warning(
                        "pokes_lost", why=str(error), meaning="hosts find the mail by polling, up to 0.5 s later"
                    )
                self._failing = True

    async def stop(self) -> None:
        """Stop sending."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)


async def listen(redis_url: str, on_poke: Callable[[Collection[int]], None]) -> None:
    """The receiving end: calls `on_poke` with shards for ever."""

    def lost(why: str) -> None:
        log.warning("pokes_not_heard", why=why, meaning="mail is found by polling until Valkey is back")

    def hear(_: bytes, data: bytes) -> None:
        on_poke([int(s) for s in data.split(b",") if s])

    await subscribed(redis_url, (CHANNEL,), hear, lost)
