"""Tells open pages that who is on call, or what is asked about it, may have become different.

A saved configuration is seen by its version, in memory. Swap requests, time off and confirmed hand-offs are no part of
it; they are seen by their entries in the audit log. What was changed is not said: a page asks again for what it shows.
"""

from __future__ import annotations

from collections.abc import Callable

from domain.configuration import Configuration
from gateway.live_rows import LiveRows
from gateway.periodic import Periodic
from gateway.schemas.schedules import RotaChanged
from storage import audit
from storage.changes import Sessions

PERIOD_S = 0.5
KINDS = ("swap_request", "time_off", "hand-off")


class LiveRota:
    """`config`: what this gateway answers by."""

    def __init__(self, sessions: Sessions, config: Callable[[], Configuration], rows: LiveRows) -> None:
        self._sessions = sessions
        self._config = config
        self._rows = rows
        self._told = -1
        self._seen: frozenset[int] = frozenset()
        self._named: frozenset[tuple[str, str, bool]] = frozenset()
        self._periodic = Periodic(self.look, "live-rota", PERIOD_S, "open on-call pages show what was", at_once=True)

    async def look(self) -> None:
        """Once; nobody is told if nobody watches, and what came meanwhile is told to who comes next. Raises OSError,
        SQLAlchemyError."""
        if not self._rows.watchers and self._told >= 0:
            return
        newest = frozenset(await audit.newest(self._sessions, KINDS))
        config = self._config()
        version, named = config.version, _named(config) if config.version != self._told else self._named
        new = newest - self._seen if self._told >= 0 else ()
        if (new or version != self._told) and self._told >= 0:
            self._rows.tell(RotaChanged(version=version, people=named != self._named).model_dump_json())
        self._seen, self._told, self._named = newest, version, named

    def start(self) -> None:
        """Begin."""
        self._periodic.start()

    async def stop(self) -> None:
        """End."""
        await self._periodic.stop()


def _named(config: Configuration) -> frozenset[tuple[str, str, bool]]:
    """What a page lists to choose from."""
    users = ((u.id, u.name, u.active) for u in config.users.values())
    return frozenset((*users, *((t.id, t.name, True) for t in config.teams.values())))
