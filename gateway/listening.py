"""A sign of life of the gateways, for heartbeats: after a gap nobody can say whether a job was silent or we were deaf.

Whoever comes back first, after the gateways or the database were away, tells the heartbeats (domain/heartbeat.py).
"""

from __future__ import annotations

from collections.abc import Callable, Collection

import structlog

from gateway.periodic import Periodic
from storage.changes import Sessions
from storage.heartbeats import listening

log = structlog.get_logger("sentinel.gateway")
PERIOD_S = 5.0


class Listening:
    """One per gateway."""

    def __init__(self, sessions: Sessions, poke: Callable[[Collection[int]], None]) -> None:
        self._sessions = sessions
        self._poke = poke
        self._periodic = Periodic(self.say, "listening", PERIOD_S, "heartbeats are given patience", at_once=True)

    def start(self) -> None:
        """Begin."""
        self._periodic.start()

    async def stop(self) -> None:
        """End."""
        await self._periodic.stop()

    async def say(self) -> None:
        """Once."""
        shards = await listening(self._sessions)
        if shards:
            log.warning("pings_may_be_unheard", heartbeats=len(shards), meaning="those due get one more grace")
            self._poke(set(shards))
