"""When windows are open: from rules for days of the week to stretches of time. Pure.

The rules are those of domain/window.py. A window whose zone is "" has the zone given. A day whose holiday calendar is
unknown belongs to the window: in doubt somebody is on call rather than nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from domain.calendar import instant_of
from domain.window import DAY, IsHoliday, Window

Span = tuple[float, float]
"""From, to: UTC epoch seconds, end exclusive."""


class Opening:
    """Windows of one owner, ready to be asked."""

    def __init__(self, windows: Sequence[Window], zone: ZoneInfo, is_holiday: IsHoliday) -> None:
        self._windows = [
            (
                ZoneInfo(w.zone) if w.zone else zone,
                frozenset(w.weekdays) or frozenset(range(7)),
                time.fromisoformat(w.start),
                time.fromisoformat(w.end),
                w,
            )
            for w in windows
        ]
        self._is_holiday = is_holiday

    def between(self, start: float, end: float) -> list[Span]:
        """All that is open in some part of [start, end), ascending, touching ones joined, not clipped to it."""
        return joined(span for span in self._all(start, end) if span[1] > start and span[0] < end)

    def holds(self, at: float) -> bool:
        """True if one of them is open at an instant."""
        return any(low <= at < high for low, high in self.between(at, at + 1))

    def _all(self, start: float, end: float) -> Iterator[Span]:
        for zone, weekdays, opens, closes, window in self._windows:
            over = closes <= opens
            day = datetime.fromtimestamp(start, zone).date() - DAY
            last = datetime.fromtimestamp(end, zone).date()
            while day <= last:
                if day.weekday() in weekdays and self._counts(window, day):
                    low = instant_of(datetime.combine(day, opens), zone)
                    yield low, instant_of(datetime.combine(day + DAY if over else day, closes), zone)
                day += DAY

    def _counts(self, window: Window, day: date) -> bool:
        if not window.holidays:
            return True
        holiday = self._is_holiday(window.holidays, day)
        return holiday is None or holiday == (window.on_holidays == "only")


def joined(spans: Iterable[Span]) -> list[Span]:
    """The union, ascending, without overlaps or touching neighbours; empty spans (swallowed by a gap) left out."""
    out: list[Span] = []
    for low, high in sorted(spans):
        if low >= high:
            continue
        if out and low <= out[-1][1]:
            out[-1] = (out[-1][0], max(out[-1][1], high))
        else:
            out.append((low, high))
    return out


def week_of(handoffs: Iterable[tuple[int, str]]) -> tuple[timedelta, ...]:
    """(weekday, "HH:MM") pairs as times since Monday 00:00, ascending."""
    clock = ((weekday, time.fromisoformat(at)) for weekday, at in handoffs)
    return tuple(sorted(timedelta(days=day, hours=t.hour, minutes=t.minute) for day, t in clock))
