"""A sign of life of the gateways, for heartbeats: after a gap nobody can say whether a job was silent or we were deaf.

Whoever comes back first, after the gateways or the database were away, tells the heartbeats (domain/heartbeat.py).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection

import structlog
from sqlalchemy.exc import SQLAlchemyError

from gateway.background import Background
from storage.changes import Sessions
from storage.heartbeats import listening

log = structlog.get_logger("sentinel.gateway")
PERIOD_S = 5.0


class Listening:
    """One per gateway."""

    def __init__(self, sessions: Sessions, poke: Callable[[Collection[int]], None]) -> None:
        self._sessions = sessions
        self._poke = poke
        self._background = Background(self._run, "listening")

    def start(self) -> None:
        """Begin."""
        self._background.start()

    async def stop(self) -> None:
        """End."""
        await self._background.stop()

    async def _run(self) -> None:
        while True:
            try:
                await self.say()
            except (SQLAlchemyError, OSError) as error:
                log.warning("listening_not_said", why=type(error).__name__, meaning="heartbeats are given patience")
            await asyncio.sleep(PERIOD_S)

    async def say(self) -> None:
        """Once."""
        shards = await listening(self._sessions)
        if shards:
            log.warning("pings_may_be_unheard", heartbeats=len(shards), meaning="those due get one more grace")
            self._poke(set(shards))
