"""The newest configuration in memory, with the keys that may post alerts. Refreshed each second by version.

With the database away the last known configuration stays in use, also by a gateway that starts then: it is kept in a
sealed file, with the hashes of keys and sessions.
"""

from __future__ import annotations

import asyncio
from time import monotonic

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.configuration import Configuration, Integration
from domain.enrichment import prepare
from gateway.background import Background
from gateway.config_file import ConfigFile, Kept
from gateway.outage import Outage
from gateway.time import GatewayTime
from storage import configuration
from storage.access import Holder, KnownHolder, integration_hashes, known_holders
from storage.changes import Sessions
from storage.heartbeats import ping_hashes
from storage.keys import hash_key
from storage.sealed import Sealer

log = structlog.get_logger("sentinel.gateway")
PERIOD_S = 1.0
SILENT_S = 3.0
"""A read that takes longer means that the database is away; it goes on being waited for."""
HOLDERS_S = 30.0
"""How old what we know about sessions may be; who signed in later cannot act on a gateway without the database."""


class ConfigCache:
    """`current` is None until the first load."""

    def __init__(
        self,
        engine: AsyncEngine,
        sealer: Sealer,
        sessions: Sessions,
        outage: Outage,
        file: ConfigFile,
        time: GatewayTime,
    ) -> None:
        self._engine = engine
        self._sealer = sealer
        self._sessions = sessions
        self._outage = outage
        self._file = file
        self._time = time
        self._holders: dict[str, KnownHolder] = {}
        self._holders_at = float("-inf")
        self._saved: Kept | None = None
        self._lock = asyncio.Lock()
        self._hashes: dict[str, str] = {}
        self._known: dict[str, str] = {}
        self._pings: dict[str, str] = {}
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

    def heartbeat_of(self, key: str) -> str | None:
        """Id of the heartbeat that is pinged with this key."""
        ident = self._pings.get(hash_key(key))
        return ident if ident in self.current.heartbeats else None

    def holder_of(self, key: str, now: float) -> Holder | None:
        """Who an API key or session belonged to when the database was last asked. `now`: UTC epoch seconds."""
        known = self._holders.get(hash_key(key))
        return known.holder if known is not None and (known.until is None or now < known.until) else None

    async def refresh(self) -> None:
        """Load again if there is something newer. Raises SQLAlchemyError or OSError."""
        version, now = await configuration.version_and_time(self._engine)
        self._time.observe(now)
        if self._current is not None and self._current.version >= version:
            return
        async with self._lock:
            loaded = await configuration.load(self._engine, self._sealer)
            hashes = await integration_hashes(self._sessions)
            pings = await ping_hashes(self._sessions)
            await asyncio.to_thread(prepare, loaded)
            if self._current is None or loaded.version >= self._current.version:
                self._current, self._hashes, self._pings, self._known = loaded, hashes, pings, {}
                self._holders_at = float("-inf")

    async def _keep(self) -> None:
        """Learn who may act, and have it all on disk. A disk that refuses must not keep the newest from being used."""
        if monotonic() - self._holders_at >= HOLDERS_S:
            self._holders = await known_holders(self._sessions)
            self._holders_at = monotonic()
        kept = Kept(self.current, self._hashes, self._holders, pings=self._pings)
        if kept == self._saved:
            return
        try:
            await asyncio.to_thread(self._file.save, kept)
        except OSError as error:
            log.error("configuration_not_kept", why=str(error), meaning="a restart in an outage would not know it")
        self._saved = kept

    async def _read(self) -> None:
        """What is new. A database that is silent is away too: else people's commands would hang on it unnoticed."""
        reading = asyncio.create_task(self.refresh())
        try:
            if not (await asyncio.wait([reading], timeout=SILENT_S))[0]:
                self._outage.not_read(f"the configuration is not answered within {SILENT_S:.0f} s")
            await reading
        finally:
            reading.cancel()
        await self._keep()

    async def _recall(self) -> None:
        """Go on with what an earlier process knew."""
        kept = await asyncio.to_thread(self._file.load)
        if kept is not None and self._current is None:
            self._current, self._hashes, self._holders = kept.configuration, dict(kept.keys), dict(kept.holders)
            self._pings = dict(kept.pings)
            log.warning(
                "configuration_recalled",
                version=kept.configuration.version,
                meaning="the database has not answered since the start; what was known last is used",
            )

    async def _run(self) -> None:
        while True:
            try:
                await self._read()
                self._outage.read()
            except (SQLAlchemyError, OSError) as error:
                self._outage.not_read(f"the configuration cannot be read: {type(error).__name__}")
                if self._current is None:
                    await self._recall()
            await asyncio.sleep(PERIOD_S)

    def start(self) -> None:
        """Begin refreshing."""
        self._background.start()

    async def stop(self) -> None:
        """End refreshing."""
        await self._background.stop()
