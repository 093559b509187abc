"""The newest configuration in memory, with the keys that may post alerts. Refreshed each second by version.

With the database away the last known configuration stays in use.
"""

from __future__ import annotations

import asyncio

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.configuration import Configuration, Integration
from gateway.background import Background
from gateway.outage import Outage
from storage import configuration
from storage.access import integration_hashes
from storage.changes import Sessions
from storage.keys import hash_key
from storage.sealed import Sealer

PERIOD_S = 1.0


class ConfigCache:
    """`current` is None until the first load."""

    def __init__(self, engine: AsyncEngine, sealer: Sealer, sessions: Sessions, outage: Outage) -> None:
        self._engine = engine
        self._sealer = sealer
        self._sessions = sessions
        self._outage = outage
        self._lock = asyncio.Lock()
        self._hashes: dict[str, str] = {}
        self._known: dict[str, str] = {}
        self._current: Configuration | None = None
        self._background = Background(self._run, "configuration")

    @property
    def loaded(self) -> bool:
        """False until the first load."""
        return self._current is not None

    @property
    def current(self) -> Configuration:
        """The newest configuration known here; empty at version -1 before the first load."""
        return self._current if self._current is not None else Configuration(version=-1)

    def integration_of(self, key: str) -> Integration | None:
        """The integration a key belongs to."""
        ident = self._known.get(key)
        if ident is None:
            ident = self._hashes.get(hash_key(key))
            if ident is None:
                return None
            self._known[key] = ident
        return self.current.integrations.get(ident)

    async def refresh(self) -> None:
        """Load again if there is something newer. Raises SQLAlchemyError or OSError."""
        if self._current is not None and self._current.version >= await configuration.version(self._engine):
            return
        async with self._lock:
            loaded = await configuration.load(self._engine, self._sealer)
            hashes = await integration_hashes(self._sessions)
            if self._current is None or loaded.version >= self._current.version:
                self._current, self._hashes, self._known = loaded, hashes, {}

    async def _run(self) -> None:
        while True:
            try:
                await self.refresh()
                self._outage.read()
            except (SQLAlchemyError, OSError) as error:
                self._outage.not_read(f"the configuration cannot be read: {type(error).__name__}")
            await asyncio.sleep(PERIOD_S)

    def start(self) -> None:
        """Begin refreshing."""
        self._background.start()

    async def stop(self) -> None:
        """End refreshing."""
        await self._background.stop()
