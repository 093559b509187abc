"""What the configuration said is forgotten when it is older than SENTINEL_HISTORY_DAYS. Several gateways may do it."""

from __future__ import annotations

import structlog

from gateway.periodic import Periodic
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
        # Not at the start: many gateways start at once, and each start would wait for settings to be free.
        self._periodic = Periodic(self._forget, "forgetting", PERIOD_S, "old versions are kept for an hour more")

    async def _forget(self) -> None:
        gone = await forget(self._sessions, self._kept_s)
        if gone:
            log.info("history_pruned", rows=gone)

    def start(self) -> None:
        """Begin."""
        self._periodic.start()

    async def stop(self) -> None:
        """End."""
        await self._periodic.stop()
