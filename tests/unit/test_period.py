"""Periods in days, weeks and months; tables that spreadsheets may open."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from domain.errors import Invalid
from domain.period import Period
from gateway.table import cell, table


def period(start: str, end: str, zone: str = "UTC") -> Period:
    place = ZoneInfo(zone)
    low, high = (datetime.fromisoformat(t).replace(tzinfo=place).timestamp() for t in (start, end))
    return Period(low, high, zone).check()


def test_a_chart_has_as_many_columns_as_one_can_read() -> None:
    week, quarter, year = (period("2026-01-01", end) for end in ("2026-01-08", "2026-04-01", "2026-12-31"))
    assert [p.unit for p in (week, quarter, year)] == ["day", "week", "month"]
    assert len(week.units("day")) == 7 and len(year.units("month")) == 12
    weeks = quarter.units("week")
    assert weeks[0] == "2025-12-29" and len(weeks) == 14, "a week begins on Monday, also before the period does"


def test_days_of_23_and_25_hours_are_one_each() -> None:
    days = period("2026-03-28", "2026-03-31", "Europe/Berlin").units("day")
    assert days == ("2026-03-28", "2026-03-29", "2026-03-30")
    assert len(period("2026-10-24", "2026-10-27", "Europe/Berlin").units("day")) == 3


@pytest.mark.parametrize(("start", "end"), [("2026-01-02", "2026-01-01"), ("2026-01-01", "2027-03-01")])
def test_a_period_is_bounded(start: str, end: str) -> None:
    with pytest.raises(Invalid):
        period(start, end)


@pytest.mark.parametrize(
    ("value", "told"),
    [("=1+1", "'=1+1"), ("@cmd", "'@cmd"), ("\tx", "'\tx"), ("-5", "'-5"), (-5, "-5"), (0.25, "0.25"), (None, "")],
)
def test_text_is_no_formula_and_numbers_stay_numbers(value: object, told: str) -> None:
    assert cell(value) == told


def test_commas_and_quotes_are_quoted() -> None:
    assert table(["a", "b"], [('say "hi", now', 1)]) == 'a,b\r\n"say ""hi"", now",1\r\n'
