"""Where the console's calendar draws what."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from ui.calendar import days, instant, rows, window

BERLIN = "Europe/Berlin"
NAMES = {"a": "Ann", "b": "Bob"}


def shift(user: str, start: str, end: str) -> dict[str, Any]:
    return {"user_id": user, "start": start, "end": end, "source": "layer:weekly"}


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
