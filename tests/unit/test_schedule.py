"""Schedules by example, at the corners of the calendar."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from domain.errors import Invalid
from domain.holidays import Holidays
from domain.oncall import everybody_at, gaps, next_change, shifts, who
from domain.schedule import Absence, Handoff, Layer, Override, Rotation, Schedule, Temporary, Term
from domain.validation import check_schedule
from domain.window import Window


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


def users_at(plan: Schedule, *local: str) -> list[tuple[str, ...]]:
    return [who(plan, at(text, plan.zone)) for text in local]


def test_the_31st_is_the_last_day_of_a_shorter_month_and_itself_again_in_a_longer_one() -> None:
    monthly = schedule("Europe/Berlin", layer("month", 1, "2027-12-31T09:00:00", "ada", "ben"))
    line = shifts(monthly, at("2027-12-31T09:00", "Europe/Berlin"), at("2028-06-01T00:00", "Europe/Berlin"))
    local = [datetime.fromtimestamp(s.start, ZoneInfo("Europe/Berlin")).strftime("%d %b %H:%M") for s in line]
    assert local == [f"{day} 09:00" for day in ("31 Dec", "31 Jan", "29 Feb", "31 Mar", "30 Apr", "31 May")]


def test_hand_offs_on_weekdays_give_the_week_to_one_and_the_weekend_to_another() -> None:
    parts = (Handoff(4, "17:00"), Handoff(0, "09:00"))
    rotation = Rotation("week", 1, "2026-01-07T00:00:00", ("bob", "alice"), parts)
    plan = schedule("America/New_York", Layer("l", rotation))
    expected = [(), ("bob",), ("bob",), ("alice",), ("alice",), ("bob",)]
    moments = ("09T16:59", "09T17:00", "12T08:59", "12T09:00", "16T16:59", "16T17:00")
    assert users_at(plan, *(f"2026-01-{m}" for m in moments)) == expected


ABC = ("ada", "ben", "cleo")


def daily(**more: Any) -> Schedule:
    return schedule("UTC", Layer("l", Rotation("day", 1, "2026-01-01T00:00:00", ABC, **more)))


def first_letters(plan: Schedule, days: int) -> str:
    return "".join("".join(u[0] for u in found) or "-" for found in users_at(plan, *days_of(days)))


def days_of(days: int) -> list[str]:
    return [f"2026-01-{n:02}T12:00" for n in range(1, days + 1)]


def test_an_absence_moves_nobody_else() -> None:
    away = Absence("ben", "2026-01-04T00:00:00", "2026-01-07T00:00:00")
    assert first_letters(daily(), 9) == "abcabcabc"
    assert first_letters(daily(absences=(away,)), 9) == "abcaccabc", "the next in the list has two"
    assert first_letters(daily(absences=(replace(away, stand_in="dora"),)), 9) == "abcadcabc"
    for_ever = Absence("ben", "2026-01-04T00:00:00")
    assert first_letters(daily(absences=(for_ever,)), 9) == "abcaccacc"
    all_away = tuple(replace(for_ever, user=user) for user in ABC)
    assert first_letters(daily(absences=all_away), 6) == "abc---"


def test_somebody_who_joins_or_leaves_changes_nothing_before_and_nobody_is_passed_over() -> None:
    joins = Term("ben", "2026-01-05T00:00:00")
    assert first_letters(daily(terms=(joins,)), 10) == "acacabcabc"
    leaves = Term("ben", None, "2026-01-05T00:00:00")
    assert first_letters(daily(terms=(leaves,)), 10) == "abcacacaca"
    gone = tuple(Term(user, "2026-01-03T00:00:00", "2026-01-05T00:00:00") for user in ABC)
    assert first_letters(daily(terms=gone), 6) == "--ab--"


def test_a_night_belongs_to_the_day_on_which_it_begins() -> None:
    night = Layer(
        "n", Rotation("week", 1, "2026-01-05T00:00:00", ("nora",)), windows=(Window("", (4,), "22:00", "06:00"),)
    )
    plan = schedule("Europe/Berlin", layer("week", 1, "2026-01-05T00:00:00", "ada"), night)
    moments = ("09T05:59", "09T21:59", "09T22:00", "10T05:59", "10T06:00", "10T22:00")
    assert users_at(plan, *(f"2026-01-{m}" for m in moments)) == [
        ("ada",),
        ("ada",),
        ("nora",),
        ("nora",),
        ("ada",),
        ("ada",),
    ]


def test_layers_that_are_together_share_a_place_and_a_later_one_hides_both() -> None:
    week = "2026-01-05T00:00:00"
    second = Layer("b", Rotation("week", 1, week, ("ben",)), together=True)
    top = Layer("c", Rotation("day", 1, "2026-01-07T00:00:00", ("cleo",)), until="2026-01-08T00:00:00")
    plan = schedule("UTC", layer("week", 1, week, "ada", name="a"), second, top)
    assert users_at(plan, "2026-01-06T12:00", "2026-01-07T12:00") == [("ada", "ben"), ("cleo",)]
    found = everybody_at(plan, at("2026-01-07T12:00", "UTC"))
    assert [s.user for s in found] == ["cleo", "ben", "ada"]


def test_a_layer_has_its_own_zone_and_holidays_its_own_days() -> None:
    tokyo = Layer(
        "t",
        Rotation("day", 1, "2026-01-01T09:00:00", ("taro",)),
        zone="Asia/Tokyo",
        windows=(Window("", (), "09:00", "17:00"),),
    )
    free = Layer(
        "h",
        Rotation("day", 1, "2026-01-01T00:00:00", ("hana",)),
        zone="Asia/Tokyo",
        windows=(Window("", holidays="jp", on_holidays="only"),),
    )
    plan = replace(schedule("UTC", tokyo, free), holidays=(Holidays("jp", "Japan", ("2026-01-12",)),))
    assert users_at(plan, "2026-01-09T00:00", "2026-01-09T08:00") == [("taro",), ()]
    assert users_at(plan, "2026-01-11T14:59", "2026-01-11T15:00", "2026-01-12T15:00") == [(), ("hana",), ()]


def test_a_temporary_schedule_hides_what_was_made_before_it_and_not_what_comes_after() -> None:
    base = layer("week", 1, "2026-01-05T00:00:00", "ada")
    day = at("2026-01-06T00:00", "UTC"), at("2026-01-07T00:00", "UTC")
    before, after = Override("a", "ben", *day, 1.0), Override("b", "dora", day[0], day[0] + 3600, 3.0, "add")
    other = Temporary("t", "T", *day, (layer("week", 1, "2026-01-05T00:00:00", "cleo", name="x"),), 2.0)
    plan = replace(schedule("UTC", base, overrides=(after, before)), temporaries=(other,))
    assert users_at(plan, "2026-01-06T00:30", "2026-01-06T12:00", "2026-01-07T00:00") == [
        ("cleo", "dora"),
        ("cleo",),
        ("ada",),
    ]
    assert shifts(plan, *day)[0].source == "temporary:t:x"


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


def test_people_who_are_away_together_cannot_stand_in_for_each_other_in_a_circle() -> None:
    def away(user: str, start: int, end: int | None, stand_in: str) -> Absence:
        return Absence(user, f"2026-01-{start:02}T00:00:00", end and f"2026-01-{end:02}T00:00:00", stand_in)

    def refused(*absences: Absence) -> str:
        try:
            check_schedule(daily(absences=absences))
        except Invalid as error:
            return error.field.removeprefix("layers[0].rotation.absences")
        return ""

    assert refused(away("ada", 2, 9, "ada")) == "[0].stand_in"
    assert refused(away("ada", 2, 9, "ben"), away("ben", 4, None, "ada")) == "[1].stand_in"
    assert refused(away("ada", 2, 4, "ben"), away("ben", 4, 6, "ada")) == "", "one after the other"
    third = away("cleo", 3, 5, "ada")
    assert refused(away("ada", 2, 9, "ben"), away("ben", 1, 9, "cleo"), third) == "[2].stand_in"
    assert refused(away("ada", 2, 9, "ben"), away("ben", 1, 9, "cleo")) == "", "they lead to somebody who is there"
