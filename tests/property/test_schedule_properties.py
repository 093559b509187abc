"""Schedules over every zone and twenty years, against a model that goes minute by minute."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.calendar import instant_of
from domain.oncall import next_change, shifts, who
from domain.schedule import Layer, Override, Rotation, Schedule

ZONES = sorted(available_timezones())
NAMES = ("ada", "ben", "cleo", "dora")
EPOCH = datetime(2015, 1, 1)
DAY_S = 86_400.0

locals_ = st.integers(0, 20 * 365 * 24 * 60).map(lambda m: EPOCH + timedelta(minutes=m))


@st.composite
def rotations(draw: st.DrawFn, start: datetime | None = None) -> Rotation:
    unit = draw(st.sampled_from(["hour", "day", "week"]))
    every = draw(st.integers(1, 48 if unit == "hour" else 5))
    begin = draw(locals_) if start is None else start
    users = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=5))
    return Rotation(unit, every, begin.isoformat(), tuple(users))  # type: ignore[arg-type]


@st.composite
def schedules(draw: st.DrawFn) -> Schedule:
    zone = draw(st.sampled_from(ZONES))
    start = draw(locals_)
    layers = tuple(
        Layer(str(n), draw(rotations(start + timedelta(hours=draw(st.integers(-200, 200))))))
        for n in range(draw(st.integers(1, 3)))
    )
    base = instant_of(start, ZoneInfo(zone))
    overrides = tuple(
        Override(str(n), draw(st.sampled_from(NAMES)), base + low * 60, base + (low + length) * 60, float(n))
        for n, (low, length) in enumerate(
            draw(st.lists(st.tuples(st.integers(-3000, 9000), st.integers(1, 3000)), max_size=3))
        )
    )
    return Schedule("s", "s", zone, layers, overrides)


def window(schedule: Schedule) -> tuple[float, float]:
    start = instant_of(datetime.fromisoformat(schedule.layers[0].rotation.start), ZoneInfo(schedule.zone))
    return start - 2 * DAY_S, start + 6 * DAY_S


def model(schedule: Schedule, at: float) -> tuple[str, ...]:
    """Who is on call, by counting hand-offs one after another from the start."""
    for override in sorted(schedule.overrides, key=lambda o: -o.created_at):
        if override.start <= at < override.end:
            return (override.user,)
    zone = ZoneInfo(schedule.zone)
    for layer in reversed(schedule.layers):
        rotation = layer.rotation
        local = datetime.fromisoformat(rotation.start)
        first, turn = instant_of(local, zone), -1
        while True:
            if rotation.unit == "hour":
                due = first + (turn + 1) * rotation.every * 3600
            else:
                days = rotation.every * (7 if rotation.unit == "week" else 1)
                due = instant_of(local + timedelta(days=days * (turn + 1)), zone)
            if due > at:
                break
            turn += 1
        if turn >= 0:
            return (rotation.users[turn % len(rotation.users)],)
    return ()


@settings(max_examples=120, deadline=None)
@given(schedules(), st.data())
def test_who_equals_the_model_and_the_line_of_shifts(schedule: Schedule, data: st.DataObject) -> None:
    start, end = window(schedule)
    line = shifts(schedule, start, end)
    assert all(a.end <= b.start for a, b in itertools.pairwise(line)), "shifts overlap"
    instants = data.draw(st.lists(st.integers(0, int((end - start) // 60) - 1), min_size=20, max_size=20))
    edges = [edge for s in line for edge in (s.start, s.start - 1, s.end)]
    for instant in [start + m * 60 for m in instants] + [e for e in edges if start <= e < end]:
        found = who(schedule, instant)
        assert found == model(schedule, instant)
        assert found == tuple(s.user for s in line if s.start <= instant < s.end)


@settings(max_examples=120, deadline=None)
@given(schedules())
def test_next_change_never_skips_a_change(schedule: Schedule) -> None:
    start, end = window(schedule)
    at = start
    while at < end:
        upcoming = next_change(schedule, at)
        assert upcoming is not None and upcoming > at
        between = [s.start for s in shifts(schedule, at, min(upcoming, end)) if at < s.start < min(upcoming, end)]
        assert between == [], "somebody's shift began before the announced change"
        at = upcoming


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(ZONES), locals_)
def test_a_wall_clock_time_is_met_exactly_or_the_gap_swallowed_it(zone: str, local: datetime) -> None:
    place = ZoneInfo(zone)
    instant = instant_of(local, place)
    shown = datetime.fromtimestamp(instant, place).replace(tzinfo=None)
    if shown == local:
        earlier = local.replace(tzinfo=place, fold=0).timestamp()
        assert instant == earlier, "of two, the first"
    else:
        just_before = datetime.fromtimestamp(instant - 1, place).replace(tzinfo=None)
        assert just_before < local <= shown, "not the end of the gap"
