"""Schedules over every zone and twenty years, against a model that goes minute by minute.

The model is the simulator's second opinion (simulation/judging), written apart from the resolver. SENTINEL_EXAMPLES
multiplies the number of examples for a long run.
"""

from __future__ import annotations

import itertools
import os
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.calendar import instant_of
from domain.holidays import Holidays
from domain.oncall import everybody_at, gaps, layer_lines, next_change, shifts, who
from domain.schedule import (
    Absence,
    FixedShift,
    FixedShifts,
    Handoff,
    Layer,
    Override,
    Rotation,
    Schedule,
    Temporary,
    Term,
    users_of,
)
from domain.validation import check_schedule
from domain.window import Window
from simulation.judging.opinion import Opinion
from simulation.judging.turns import beginnings

ZONES = sorted(available_timezones())
NAMES = ("ada", "ben", "cleo", "dora", "emil")
EPOCH = datetime(2015, 1, 1)
YEARS = 20
DAY_S = 86_400.0
EXAMPLES = int(os.environ.get("SENTINEL_EXAMPLES", "1"))

names = st.sampled_from(NAMES)
clocks = st.builds("{:02}:{:02}".format, st.integers(0, 23), st.sampled_from([0, 15, 30, 59]))
weekdays = st.sets(st.integers(0, 6), max_size=4).map(lambda found: tuple(sorted(found)))
minutes = st.integers(0, YEARS * 365 * 24 * 60)


@st.composite
def moments(draw: st.DrawFn, zone: str) -> datetime:
    """A local time of these twenty years; half of them within a few hours of a change of the clock."""
    at = EPOCH + timedelta(minutes=draw(minutes))
    if draw(st.booleans()):
        place = ZoneInfo(zone)
        for _ in range(400):
            following = at + timedelta(days=1)
            if at.replace(tzinfo=place).utcoffset() != following.replace(tzinfo=place).utcoffset():
                break
            at = following
    return at


def near(draw: st.DrawFn, around: datetime, days: int) -> str:
    return (around + timedelta(minutes=15 * draw(st.integers(-days * 96, days * 96)))).isoformat()


@st.composite
def windows(draw: st.DrawFn) -> Window:
    calendar = draw(st.sampled_from(["", "", "h", "unknown"]))
    rule = draw(st.sampled_from(["never", "only"]))
    zone = draw(st.sampled_from(["", "", "", *ZONES]))
    return Window(zone, draw(weekdays), draw(clocks), draw(clocks), calendar, rule)  # type: ignore[arg-type]


@st.composite
def rotations(draw: st.DrawFn, around: datetime) -> Rotation:
    unit = draw(st.sampled_from(["hour", "day", "week", "month"]))
    every = draw(st.integers(1, {"hour": 30, "day": 4, "week": 3, "month": 3}[unit]))
    users = tuple(draw(st.lists(names, min_size=1, max_size=5)))
    handoffs: tuple[Handoff, ...] = ()
    if unit == "week" and draw(st.booleans()):
        found = draw(st.sets(st.tuples(st.integers(0, 6), clocks), min_size=1, max_size=4))
        handoffs = tuple(Handoff(day, clock) for day, clock in sorted(found))
    back = draw(st.integers(0, 40 if unit == "hour" else 400))
    start = (around - timedelta(days=back) + timedelta(minutes=15 * draw(st.integers(-96, 192)))).isoformat()
    absences, terms = [], []
    for user in draw(st.lists(st.sampled_from(users), max_size=2)):
        low, high = sorted((near(draw, around, 9), near(draw, around, 9)))
        if low < high:
            later = [name for name in NAMES if name > user]  # in a circle nobody stands in
            stand_in = draw(st.sampled_from([None, *later]))
            absences.append(Absence(user, low, draw(st.sampled_from([high, None])), stand_in))
    for user in draw(st.lists(st.sampled_from(users), max_size=2)):
        low, high = sorted((near(draw, around, 20), near(draw, around, 20)))
        if low < high:
            terms.append(Term(user, *draw(st.sampled_from([(low, high), (None, high), (low, None)]))))
    return Rotation(unit, every, start, users, handoffs, tuple(absences), tuple(terms))  # type: ignore[arg-type]


