"""Hours of the week on a wall clock: "Monday to Friday, 22:00 to 06:00 in Europe/Berlin". Pure.

A window that ends at or before its start runs past midnight and belongs to the day on which it begins. What counts is
what the wall clock of the zone shows, so an hour that daylight saving skips is never in it, one it repeats is twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from domain.errors import Invalid

MINUTES = 24 * 60


@dataclass(frozen=True, slots=True)
class Window:
    """`weekdays`: 0 Monday to 6 Sunday, empty for every day. `start` and `end`: "HH:MM", end exclusive;

    the same time twice is the whole day.
    """

    zone: str
    start: str = "00:00"
    end: str = "00:00"
    weekdays: tuple[int, ...] = ()

    def holds(self, at: float) -> bool:
        """True if the instant (UTC epoch seconds) lies in it."""
        local = datetime.fromtimestamp(at, ZoneInfo(self.zone))
        minute, day = local.hour * 60 + local.minute, local.weekday()
        start, end = minutes(self.start), minutes(self.end)
        if start < end:
            return start <= minute < end and self._on(day)
        if minute >= start:
            return self._on(day)
        return minute < end and self._on((day - 1) % 7)

    def _on(self, day: int) -> bool:
        return not self.weekdays or day in self.weekdays


@lru_cache(maxsize=2 * MINUTES)
def minutes(clock: str) -> int:
    """Minutes since midnight of "HH:MM". Raises ValueError."""
    hours, colon, rest = clock.partition(":")
    if len(clock) != 5 or not colon or not (hours + rest).isdecimal() or not clock.isascii():
        raise ValueError(clock)
    found = int(hours) * 60 + int(rest)
    if int(rest) > 59 or found >= MINUTES:
        raise ValueError(clock)
    return found


def check_window(window: Window, field: str) -> None:
    """Raise Invalid for an unknown zone, time or weekday."""
    try:
        ZoneInfo(window.zone)
    except (KeyError, ValueError, OSError) as error:
        text = f"{window.zone!r} is no IANA time zone; use a name like Europe/Berlin."
        raise Invalid(f"{field}.zone", text) from error
    for name in ("start", "end"):
        try:
            minutes(getattr(window, name))
        except ValueError as error:
            text = f"{getattr(window, name)!r} is no time of day; write it like 08:30."
            raise Invalid(f"{field}.{name}", text) from error
    for n, day in enumerate(window.weekdays):
        if not 0 <= day <= 6:
            raise Invalid(f"{field}.weekdays[{n}]", "A weekday is a number from 0 (Monday) to 6 (Sunday).")
