"""Work that comes again and again, and may fail while the database, a host or Valkey is away."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from gateway.background import Background
from runtime.errors import RuntimeFault

log = structlog.get_logger("sentinel.gateway")
AWAY = (SQLAlchemyError, RuntimeFault, RedisError, OSError)
"""What work raises because something it needs does not answer; anything else is a fault of ours, and logged as one."""


class Periodic:
    """Does `work` every `period_s` seconds, the first time after a period, or with `at_once` before it.

    `meaning`: what it means to people that the work is not done; logged once until it is done again.
    """

    def __init__(
        self,
        work: Callable[[], Awaitable[object]],
        name: str,
        period_s: float,
        meaning: str,
        at_once: bool = False,
    ) -> None:
        self._work = work
        self._name = name
        self._period_s = period_s
        self._meaning = meaning
        self._at_once = at_once
        self._failing = False
        self._background = Background(self._run, name)

    def start(self) -> None:
        """Call inside the event loop."""
        self._background.start()

    async def stop(self) -> None:
        """Cancel and wait."""
        await self._background.stop()

    async def once(self) -> None:
        """Do it now. What is away is logged, not raised."""
        try:
            await self._work()
        except AWAY as error:
            if not self._failing:
                why = str(error) if isinstance(error, RedisError) else type(error).__name__
                log.warning("work_waits", task=self._name, why=why, meaning=self._meaning)
            self._failing = True
            return
        if self._failing:
            log.info("work_goes_on", task=self._name)
        self._failing = False

    async def _run(self) -> None:
        if self._at_once:
            await self.once()
        while True:
            await asyncio.sleep(self._period_s)
            await self.once()
