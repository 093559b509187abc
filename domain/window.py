"""Stretches of the week as people say them: "Monday to Friday, 22:00 to 06:00, not on Berlin's holidays".

One type wherever a time of day is asked for. A window belongs to the day on which it begins: weekday and holiday are
asked of that day alone, also when it ends on the next. Edges keep the wall-clock time across daylight saving, by the
published rules (domain/calendar.py). domain/recurring.py turns windows into instants.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class Holidays:
    """A named calendar of days, each an ISO date ("2026-12-25"), ascending."""

    id: str
    name: str
    dates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Window:
    """From `start` to `end` ("HH:MM", wall clock) on each of the weekdays.

    An end at or before the start is on the next day: "22:00" to "06:00" is a night, "09:00" to "09:00" a whole day.
    "24:00" is the end of the day. `only_on`: counts only on days that are in one of these holiday calendars (ids);
    `never_on`: not on days that are in one of these. `zone`: IANA, None for that of whatever the window belongs to.
    """

    weekdays: tuple[Weekday, ...] = WEEKDAYS
    start: str = "00:00"
    end: str = "24:00"
    only_on: tuple[str, ...] = ()
    never_on: tuple[str, ...] = ()
    zone: str | None = None
