"""A recurring stretch of wall-clock time in one zone: working hours, nights, quiet hours. Pure.

Published rules: `start` is part of it, `end` is not. A window whose end is not after its start crosses midnight and
belongs to the day on which it begins: Friday 22:00 to 06:00 lasts into Saturday. Start and end the same means whole
days. A wall-clock time that a gap swallows is the end of the gap; of one that occurs twice the first counts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from domain.calendar import instant_of

IsHoliday = Callable[[str, date], bool | None]
"""(id of a holiday calendar, day) -> whether it is one; None where that cannot be told."""
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Window:
    """`weekdays`: 0 Monday to 6 Sunday, none means every day. `start`, `end`: "HH:MM" in `zone`.

    `holidays`: id of a holiday calendar, "" to look at none; its days never belong to the window, or with
    `on_holidays` "only" no others do.
    """

    zone: str
    weekdays: tuple[int, ...] = ()
    start: str = "00:00"
    end: str = "00:00"
    holidays: str = ""
    on_holidays: Literal["never", "only"] = "never"


def no_calendar(calendar: str, day: date) -> bool | None:
    """Where no holiday calendars are known."""
    return None


def holds(window: Window, at: float, is_holiday: IsHoliday = no_calendar) -> bool | None:
    """True within the window, None if that cannot be told: the zone or the holiday calendar is unknown."""
    try:
        return _span(window, at, is_holiday) is not None
    except (LookupError, KeyError, ValueError, OSError):
        return None


def ends(window: Window, at: float, is_holiday: IsHoliday = no_calendar) -> float | None:
    """UTC epoch seconds at which the window that is open at `at` closes; None if none is, or it cannot be told."""
    try:
        return _span(window, at, is_holiday)
    except (LookupError, KeyError, ValueError, OSError):
        return None


def _span(window: Window, at: float, is_holiday: IsHoliday) -> float | None:
    """End of the span that contains `at`. Raises LookupError if it depends on a calendar that is unknown."""
    zone = ZoneInfo(window.zone)
    start, end = time.fromisoformat(window.start), time.fromisoformat(window.end)
    today = datetime.fromtimestamp(at, zone).date()
    unknown = False
    for day in (today - DAY, today):
        first = instant_of(datetime.combine(day, start), zone)
        last = instant_of(datetime.combine(day + DAY if end <= start else day, end), zone)
        if not first <= at < last or (window.weekdays and day.weekday() not in window.weekdays):
            continue
        if not window.holidays:
            return last
        holiday = is_holiday(window.holidays, day)
        if holiday is None:
            unknown = True
        elif holiday == (window.on_holidays == "only"):
            return last
    if unknown:
        raise LookupError(window.holidays)
    return None


DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def in_words(window: Window) -> str:
    """For people: "Mon, Tue 09:00-17:00 Europe/Berlin, not on holidays"."""
    days = ", ".join(DAYS[d] for d in window.weekdays)
    hours = "all day" if window.start == window.end else f"{window.start}-{window.end}"
    holidays = {"never": ", not on holidays", "only": ", only on holidays"}[window.on_holidays]
    return f"{days + ' ' if days else ''}{hours} {window.zone}{holidays if window.holidays else ''}"
