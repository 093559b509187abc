"""Time as the runtime sees it.

Two times exist: *database time* (UTC epoch seconds; the only one that decides anything that other
processes see: leases, due times) and this process's *monotonic* seconds (deadlines and lease age).
Local wall clocks are never read for a decision.
"""

from __future__ import annotations

import asyncio
import time
from typing import Protocol

_MAX_STEP_S = 1.0


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

    A jump of the database's clock moves the estimate by at most one second per observation, so that a
    stepped clock makes timers late or early by little instead of firing thousands at once.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._offset: float | None = None

    def observe(self, db_now: float) -> None:
        """Take note of the database's time as just answered (UTC epoch seconds)."""
        seen = db_now - self._clock.monotonic()
        if self._offset is None:
            self._offset = seen
        else:
            self._offset += max(-_MAX_STEP_S, min(_MAX_STEP_S, seen - self._offset))

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
