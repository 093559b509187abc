"""Counts what comes in at each integration, in memory, and adds it to the database once a minute.

Nothing of a request waits for it, and it promises nothing: a crash forgets a minute, an outage is added later.
"""

from __future__ import annotations

from gateway.periodic import Periodic
from storage.changes import Sessions
from storage.readiness import Count, add_counts

PERIOD_S = 60.0


class Hearing:
    """One per gateway."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._counts: dict[str, Count] = {}
        self._periodic = Periodic(self.flush, "hearing", PERIOD_S, "what came in is added to the counts later")

    def note(self, integration_id: str, at: float) -> None:
        """A request was taken in at `at`, UTC epoch seconds."""
        known = self._counts.get(integration_id)
        self._counts[integration_id] = known.and_one(at) if known is not None else Count(1, at, at)

    async def flush(self) -> None:
        """Add what was counted; what cannot be added now stays counted."""
        counts, self._counts = self._counts, {}
        if not counts:
            return
        try:
            await add_counts(self._sessions, counts)
        except BaseException:  # also a cancellation: what is not added stays counted
            for ident, since in self._counts.items():
                before = counts.get(ident)
                counts[ident] = before.and_then(since) if before is not None else since
            self._counts = counts
            raise

    def start(self) -> None:
        """Begin adding."""
        self._periodic.start()

    async def stop(self) -> None:
        """End adding, with what was counted last."""
        await self._periodic.stop()
        await self._periodic.once()
