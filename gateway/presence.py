"""A gateway's sign of life, so that one answer can tell of the spool and the listeners of every gateway.

Nothing depends on it: while the database is away it is not left, and the gateway that is asked tells of itself alone.
"""

from __future__ import annotations

from collections.abc import Callable

import structlog
from sqlalchemy.exc import SQLAlchemyError

from domain.health_facts import GatewayFact
from gateway.live_feed import LiveFeed
from gateway.live_rows import LiveRows
from gateway.periodic import Periodic
from gateway.spool import Spool
from runtime.version import VERSION
from storage import health
from storage.changes import Sessions

log = structlog.get_logger("sentinel.gateway")
PERIOD_S = 5.0


class Presence:
    """One per gateway. `ident`: its node and port; `now`: UTC epoch seconds."""

    def __init__(
        self,
        sessions: Sessions,
        ident: str,
        parts: tuple[Spool, LiveFeed, LiveRows],
        now: Callable[[], float],
    ) -> None:
        self._sessions = sessions
        self._ident = ident
        self._spool, self._feed, self._rows = parts
        self._now = now
        self._started_at = now()
        self._periodic = Periodic(self.say, "presence", PERIOD_S, "others show this gateway as silent", at_once=True)

    def own(self) -> GatewayFact:
        """As it is at this moment. `behind` is 0: only the database knows how far the journal has come."""
        return GatewayFact(
            id=self._ident,
            program=VERSION,
            started_at=self._started_at,
            age_s=0.0,
            spool_bytes=self._spool.size,
            spool_oldest_s=self._spool.age_s,
            spool_problem=self._spool.problem,
            # The lists' own reader follows the feed as well.
            listeners=max(0, self._feed.listeners - 1) + self._rows.watchers,
            behind=0,
            streams=self._feed.streams,
        )

    async def say(self) -> None:
        """Once. Raises SQLAlchemyError or OSError."""
        await health.here(self._sessions, self.own(), self._feed.position)

    def start(self) -> None:
        """Begin."""
        self._started_at = self._now()
        self._periodic.start()

    async def stop(self) -> None:
        """End, and say so: it is not missed."""
        await self._periodic.stop()
        try:
            await health.left(self._sessions, self._ident)
        except (SQLAlchemyError, OSError) as error:
            log.info("departure_not_said", why=type(error).__name__)
