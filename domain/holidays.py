"""Holidays as a plain list of days, so that a decision depends on nothing but what it was given."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from domain.window import IsHoliday


@dataclass(frozen=True, slots=True)
class Holidays:
    """A named calendar of days, each an ISO date ("2026-12-25"), ascending."""

    id: str
    name: str
    dates: tuple[str, ...] = ()


def asked(calendars: Iterable[Holidays]) -> IsHoliday:
    """Whether a day is in a calendar, by the calendar's id; None for a calendar that is not among these."""
    known = {c.id: frozenset(c.dates) for c in calendars}

    def is_holiday(calendar: str, day: date) -> bool | None:
        return day.isoformat() in known[calendar] if calendar in known else None

    return is_holiday
