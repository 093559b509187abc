"""Fair load: what counts as a night, a weekend, a holiday; and suggestions that really even it out."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from domain.duty import Duty, duties
from domain.evening import Question, suggest
from domain.load import Roster, loads
from domain.schedule import Shift

BERLIN = "Europe/Berlin"


def at(text: str, zone: str = BERLIN) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()


def roster(
    *turns: tuple[str, str, str], members: tuple[str, ...] = (), holidays: frozenset[date] = frozenset()
) -> Roster:
    return Roster("s", "Primary", BERLIN, tuple(Duty(u, at(a), at(b)) for u, a, b in turns), members, holidays)


def test_a_duty_goes_on_when_only_its_source_changes() -> None:
    line = [Shift("ada", 0, 10, "layer:a"), Shift("ada", 10, 20, "override:1"), Shift("ben", 20, 30, "layer:a")]
    assert duties(line) == [Duty("ada", 0, 20), Duty("ben", 20, 30)]


def test_hours_are_split_into_nights_weekends_and_holidays() -> None:
    week = roster(("ada", "2026-12-21T09:00", "2026-12-28T09:00"), holidays=frozenset({date(2026, 12, 25)}))
    (ada,) = loads([week], {})
    assert (ada.hours, ada.night, ada.weekend, ada.holiday) == (168, 63, 48, 24)
    assert ada.burden == 168 + 63 + 48 + 2 * 24
    assert (ada.shifts, ada.in_a_row, ada.longest_h) == (1, 1, 168)


def test_the_night_in_which_the_clock_goes_back_is_an_hour_longer() -> None:
    (autumn,) = loads([roster(("ada", "2026-10-24T22:00", "2026-10-25T07:00"))], {})
    (spring,) = loads([roster(("ada", "2026-03-28T22:00", "2026-03-29T07:00"))], {})
    assert (autumn.night, spring.night) == (10, 8)


def test_a_night_is_where_the_person_sleeps_unless_the_schedule_is_asked_for() -> None:
    office = roster(("ada", "2026-06-01T09:00", "2026-06-01T17:00"))
    assert loads([office], {"ada": "America/Los_Angeles"})[0].night == 7
    assert loads([office], {"ada": "America/Los_Angeles"}, by_schedule=True)[0].night == 0


def test_time_on_two_schedules_at_once_counts_once_and_breaks_end_a_row() -> None:
    first = roster(("ada", "2026-06-01T09:00", "2026-06-01T17:00"), ("ada", "2026-06-01T22:00", "2026-06-02T06:00"))
    second = roster(("ada", "2026-06-01T12:00", "2026-06-01T20:00"), ("ada", "2026-06-03T09:00", "2026-06-03T17:00"))
    (ada,) = loads([first, second], {})
    assert (ada.hours, ada.shifts, ada.in_a_row, ada.longest_h) == (27, 4, 3, 11)


def test_who_takes_part_and_had_nothing_is_shown_too() -> None:
    found = loads([roster(("ada", "2026-06-01T09:00", "2026-06-02T09:00"), members=("ada", "ben"))], {})
    assert [(p.user, p.hours) for p in found] == [("ada", 24), ("ben", 0)]


def question(
    found: Roster, away: dict[str, list[tuple[float, float]]] | None = None, now: str = "2026-06-01T00:00"
) -> Question:
    return Question((found,), {}, {"ada": "Ada", "ben": "Ben"}, at(now), away or {})


UNEVEN = (
    ("ada", "2026-06-01T09:00", "2026-06-02T09:00"),
    ("ada", "2026-06-04T09:00", "2026-06-05T09:00"),
    ("ada", "2026-06-06T09:00", "2026-06-07T09:00"),
    ("ben", "2026-06-09T09:00", "2026-06-10T09:00"),
)


def test_a_suggestion_evens_the_load_out_and_says_so() -> None:
    (first, *_) = suggest(question(roster(*UNEVEN, members=("ada", "ben"))))
    assert (first.gives.giver, first.gives.taker, first.returns) == ("ada", "ben", None)
    assert abs(first.after[0] - first.after[1]) < abs(first.before[0] - first.before[1])
    assert "If Ben takes Ada's shift" in first.words and "Primary" in first.words


def test_nothing_is_suggested_that_cannot_be_done() -> None:
    away = {"ben": [(at("2026-06-01T00:00"), at("2026-06-09T00:00"))]}
    assert suggest(question(roster(*UNEVEN, members=("ada", "ben")), away)) == []
    assert suggest(question(roster(*UNEVEN, members=("ada", "ben")), now="2026-06-11T00:00")) == []
    assert suggest(question(roster(UNEVEN[0], UNEVEN[3], members=("ada", "ben")))) == []


def test_an_exchange_is_suggested_where_one_has_all_the_weekends() -> None:
    weekends = ("2026-06-06", "2026-06-13")
    turns = [("ada", f"{d}T00:00", f"{d[:-2]}{int(d[-2:]) + 1:02d}T23:00") for d in weekends]
    turns += [("ben", f"2026-06-{n:02d}T00:00", f"2026-06-{n + 1:02d}T23:00") for n in (2, 9)]
    found = suggest(question(roster(*turns, members=("ada", "ben"))))
    assert found[0].returns is not None and found[0].returns.giver == "ben"
    assert found == suggest(question(roster(*turns, members=("ben", "ada")))), "the same question, the same answer"
