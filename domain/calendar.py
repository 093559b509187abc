"""Wall-clock recurrence that survives daylight saving.

Published rules: a hand-off at a wall-clock time that does not exist (the clock jumped over it) happens
at the first instant after the gap; one whose time occurs twice happens at the first of the two.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

Unit = Literal["hour", "day", "week", "month"]
HOUR_S = 3600.0
_DAYS = {"day": 1, "week": 7, "month": 30}


@lru_cache(maxsize=65_536)
def instant_of(local: datetime, zone: ZoneInfo) -> float:
    """UTC epoch seconds at which the wall clock of `zone` first shows `local` (naive), or the end of the gap."""
    early = local.replace(tzinfo=zone, fold=0)
    guess = early.timestamp()
    if datetime.fromtimestamp(guess, zone).replace(tzinfo=None) == local:
        return guess
    return _end_of_gap(local, zone)


def _end_of_gap(local: datetime, zone: ZoneInfo) -> float:
    """The transition that swallowed `local`: found by halving, to the second."""
    low = int(local.replace(tzinfo=zone, fold=1).timestamp())
    high = int(local.replace(tzinfo=zone, fold=0).timestamp())
    before = datetime.fromtimestamp(low, zone).utcoffset()
    while high - low > 1:
        middle = (low + high) // 2
        if datetime.fromtimestamp(middle, zone).utcoffset() == before:
            low = middle
        else:
            high = middle
    return float(high)


@dataclass(frozen=True, slots=True)
class Recurrence:
    """Instants 0, 1, 2 …: `start` (naive, wall clock of `zone`) and every `every` units after it.

    Days and weeks keep the wall-clock time; hours are elapsed hours.
    """

    start: datetime
    zone: ZoneInfo
    unit: Unit
    every: int

    def at(self, n: int) -> float:
        """Instant number `n` in UTC epoch seconds."""
        if self.unit == "hour":
            return instant_of(self.start, self.zone) + n * self.every * HOUR_S
        return instant_of(self.start + timedelta(days=n * self.every * _DAYS[self.unit]), self.zone)

    def index(self, instant: float) -> int:
        """Largest n with at(n) <= instant; negative before the start. Constant time."""
        if self.unit == "hour":
            return int((instant - instant_of(self.start, self.zone)) // (self.every * HOUR_S))
        local = datetime.fromtimestamp(instant, self.zone).replace(tzinfo=None, fold=0)
        n = (local - self.start) // timedelta(days=self.every * _DAYS[self.unit])
        while n >= 0 and self.at(n) > instant:
            n -= 1
        while self.at(n + 1) <= instant:
            n += 1
        return n


def utc(instant: float) -> datetime:
    """Aware UTC datetime of an instant."""
    return datetime.fromtimestamp(instant, UTC)
