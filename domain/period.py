"""The time that figures are asked for: its limits, and the calendar units in which a chart shows it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from domain.errors import Invalid
from domain.validation import check_zone

Unit = Literal["day", "week", "month"]
LONGEST_S = 400 * 86_400.0
"""A year to be compared with the month after it; more would have one request read the whole history."""
DAYS_UP_TO, WEEKS_UP_TO = 45 * 86_400.0, 200 * 86_400.0
"""Longer than this a chart is drawn in weeks, and in months: beyond some 45 columns nobody reads them."""


@dataclass(frozen=True, slots=True)
class Period:
    """From `start` to before `end`, UTC epoch seconds; days and nights are those of the wall clock of `zone`."""

    start: float
    end: float
    zone: str

    def check(self) -> Period:
        """Itself. Raises Invalid for what cannot be answered."""
        check_zone(self.zone, "zone")
        if not 0 < self.end - self.start <= LONGEST_S:
            raise Invalid("end", "The period must end after it starts, and last at most 400 days.")
        return self

    @property
    def unit(self) -> Unit:
        """In which a chart of it is readable."""
        length = self.end - self.start
        return "day" if length <= DAYS_UP_TO else "week" if length <= WEEKS_UP_TO else "month"

    def units(self, unit: Unit) -> tuple[str, ...]:
        """The first day (ISO) of every unit that the period touches, in order; weeks begin on Monday."""
        place = ZoneInfo(self.zone)
        day = datetime.fromtimestamp(self.start, place).date()
        last = datetime.fromtimestamp(self.end - 0.001, place).date()
        if unit == "week":
            day -= timedelta(days=day.weekday())
        elif unit == "month":
            day = day.replace(day=1)
        found = []
        while day <= last:
            found.append(day.isoformat())
            if unit == "month":
                day = (day + timedelta(days=32)).replace(day=1)
            else:
                day += timedelta(days=7 if unit == "week" else 1)
        return tuple(found)
