"""Wall-clock recurrence that survives daylight saving.

Published rules: a hand-off at a wall-clock time that does not exist (the clock jumped over it) happens
at the first instant after the gap; one whose time occurs twice happens at the first of the two; the 29th, 30th or
31st of a month that has no such day is its last day.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

Unit = Literal["hour", "day", "week", "month"]
HOUR_S = 3600.0
_DAYS = {"day": 1, "week": 7}


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

    Days, weeks and months keep the wall-clock time; hours are elapsed hours. A month without that day has it on its
    last. With `marks` (weeks only: time since Monday 00:00, ascending) the instants are those of each mark in every
    `every`-th week from that of `start`, the first being the first at or after `start`.
    """

    start: datetime
    zone: ZoneInfo
    unit: Unit
    every: int
    marks: tuple[timedelta, ...] = ()

    def at(self, n: int) -> float:
        """Instant number `n` in UTC epoch seconds."""
        if self.unit == "hour":
            return instant_of(self.start, self.zone) + n * self.every * HOUR_S
        return instant_of(self._local(n), self.zone)

    def index(self, instant: float) -> int:
        """Largest n with at(n) <= instant; negative before the start. Constant time."""
        if self.unit == "hour":
            return int((instant - instant_of(self.start, self.zone)) // (self.every * HOUR_S))
        n = self._guess(datetime.fromtimestamp(instant, self.zone).replace(tzinfo=None, fold=0))
        while n >= 0 and self.at(n) > instant:
            n -= 1
        while self.at(n + 1) <= instant:
            n += 1
        return n

    def _local(self, n: int) -> datetime:
        """Wall clock of instant number `n`, whether or not it exists there."""
        if self.marks:
            week, mark = divmod(n + self._skipped(), len(self.marks))
            return self._monday() + timedelta(weeks=week * self.every) + self.marks[mark]
        if self.unit == "month":
            return months_later(self.start, n * self.every)
        return self.start + timedelta(days=n * self.every * _DAYS[self.unit])

    def _guess(self, local: datetime) -> int:
        """About the number of the instant last met at a wall-clock time."""
        if self.marks:
            week, within = divmod(local - self._monday(), timedelta(weeks=self.every))
            return week * len(self.marks) + bisect_right(self.marks, within) - 1 - self._skipped()
        if self.unit == "month":
            return ((local.year - self.start.year) * 12 + local.month - self.start.month) // self.every
        return (local - self.start) // timedelta(days=self.every * _DAYS[self.unit])

    def _monday(self) -> datetime:
        return datetime(self.start.year, self.start.month, self.start.day) - timedelta(days=self.start.weekday())

    def _skipped(self) -> int:
        """Marks of the first week that come before `start`."""
        return bisect_left(self.marks, self.start - self._monday())


def months_later(start: datetime, months: int) -> datetime:
    """The same day and time some months later, or the last day of a month that has no such day."""
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    return start.replace(year=year, month=month + 1, day=min(start.day, monthrange(year, month + 1)[1]))


def utc(instant: float) -> datetime:
    """Aware UTC datetime of an instant."""
    return datetime.fromtimestamp(instant, UTC)