@st.composite
def layers(draw: st.DrawFn, name: str, around: datetime, zone: str) -> Layer:
    """A rotation three times in four, else fixed shifts."""
    since = near(draw, around, 4) if draw(st.integers(0, 3)) == 0 else None
    until = near(draw, around, 9) if draw(st.integers(0, 3)) == 0 else None
    until = until if since is None or until is None or since < until else None
    own = draw(st.sampled_from([None, None, None, *ZONES]))
    shut = tuple(draw(st.lists(windows(), max_size=2))) if draw(st.booleans()) else ()
    together = draw(st.integers(0, 2)) == 0
    layer = Layer(name, None, until, since, own, shut, together)
    if draw(st.integers(0, 3)):
        return replace(layer, rotation=draw(rotations(around)))
    base = instant_of(around, ZoneInfo(zone))
    spans = draw(st.lists(st.tuples(names, st.integers(-3_000, 9_000), st.integers(1, 3_000)), min_size=1, max_size=6))
    fixed = tuple(FixedShift(user, base + low * 60, base + (low + length) * 60) for user, low, length in spans)
    return replace(layer, fixed=FixedShifts(fixed))


@st.composite
def schedules(draw: st.DrawFn) -> tuple[Schedule, float]:
    """Anything that may be saved, and the instant round which it is interesting."""
    zone = draw(st.sampled_from(ZONES))
    around = draw(moments(zone))
    base = instant_of(around, ZoneInfo(zone))
    pile = tuple(draw(layers(str(n), around, zone)) for n in range(draw(st.integers(1, 4))))
    order = iter(draw(st.permutations(range(6))))
    overrides: list[Override] = []
    for n, kind in enumerate(draw(st.lists(st.sampled_from(["add", "replace", "remove"]), max_size=4))):
        low, length = draw(st.integers(-2_000, 7_000)), draw(st.integers(1, 4_000))
        user = None if kind == "remove" else draw(names)
        other = None if kind == "add" else draw(st.none() | names.filter(lambda name, user=user: name != user))
        span = base + low * 60, base + (low + length) * 60
        overrides.append(Override(str(n), user, *span, float(next(order)), kind, other))  # type: ignore[arg-type]
    temporaries: list[Temporary] = []
    for n in range(draw(st.integers(0, 1))):
        low, length = draw(st.integers(-2_000, 7_000)), draw(st.integers(1, 4_000))
        inner = tuple(draw(layers(str(k), around, zone)) for k in range(draw(st.integers(1, 2))))
        span = base + low * 60, base + (low + length) * 60
        temporaries.append(Temporary(f"t{n}", "T", *span, inner, float(next(order))))
    free = sorted({(around + timedelta(days=draw(st.integers(-3, 9)))).date().isoformat() for _ in range(3)})
    calendars = (Holidays("h", "H", tuple(free)),)
    made = Schedule("s", "s", zone, pile, tuple(overrides), None, tuple(temporaries), calendars)
    return made, base


@settings(max_examples=100 * EXAMPLES, deadline=None)
@given(schedules(), st.data())
def test_who_equals_a_model_that_goes_minute_by_minute(made: tuple[Schedule, float], data: st.DataObject) -> None:
    schedule, base = made
    check_schedule(schedule)
    start = base - DAY_S + 60 * data.draw(st.integers(-2_000, 6_000))
    start, opinion = start - start % 60, Opinion(base + 30 * DAY_S)
    line = shifts(schedule, start, start + DAY_S / 4)
    empty = gaps(schedule, start, start + DAY_S / 4)
    for at in [start + 60 * n for n in range(360)]:
        found = who(schedule, at)
        assert found == opinion.on_call(schedule, at), at
        assert sorted(found) == sorted(s.user for s in line if s.start <= at < s.end)
        assert (found == ()) == any(low <= at < high for low, high in empty)


