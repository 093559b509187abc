"""What passes with time: requests expire, and schedules change after time off was entered. One look each half minute.

Every gateway looks; rows are locked, so what one has done the next finds done.
"""

from __future__ import annotations

import asyncio

import structlog
from sqlalchemy.exc import SQLAlchemyError

from gateway.background import Background
from gateway.services import Services
from gateway.swapping import expire
from gateway.time_off import look_over
from runtime.errors import RuntimeFault

log = structlog.get_logger("sentinel.gateway")
PERIOD_S = 30.0


class RotaWatch:
    """One per gateway."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._background = Background(self._run, "rota-watch")

    def start(self) -> None:
        """Begin looking."""
        self._background.start()

    async def stop(self) -> None:
        """End looking."""
        await self._background.stop()

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(PERIOD_S)
            try:
                await self.look()
            except (SQLAlchemyError, RuntimeFault, OSError) as error:
                log.warning("rota_not_looked_at", why=type(error).__name__, meaning="it is looked at again")

    async def look(self) -> None:
        """Once."""
        expired, asked = await expire(self._services), await look_over(self._services)
        if expired or asked:
            log.info("rota", expired=expired, cover_asked=asked)
