"""The console's clocks: days of a zone, what is typed on it, and what is said of shifts."""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import pairwise

import pytest

from ui.calendar import coming, cut_off, drawing, instant, next_change, when, window

BERLIN = "Europe/Berlin"


def test_the_next_hand_over_is_the_first_one_that_is_not_past() -> None:
    at, soon, late = "2026-03-01T10:00:00+00:00", "2026-03-01T12:00:00+01:00", "2026-03-01T18:00:00+00:00"
    assert next_change([late, None, soon, at], at) == (soon, 3600.0)
    assert next_change([None, at], at) == ("", 0.0)


def test_what_is_typed_is_drawn_as_the_gateway_says_a_calendar() -> None:
    lines: dict[str, list[str]] = {
        "shifts": [],
        "gaps": [],
        "layers": [],
        "temporaries": [],
        "overrides": [],
        "consequences": [],
    }
    users = [{"id": "b", "name": "Bob", "zone": "UTC"}, {"id": "a", "name": "Ann", "zone": "UTC"}]
    drawn = drawing(lines, users, date(2026, 10, 24), 3, BERLIN, date(2026, 10, 25))
    starts = [datetime.fromisoformat(day["start"]).timestamp() for day in drawn["days"]]
    assert [b - a for a, b in pairwise(starts)] == [24 * 3600, 25 * 3600]
    assert datetime.fromisoformat(drawn["end"]) == window(date(2026, 10, 24), 3, BERLIN)[1]
    assert [(one["id"], one["place"]) for one in drawn["people"]] == [("a", 0), ("b", 1)]
    assert drawn["today"] == "2026-10-25" and "consequences" not in drawn["lines"]


def test_what_is_typed_is_the_schedules_clock() -> None:
    assert instant("2026-07-01T09:00", BERLIN).astimezone(UTC) == datetime(2026, 7, 1, 7, tzinfo=UTC)
    with pytest.raises(ValueError, match="isoformat"):
        instant("tomorrow", BERLIN)


def test_a_time_on_a_clock_says_the_day_of_its_end_where_that_is_another() -> None:
    assert when("2026-03-02T08:00:00Z", "2026-03-02T16:00:00Z", BERLIN) == "Mon 02 Mar 09:00 – 17:00 Europe/Berlin"
    assert "– Tue 03 Mar 00:30" in when("2026-03-02T08:00:00Z", "2026-03-02T23:30:00Z", BERLIN)


def test_a_shift_that_is_cut_off_by_what_was_looked_at_says_no_wrong_time() -> None:
    of = ("2026-03-02T08:00:00Z", "2026-03-09T08:00:00Z")
    inside = ("2026-03-03T08:00:00Z", "2026-03-03T16:00:00Z")
    assert cut_off(*inside, of) == (False, False)
    assert coming(*inside, BERLIN, of) == "Tue 03 Mar 09:00 – 17:00 Europe/Berlin"
    assert coming(of[0], inside[1], BERLIN, of) == "now, until Tue 03 Mar 17:00 Europe/Berlin"
    assert coming(inside[0], of[1], "UTC", of).endswith("UTC and longer")
    assert cut_off(*of, of) == (True, True)
    assert coming(*of, "UTC", of) == "now, for longer than this"
