"""Since when Postgres does not answer this gateway. Says so in the log once when it goes and once when it is back."""

from __future__ import annotations

from collections.abc import Callable

import structlog

log = structlog.get_logger("sentinel.gateway")


class Outage:
    """`monotonic`: seconds that never go back. Writes and reads are told apart: a database that can be read and not

    written is as good as away, and reading it must not end the outage.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._unwritten: float | None = None
        self._unread: float | None = None

    @property
    def away(self) -> bool:
        """True from the first refusal to the next success of the same kind."""
        return self._unwritten is not None or self._unread is not None

    @property
    def away_s(self) -> float:
        """Seconds since the first refusal; 0 while the database answers."""
        since = [s for s in (self._unwritten, self._unread) if s is not None]
        return self._monotonic() - min(since) if since else 0.0

    def not_written(self, why: str, already_s: float = 0.0) -> None:
        """A write failed. `already_s`: it is known to have been away this long, from an earlier process."""
        self._note(why)
        if self._unwritten is None:
            self._unwritten = self._monotonic() - already_s

    def not_read(self, why: str) -> None:
        """A read failed."""
        self._note(why)
        if self._unread is None:
            self._unread = self._monotonic()

    def written(self) -> None:
        """A write succeeded: whatever was wrong is over."""
        if self.away:
            self._over()
        self._unwritten = self._unread = None

    def read(self) -> None:
        """A read succeeded; writes may still fail."""
        if self._unwritten is None and self.away:
            self._over()
        self._unread = None

    def _note(self, why: str) -> None:
        if not self.away:
            log.warning("database_away", why=why, meaning="alerts are kept in the local spool and answered 202")

    def _over(self) -> None:
        log.warning("database_back", after_s=round(self.away_s, 1))
