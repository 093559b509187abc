"""How far behind the hosts are, what the watchdog says, how the parts stand: as the database knows it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Generic, TypeVar

from redis.asyncio import Redis
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from domain import health_facts as facts
from runtime.errors import RuntimeFault
from runtime.postgres import Health, PostgresStore
from storage import health, watch
from storage.changes import Sessions
from storage.watch import Watch

FRESH_S = 5.0
"""Age up to which figures are shown again: scraping must not become the database's load."""
T = TypeVar("T")


class _Kept(Generic[T]):
    """An answer of the database, asked for at most once in FRESH_S; None while it does not answer."""

    def __init__(self, ask: Callable[[], Awaitable[T]]) -> None:
        self._ask = ask
        self._lock = asyncio.Lock()
        self._until = 0.0
        self._last: T | None = None

    async def read(self) -> T | None:
        async with self._lock:
            if monotonic() >= self._until:
                try:
                    self._last = await self._ask()
                except (RuntimeFault, SQLAlchemyError, OSError, RedisError):
                    self._last = None
                self._until = monotonic() + FRESH_S
            return self._last


class Figures:
    """All may be up to FRESH_S old."""

    def __init__(self, store: PostgresStore, sessions: Sessions, redis: Redis) -> None:
        self._redis = redis
        self._standing = _Kept(lambda: health.figures(sessions))
        self._providers = _Kept(lambda: health.providers(sessions))
        self._valkey = _Kept(self._ping)
        self._health = _Kept(lambda: store.health())
        self._watch = _Kept(lambda: watch.read(sessions))

    async def read(self) -> Health | None:
        """None while the database does not answer."""
        return await self._health.read()

    async def watch(self) -> Watch | None:
        """None while the database does not answer."""
        return await self._watch.read()

    async def standing(self) -> tuple[facts.Figures, float] | None:
        """How the parts stand, and the database's latency in seconds; None while it does not answer."""
        return await self._standing.read()

    async def providers(self) -> dict[str, facts.ProviderFact]:
        """By channel; {} while the database does not answer."""
        return await self._providers.read() or {}

    async def valkey_s(self) -> float | None:
        """How long Valkey took to answer; None: it did not."""
        return await self._valkey.read()

    async def _ping(self) -> float:
        await self._redis.echo("")  # what a new connection costs is not its latency
        began = monotonic()
        await self._redis.echo("")
        return monotonic() - began
