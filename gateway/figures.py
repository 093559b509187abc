"""How far behind the hosts are, as the database knows it."""

from __future__ import annotations

import asyncio
from time import monotonic

from runtime.errors import RuntimeFault
from runtime.postgres import Health, PostgresStore

FRESH_S = 5.0
"""Age up to which figures are shown again: scraping must not become the database's load."""


class Figures:
    """What the database knows about the hosts, asked at most once in FRESH_S."""

    def __init__(self, store: PostgresStore) -> None:
        self._store = store
        self._lock = asyncio.Lock()
        self._until = 0.0
        self._last: Health | None = None

    async def read(self) -> Health | None:
        """None while the database does not answer."""
        async with self._lock:
            if monotonic() >= self._until:
                try:
                    self._last = await self._store.health()
                except RuntimeFault:
                    self._last = None
                self._until = monotonic() + FRESH_S
            return self._last