@settings(max_examples=100 * EXAMPLES, deadline=None)
@given(schedules())
def test_the_line_agrees_with_the_model_at_each_of_its_edges(made: tuple[Schedule, float]) -> None:
    schedule, base = made
    start, end = base - 3 * DAY_S, base + 9 * DAY_S
    opinion, line = Opinion(end), shifts(schedule, start, end)
    assert line == sorted(line, key=lambda s: s.start)
    assert all(start <= s.start < s.end <= end for s in line)
    for a, b in itertools.combinations(line, 2):
        assert a.user != b.user or a.end <= b.start or b.end <= a.start, "somebody is on call twice at once"
    edges = {edge for s in line for edge in (s.start, s.start - 1, s.end, s.end - 1)}
    for at in sorted(edge for edge in edges if start <= edge < end):
        assert who(schedule, at) == opinion.on_call(schedule, at)
    known = users_of(schedule.layers) | {u for t in schedule.temporaries for u in users_of(t.layers)}
    assert {s.user for s in line} <= known | {o.user for o in schedule.overrides}
    instant = start + (end - start) / 3
    assert (
        who(schedule, instant) == tuple(s.user for s in everybody_at(schedule, instant))[: len(who(schedule, instant))]
    )
    below = {s.user for _, own in layer_lines(schedule, instant, instant + 1) for s in own if s.start == instant}
    assert below <= {s.user for s in everybody_at(schedule, instant)}


@settings(max_examples=60 * EXAMPLES, deadline=None)
@given(schedules())
def test_next_change_never_skips_a_change(made: tuple[Schedule, float]) -> None:
    schedule, base = made
    at, end = base - 2 * DAY_S, base + 6 * DAY_S
    while at < end:
        upcoming = next_change(schedule, at)
        assert upcoming is None or upcoming > at
        until = end if upcoming is None else min(upcoming, end)
        edges = [e for s in shifts(schedule, at, until) for e in (s.start, s.end) if at < e < until]
        assert [e for e in edges if who(schedule, e) != who(schedule, at)] == [], "a change came unannounced"
        at = until


@settings(max_examples=60 * EXAMPLES, deadline=None)
@given(st.sampled_from(ZONES), st.data())
def test_twenty_years_of_one_rotation_have_no_hole_no_overlap_and_the_right_wall_clock(
    zone: str, data: st.DataObject
) -> None:
    place, users = ZoneInfo(zone), ("ada", "ben", "cleo")
    unit = data.draw(st.sampled_from(["day", "week", "month"]))
    local = EPOCH + timedelta(minutes=data.draw(st.integers(0, 60 * 24 * 60)))
    rotation = Rotation(unit, 1, local.isoformat(), users)  # type: ignore[arg-type]
    schedule = Schedule("s", "s", zone, (Layer("l", rotation),))
    start = instant_of(local, place)
    end = instant_of(datetime(EPOCH.year + YEARS, 1, 1), place)
    line = shifts(schedule, start, end)
    assert (line[0].start, line[-1].end) == (start, end)
    assert all(a.end == b.start for a, b in itertools.pairwise(line))
    assert gaps(schedule, start, end) == []
    began = list(itertools.islice(beginnings(rotation, place), len(line)))
    assert [s.start for s in line] == list(dict.fromkeys(began))[: len(line)]
    for shift in line:
        shown = datetime.fromtimestamp(shift.start, place).replace(tzinfo=None)
        just_before = datetime.fromtimestamp(shift.start - 1, place).replace(tzinfo=None)
        assert shown.time() == local.time() or shown - just_before > timedelta(seconds=1), "at another time, and no gap"


@pytest.mark.parametrize("share", range(4))
def test_a_wall_clock_time_is_met_exactly_or_the_gap_swallowed_it_in_every_zone(share: int) -> None:
    """Each zone, at every change of its clock in a few years, every half an hour for three hours round it."""
    for zone in ZONES[share::4]:
        place = ZoneInfo(zone)
        for day in range(2 * 365):
            noon = datetime(2024, 1, 1, 12) + timedelta(days=day)
            after = noon + timedelta(days=1)
            if noon.replace(tzinfo=place).utcoffset() == after.replace(tzinfo=place).utcoffset():
                continue
            for half in range(49):
                met(noon + timedelta(minutes=30 * half), place)


def met(local: datetime, place: ZoneInfo) -> None:
    instant = instant_of(local, place)
    shown = datetime.fromtimestamp(instant, place).replace(tzinfo=None)
    if shown == local:
        assert instant == local.replace(tzinfo=place, fold=0).timestamp(), "of two, the first"
    else:
        just_before = datetime.fromtimestamp(instant - 1, place).replace(tzinfo=None)
        assert just_before < local <= shown, "not the end of the gap"


@settings(max_examples=200 * EXAMPLES, deadline=None)
@given(st.sampled_from(ZONES), minutes)
def test_any_wall_clock_time_is_met(zone: str, minute: int) -> None:
    met(EPOCH + timedelta(minutes=minute), ZoneInfo(zone))
