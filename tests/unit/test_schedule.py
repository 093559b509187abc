"""Schedules by example, at the corners of the calendar."""

from __future__ import annotations

import itertools
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from domain.errors import Invalid
from domain.oncall import gaps, next_change, shifts, who
from domain.schedule import Layer, Override, Rotation, Schedule
from domain.validation import check_schedule


def at(text: str, zone: str, fold: int = 0) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).timestamp()


def schedule(zone: str, *layers: Layer, overrides: tuple[Override, ...] = ()) -> Schedule:
    return Schedule("s", "S", zone, layers, overrides)


def layer(unit: str, every: int, start: str, *users: str, name: str = "l", until: str | None = None) -> Layer:
    return Layer(name, Rotation(unit, every, start, users), until)  # type: ignore[arg-type]


def test_a_weekly_hand_off_stays_at_nine_across_both_changes_of_the_clock() -> None:
    berlin = schedule("Europe/Berlin", layer("week", 1, "2026-03-23T09:00:00", "ada", "ben"))
    line = shifts(berlin, at("2026-03-23T09:00", "Europe/Berlin"), at("2026-11-09T09:00", "Europe/Berlin"))
    local = {datetime.fromtimestamp(s.start, ZoneInfo("Europe/Berlin")).strftime("%a %H:%M") for s in line}
    assert local == {"Mon 09:00"}
    assert line[0].end - line[0].start == 7 * 86400 - 3600, "the week of the spring change is an hour short"


def test_a_hand_off_in_the_gap_happens_at_its_end() -> None:
    night = schedule("Europe/Berlin", layer("day", 1, "2026-03-27T02:30:00", "ada", "ben"))
    assert next_change(night, at("2026-03-28T12:00", "Europe/Berlin")) == at("2026-03-29T03:00", "Europe/Berlin")


def test_a_hand_off_in_the_fold_happens_at_the_first_of_the_two() -> None:
    night = schedule("America/New_York", layer("day", 1, "2026-10-30T01:30:00", "ada", "ben"))
    expected = at("2026-11-01T01:30", "America/New_York", fold=0)
    assert next_change(night, at("2026-10-31T12:00", "America/New_York")) == expected
    assert who(night, expected) != who(night, expected - 1)
    assert who(night, expected + 3600) == who(night, expected), "the second 01:30 changes nothing"


def test_lord_howe_moves_by_half_an_hour_and_kathmandu_is_at_a_quarter() -> None:
    howe = schedule("Australia/Lord_Howe", layer("day", 1, "2026-10-03T02:15:00", "ada", "ben"))
    zone = "Australia/Lord_Howe"
    assert next_change(howe, at("2026-10-03T12:00", zone)) == at("2026-10-04T02:30", zone)
    nepal = schedule("Asia/Kathmandu", layer("day", 1, "2026-01-05T09:00:00", "ada", "ben"))
    assert next_change(nepal, at("2026-01-05T10:00", "Asia/Kathmandu")) == at("2026-01-06T09:00", "Asia/Kathmandu")


def test_a_day_that_apia_skipped() -> None:
    apia = schedule("Pacific/Apia", layer("day", 1, "2011-12-28T09:00:00", "a", "b", "c", "d"))
    line = shifts(apia, at("2011-12-28T09:00", "Pacific/Apia"), at("2012-01-02T09:00", "Pacific/Apia"))
    assert [s.user for s in line] == ["a", "b", "c", "d", "a"]
    assert all(x.end == y.start for x, y in itertools.pairwise(line))


def test_hours_are_elapsed_hours() -> None:
    hourly = schedule("Europe/Berlin", layer("hour", 12, "2026-03-28T20:00:00", "ada", "ben"))
    start = at("2026-03-28T20:00", "Europe/Berlin")
    assert [s.end - s.start for s in shifts(hourly, start, start + 36 * 3600)] == [12 * 3600] * 3


def test_a_later_layer_hides_an_earlier_one_until_it_ends_and_an_override_hides_both() -> None:
    base = layer("week", 1, "2026-01-05T09:00:00", "ada", name="base")
    top = layer("day", 1, "2026-01-07T09:00:00", "ben", name="top", until="2026-01-09T09:00:00")
    start = at("2026-01-05T09:00", "UTC")
    cover = Override("o", "cleo", at("2026-01-08T00:00", "UTC"), at("2026-01-08T06:00", "UTC"), 1.0)
    plan = schedule("UTC", base, top, overrides=(cover,))
    line = shifts(plan, start, start + 7 * 86400)
    assert [(s.user, s.source) for s in line] == [
        ("ada", "layer:base"),
        ("ben", "layer:top"),
        ("cleo", "override:o"),
        ("ben", "layer:top"),
        ("ada", "layer:base"),
    ]
    assert gaps(plan, start - 86400, start + 86400) == [(start - 86400, start)], "nobody before the first shift"


def test_of_two_overlapping_overrides_the_one_made_last_wins() -> None:
    base = layer("week", 1, "2026-01-05T09:00:00", "ada")
    first = Override("z", "ben", at("2026-01-06T00:00", "UTC"), at("2026-01-08T00:00", "UTC"), 1.0)
    second = Override("a", "cleo", at("2026-01-07T00:00", "UTC"), at("2026-01-09T00:00", "UTC"), 2.0)
    plan = schedule("UTC", base, overrides=(second, first))
    assert who(plan, at("2026-01-07T12:00", "UTC")) == ("cleo",)
    assert who(plan, at("2026-01-06T12:00", "UTC")) == ("ben",)


@pytest.mark.parametrize(
    ("zone", "made", "field"),
    [
        ("Mars/Olympus", layer("day", 1, "2026-01-05T09:00:00", "a"), "zone"),
        ("UTC", layer("day", 1, "2026-01-05T09:00:00"), "layers[0].rotation.users"),
        ("UTC", layer("day", 0, "2026-01-05T09:00:00", "a"), "layers[0].rotation.every"),
        ("UTC", layer("day", 1, "yesterday", "a"), "layers[0].rotation.start"),
        ("UTC", layer("day", 1, "2026-01-05T09:00:00+01:00", "a"), "layers[0].rotation.start"),
        ("UTC", layer("day", 1, "2026-01-05T09:00:00", *["a"] * 10_000), "layers[0].rotation.users"),
    ],
)
def test_a_wrong_schedule_is_refused_naming_the_field(zone: str, made: Layer, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_schedule(schedule(zone, made))
    assert refused.value.field == field
