"""What a gateway has worked out of schedules is what they say."""

from __future__ import annotations

from dataclasses import replace

from domain.schedule import Layer, Rotation, Schedule
from domain.standing import standing
from gateway.standings import AGAIN_S, Standings

NOW = 1_800_000_000.0
WEEKLY = Schedule("s", "Shop", "Europe/Berlin", (Layer("l", Rotation("week", 1, "2026-01-05T09:00:00", ("a", "b"))),))
ALONE = Schedule("t", "Ops", "UTC", (Layer("l", Rotation("week", 1, "2026-01-05T09:00:00", ("a",))),))


def test_it_stands_as_if_it_were_worked_out_anew_each_time() -> None:
    stands, day = Standings(), 86_400.0
    for hours in range(0, 24 * 30, 5):
        for schedule in (WEEKLY, ALONE):
            at = NOW + hours * 3_600
            assert stands.at(schedule, at) == standing(schedule, at)
    assert stands.at(WEEKLY, NOW - day) == standing(WEEKLY, NOW - day), "a clock that was set back"
    change = standing(WEEKLY, NOW).until
    assert change is not None
    stands.at(WEEKLY, NOW)
    assert stands.at(WEEKLY, change) == standing(WEEKLY, change) != standing(WEEKLY, NOW)


def test_what_was_worked_out_is_given_again_until_the_schedule_is_another() -> None:
    stands = Standings()
    first = stands.at(ALONE, NOW)
    assert stands.at(ALONE, NOW + AGAIN_S - 1) is first
    assert stands.at(ALONE, NOW + AGAIN_S) is not first, "a change may have come into sight"
    layer = replace(ALONE.layers[0], rotation=Rotation("day", 1, "2026-01-05T09:00:00", ("b", "c")))
    saved = replace(ALONE, layers=(layer,))
    assert stands.at(saved, NOW + AGAIN_S) == standing(saved, NOW + AGAIN_S) != first
