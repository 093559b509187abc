"""Figures in words and lengths."""

from __future__ import annotations

import pytest

from ui.charts import bars, columns, duration, share


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, "–"), (0.42, "0.4 s"), (45, "45 s"), (720, "12 min"), (12_600, "3.5 h"), (345_600, "4.0 days")],
)
def test_durations(seconds: float | None, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("part", "text"), [(None, "–"), (1.0, "100 %"), (0.99999, "over 99.9 %"), (0.982, "98.2 %"), (0.5, "50 %")]
)
def test_a_share_is_never_rounded_up_to_all(part: float | None, text: str) -> None:
    assert share(part) == text


def test_bars_are_measured_by_the_longest() -> None:
    long, short = bars([("a", [(30, "x"), (10, "y")], "40"), ("b", [(0, "x"), (10, "y")], "10")])
    assert [(p["size"], p["tone"]) for p in long["pieces"]] == [("75.00%", "k0"), ("25.00%", "k1")]
    assert [(p["size"], p["tone"]) for p in short["pieces"]] == [("25.00%", "k1")], "a tone belongs to its place"
    assert bars([("none", [(0, "x")], "")])[0]["pieces"] == []


def test_columns_show_the_largest_groups_and_gather_the_others() -> None:
    series = [(f"s{n}", [n, 2 * n]) for n in range(9)]
    drawn, keys = columns(["2026-11-01", "2026-11-02"], "day", series)
    assert [k["name"] for k in keys] == ["s3", "s4", "s5", "s6", "s7", "s8", "3 others"]
    assert [c["text"] for c in drawn] == ["36", "72"] and drawn[1]["pieces"][-1]["title"] == "2 Nov: 6 3 others"
    assert drawn[0]["label"] == "1 Nov" and "6 s6" in drawn[0]["title"]


def test_a_month_is_named_with_its_year_and_many_columns_leave_labels_out() -> None:
    assert columns(["2026-11-01"], "month", [("a", [1])])[0][0]["label"] == "Nov 2026"
    drawn, _ = columns([f"2026-11-{n:02}" for n in range(1, 31)], "day", [("a", [1] * 30)])
    assert sum(bool(c["label"]) for c in drawn) == 15
