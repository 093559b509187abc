"""What passes with time: requests expire, and schedules change after time off was entered. One look each half minute.

Every gateway looks; rows are locked, so what one has done the next finds done.
"""

from __future__ import annotations

import structlog

from gateway.periodic import Periodic
from gateway.services import Services
from gateway.swapping import expire
from gateway.time_off import look_over

log = structlog.get_logger("sentinel.gateway")
PERIOD_S = 30.0


class RotaWatch:
    """One per gateway."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._periodic = Periodic(self._look, "rota-watch", PERIOD_S, "requests for a swap expire later")

    def start(self) -> None:
        """Begin looking."""
        self._periodic.start()

    async def stop(self) -> None:
        """End looking."""
        await self._periodic.stop()

    async def _look(self) -> None:
        expired, asked = await expire(self._services), await look_over(self._services)
        if expired or asked:
            log.info("rota", expired=expired, cover_asked=asked)
