"""How much of what a tree said was changed by hand since, for the metrics."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.exc import SQLAlchemyError

from gateway.config_cache import ConfigCache
from gateway.tree.proposal import drift
from gateway.tree.stored import Everything
from storage.changes import Sessions
from storage.managed import applied
from storage.sealed import Sealer


class Drifting:
    """Counted again only when the configuration or the applied tree is another."""

    def __init__(self, sessions: Sessions, sealer: Sealer, config: ConfigCache) -> None:
        self._sessions = sessions
        self._sealer = sealer
        self._config = config
        self._of: tuple[int, datetime] | None = None
        self._found = 0

    async def read(self) -> int:
        """Things that differ, as they were last counted while the database does not answer; 0 without a tree."""
        try:
            async with self._sessions() as session:
                row = await applied(session)
                if row is None:
                    return 0
                of = self._config.current.version, row.applied_at
                if of != self._of:
                    self._found = len(drift(row.tree, await Everything.load(session, self._sealer)))
                    self._of = of
        except (SQLAlchemyError, OSError):
            pass
        return self._found
