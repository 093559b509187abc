"""Where the console's calendar draws what."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from ui.calendar import (
    coming,
    cut_off,
    days,
    drawn,
    everyone,
    instant,
    month,
    month_of,
    next_change,
    next_month,
    rows,
    when,
    window,
)

BERLIN = "Europe/Berlin"
NAMES = {"a": "Ann", "b": "Bob"}


def shift(user: str, start: str, end: str) -> dict[str, Any]:
    return {"user_id": user, "start": start, "end": end, "source": "layer:weekly"}


def test_the_next_hand_over_is_the_first_one_that_is_not_past() -> None:
    at, soon, late = "2026-03-01T10:00:00+00:00", "2026-03-01T12:00:00+01:00", "2026-03-01T18:00:00+00:00"
    assert next_change([late, None, soon, at], at) == (soon, 3600.0)
    assert next_change([None, at], at) == ("", 0.0)


def test_a_day_of_25_hours_is_as_wide_as_it_is_long() -> None:
    heads = days(date(2026, 10, 24), 3, BERLIN, date(2026, 10, 25))
    widths = [float(day["width"].rstrip("%")) for day in heads]
    assert widths[1] / widths[0] == pytest.approx(25 / 24, rel=1e-3)
    assert sum(widths) == pytest.approx(100, abs=0.01)
    assert [day["tone"] for day in heads] == ["weekend", "today", ""]
    assert heads[0]["text"] == "Sat 24 Oct" and heads[1]["text"] == "Sun 25"


def test_shifts_are_cut_at_the_windows_ends_and_gaps_are_said() -> None:
    start, end = window(date(2026, 3, 2), 2, "UTC")
    preview = {
        "shifts": [shift("a", "2026-03-01T00:00:00Z", "2026-03-02T12:00:00Z")],
        "gaps": [{"start": "2026-03-02T12:00:00Z", "end": "2026-03-04T00:00:00Z"}],
        "layers": [{"name": "weekly", "shifts": [shift("gone", "2026-03-02T00:00:00Z", "2026-03-03T00:00:00Z")]}],
        "temporaries": [],
        "overrides": [
            {
                "id": "1",
                "kind": "replace",
                "user_id": "b",
                "instead_of": "a",
                "start": "2026-03-03T00:00:00Z",
                "end": "2026-03-03T12:00:00Z",
            }
        ],
    }
    final, layer, changes = rows(preview, NAMES, start, end, "UTC")
    ours, gap = final["bars"]
    assert (ours["left"], ours["width"], ours["text"]) == ("0.000%", "25.000%", "Ann")
    assert (gap["left"], gap["width"], gap["tone"]) == ("25.000%", "75.000%", "gap")
    assert "Sun 01 Mar 00:00 to Mon 02 Mar 12:00 UTC, layer weekly" in ours["title"]
    assert layer["bars"][0]["text"] == "gone", "who was deleted is shown by id"
    assert changes["bars"][0]["text"] == "replace: Bob instead of Ann"


def test_what_is_typed_is_the_schedules_clock() -> None:
    assert instant("2026-07-01T09:00", BERLIN).astimezone(UTC) == datetime(2026, 7, 1, 7, tzinfo=UTC)
    with pytest.raises(ValueError, match="isoformat"):
        instant("tomorrow", BERLIN)


def test_a_month_is_whole_weeks_with_who_is_on_call_on_each_day_and_its_gaps() -> None:
    assert month_of(date(2026, 3, 17)) == (date(2026, 2, 23), 42)
    assert month_of(date(2026, 2, 1)) == (date(2026, 1, 26), 35)
    assert [next_month(date(2026, 12, 31), by) for by in (-1, 0, 1)] == [
        date(2026, 11, 1),
        date(2026, 12, 1),
        date(2027, 1, 1),
    ]
    preview = {
        "shifts": [
            shift("a", "2026-02-20T00:00:00Z", "2026-03-02T09:00:00Z"),
            shift("b", "2026-03-02T09:00:00Z", "2026-03-02T12:00:00Z"),
            shift("a", "2026-03-02T12:00:00Z", "2026-03-31T22:00:00Z"),
        ],
        "gaps": [{"start": "2026-03-31T22:00:00Z", "end": "2026-04-06T00:00:00Z"}],
    }
    weeks = month(preview, NAMES, date(2026, 3, 17), "UTC", date(2026, 3, 2))
    assert [len(week["days"]) for week in weeks] == [7] * 6
    second = weeks[1]["days"][0]
    assert (second["text"], second["tone"]) == ("2", "today")
    assert [bar["text"] for bar in second["bars"]] == ["Ann", "Bob"], "once each, however often"
    last = weeks[5]["days"]
    assert [bar["text"] for bar in last[1]["bars"]] == ["Ann", "nobody"]
    assert (last[2]["text"], last[2]["tone"], last[2]["bars"][0]["tone"]) == ("1 Apr", "other", "gap")
    east = month(preview, NAMES, date(2026, 3, 17), "Asia/Tokyo", date(2026, 3, 2))
    assert [bar["text"] for bar in east[5]["days"][2]["bars"]] == ["Ann", "nobody"], "the last hours are April there"


def test_all_schedules_are_beside_each_other_on_one_clock() -> None:
    of = window(date(2026, 3, 2), 1, "UTC")
    line = {"schedule": "Shop", "gaps": [], "shifts": [shift("a", "2026-03-01T00:00:00Z", "2026-03-04T00:00:00Z")]}
    gone = {"start": "2026-03-02T00:00:00Z", "end": "2026-03-03T00:00:00Z"}
    shop, cart = everyone([line, {"schedule": "Cart", "shifts": [], "gaps": [gone]}], NAMES, "UTC", of)
    assert (shop["name"], shop["kind"], shop["bars"][0]["width"]) == ("Shop", "final", "100.000%")
    assert (cart["name"], cart["bars"][0]["tone"]) == ("Cart", "gap")


def test_what_is_drawn_is_at_quarters_of_an_hour_on_the_clock_that_is_shown() -> None:
    of = window(date(2026, 3, 29), 1, BERLIN)
    assert drawn((0.0, 0.5), of, BERLIN) == ("2026-03-29T00:00", "2026-03-29T12:30"), "a day of 23 hours"
    assert drawn((0.5, 0.5), of, BERLIN) == ("2026-03-29T12:30", "2026-03-29T12:45"), "never nothing"
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
