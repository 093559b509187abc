"""Time as the runtime sees it.

Two times exist: *database time* (UTC epoch seconds; the only one that decides anything that other
processes see: leases, due times) and this process's *monotonic* seconds (deadlines and lease age).
Local wall clocks are never read for a decision.
"""

from __future__ import annotations

import asyncio
import time
from typing import Protocol

_RISE = 3.0
_FALL = 0.25


class Clock(Protocol):
    """What the loops use instead of the `time` module; the simulator supplies a virtual one."""

    def monotonic(self) -> float:
        """Seconds that never go back, meaningful only as differences within this process."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Pause the calling task."""
        ...


class SystemClock:
    """The real clock of this process."""

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class DatabaseTime:
    """Database time extrapolated from the last answer of the store by the monotonic clock.

    A database clock that is set forward is followed by three seconds a second, so that timers do not fire by the
    thousand at once. One that is set back is followed by a quarter of a second a second: what becomes due meanwhile
    comes at most a third later than meant, not by as much as the clock was set. By time and not by answers, so that all
    hosts count alike (ADR 21).
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._offset: float | None = None
        self._observed_at = 0.0

    def observe(self, db_now: float) -> None:
        """Take note of the database's time as just answered (UTC epoch seconds)."""
        at = self._clock.monotonic()
        seen, passed = db_now - at, at - self._observed_at
        if self._offset is None:
            self._offset = seen
        elif seen >= self._offset:
            self._offset += min(_RISE * passed, seen - self._offset)
        else:
            self._offset -= min(_FALL * passed, self._offset - seen)
        self._observed_at = at

    @property
    def known(self) -> bool:
        """False until the store has answered once."""
        return self._offset is not None

    def now(self) -> float:
        """Best estimate of the database's time, UTC epoch seconds."""
        if self._offset is None:
            raise RuntimeError("database time asked for before the store answered once")
        return self._clock.monotonic() + self._offset


def wall_now() -> float:
    """This machine's wall clock, UTC epoch seconds: for display, never for a decision."""
    return time.time()
