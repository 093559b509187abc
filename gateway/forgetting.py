"""What the configuration said is forgotten when it is older than SENTINEL_HISTORY_DAYS. Several gateways may do it."""

from __future__ import annotations

import asyncio

import structlog
from sqlalchemy.exc import SQLAlchemyError

from gateway.background import Background
from storage.changes import Sessions
from storage.versions import forget

log = structlog.get_logger("sentinel.gateway")
PERIOD_S = 3_600.0
DAY_S = 86_400.0


class Forgetting:
    """Call `start` inside the event loop."""

    def __init__(self, sessions: Sessions, days: int) -> None:
        self._sessions = sessions
        self._kept_s = days * DAY_S
        self._background = Background(self._run, "forgetting")

    async def _run(self) -> None:
        while True:
            # Not at the start: many gateways start at once, and each start would wait for settings to be free.
            await asyncio.sleep(PERIOD_S)
            try:
                gone = await forget(self._sessions, self._kept_s)
            except (SQLAlchemyError, OSError) as error:
                log.warning("history_not_pruned", why=type(error).__name__, meaning="it is tried again in an hour")
                continue
            if gone:
                log.info("history_pruned", rows=gone)

    def start(self) -> None:
        """Begin."""
        self._background.start()

    async def stop(self) -> None:
        """End."""
        await self._background.stop()
