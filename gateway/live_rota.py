"""Tells open pages that who is on call, or what is asked about it, may have become different.

A saved configuration is seen by its version, in memory. Swap requests, time off and confirmed hand-offs are no part of
it; they are seen by their entries in the audit log. What was changed is not said: a page asks again for what it shows.
"""

from __future__ import annotations

from collections.abc import Callable

from gateway.live_rows import LiveRows
from gateway.periodic import Periodic
from gateway.schemas.schedules import RotaChanged
from storage import audit
from storage.changes import Sessions

PERIOD_S = 0.5
KINDS = ("swap_request", "time_off", "hand-off")


class LiveRota:
    """`version`: of the configuration that this gateway answers by."""

    def __init__(self, sessions: Sessions, version: Callable[[], int], rows: LiveRows) -> None:
        self._sessions = sessions
        self._version = version
        self._rows = rows
        self._told = -1
        self._seen: frozenset[int] = frozenset()
        self._periodic = Periodic(self.look, "live-rota", PERIOD_S, "open on-call pages show what was", at_once=True)

    async def look(self) -> None:
        """Once; nobody is told if nobody watches, and what came meanwhile is told to who comes next. Raises OSError,
        SQLAlchemyError."""
        if not self._rows.watchers and self._told >= 0:
            return
        newest = frozenset(await audit.newest(self._sessions, KINDS))
        version = self._version()
        new = newest - self._seen if self._told >= 0 else ()
        if (new or version != self._told) and self._told >= 0:
            self._rows.tell(RotaChanged(version=version).model_dump_json())
        self._seen, self._told = newest, version

    def start(self) -> None:
        """Begin."""
        self._periodic.start()

    async def stop(self) -> None:
        """End."""
        await self._periodic.stop()
