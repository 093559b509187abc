"""Breakers that are not closed, written down for gateways to show. Paging never waits for this and works without."""

from __future__ import annotations

import asyncio
import os
import platform

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from channels.breaker import State
from storage.watch import note_breaker

log = structlog.get_logger("sentinel.channels")


class BreakerNotes:
    """Writes one change after the other, in order; what cannot be written is logged and given up."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._host = f"{platform.node()}/{os.getpid()}"
        self._last: asyncio.Task[None] | None = None

    def changed(self, channel: str, provider: str, state: State, why: str) -> None:
        """Call inside the event loop; returns at once."""
        self._last = asyncio.create_task(self._write(self._last, channel, provider, state, why))

    async def _write(self, before: asyncio.Task[None] | None, *change: str) -> None:
        if before is not None:
            await asyncio.wait([before])
        try:
            channel, provider, state, why = change
            await note_breaker(self._engine, self._host, channel, provider, state, why)
        except (SQLAlchemyError, OSError) as error:
            log.warning("breaker_not_shown", provider=provider, state=state, why=type(error).__name__)

    async def close(self) -> None:
        """Wait for what is being written."""
        if self._last is not None:
            await asyncio.wait([self._last], timeout=2.0)
