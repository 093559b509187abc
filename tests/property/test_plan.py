"""The plan of an alert is what is paged: the simulator runs the actors, nobody answers, and the pages are the same."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.alert import AlertEvent, Severity
from domain.configuration import Configuration, Integration, Matcher, Route, Silence
from domain.events import LastResortCalled, NobodyReachable, Paged, PersonCalled, SuppressionChecked
from domain.people import ContactMethod, NotificationRule, User
from domain.plan import Plan, plan, planned
from domain.policy import Conditions, Policy, Step, Target
from domain.schedule import FixedShift, FixedShifts, Layer, Rotation, Schedule
from domain.window import Window
from simulation.outcome import Outcome
from simulation.run import simulate
from simulation.scenario import Arrival, Behaviour, Reaction, Scenario

T0 = 1_800_000_000.0
LAST = (LastResortCalled, NobodyReachable)
PEOPLE = ("ada", "ben", "cleo", "dan")
NEVER = Behaviour(Reaction(60.0, 0.0), Reaction(60.0, 0.0))
DELAYS = (0.0, 60.0, 300.0, 600.0)
SCHEDULES = {
    "turns": Schedule(
        "turns",
        "Turns",
        "UTC",
        # Turns of an hour, so that somebody else is on call when a later step or round is taken.
        (Layer("hourly", Rotation("hour", 1, "2027-01-01T00:00:00", ("ada", "ben", "cleo"))),),
    ),
    "seldom": Schedule(
        "seldom", "Seldom", "UTC", (Layer("fixed", fixed=FixedShifts((FixedShift("dan", T0 + 900, T0 + 1_800),))),)
    ),
}


@st.composite
def people(draw: st.DrawFn) -> dict[str, User]:
    found = {}
    for name in PEOPLE:
        contacts = tuple(
            ContactMethod(
                f"{name}-{n}",
                name,
                draw(st.sampled_from(["email", "sms", "outbox"])),
                "c",
                "a",
                on,
                verified=draw(st.booleans()),
            )
            for n, on in enumerate(draw(st.lists(st.booleans(), max_size=3)))
        )
        ids = st.sampled_from([f"{name}-{n}" for n in range(3)])
        rules = st.lists(st.builds(NotificationRule, ids, st.sampled_from(DELAYS)), max_size=3).map(tuple)
        quiet = draw(st.sampled_from([(), (), (Window("", (), "08:00", "09:30"),)]))
        active = draw(st.sampled_from([True, True, True, False]))
        found[name] = User(name, name, "", "UTC", contacts, draw(rules), draw(rules), active, quiet_hours=quiet)
    return found


targets = st.one_of(
    st.builds(Target, st.just("user"), st.sampled_from([*PEOPLE, "gone"])),
    st.builds(Target, st.just("schedule"), st.sampled_from([*SCHEDULES, "none"])),
)
conditions = st.one_of(
    st.none(),
    st.none(),
    st.builds(Conditions, severities=st.sets(st.sampled_from(list(Severity)), min_size=1).map(tuple)),
    st.builds(Conditions, matchers=st.sampled_from([(Matcher("env", "=", "prod"),), (Matcher("env", "!=", "prod"),)])),
    st.builds(Conditions, windows=st.sampled_from([(Window("UTC", (), "08:00", "09:00"),), (Window("UTC", (5, 6)),)])),
)
steps = st.one_of(
    st.builds(
        Step,
        st.lists(targets, max_size=3).map(tuple),
        st.sampled_from([0.0, *DELAYS[1:]]),
        st.booleans(),
        conditions,
        st.sampled_from([False, False, True]),
    ),
    st.builds(Step, st.just(()), st.just(0.0), when=conditions, resolve=st.just(True)),
)
policies = st.builds(
    Policy,
    st.just("p"),
    st.just("P"),
    st.just(1),
    st.lists(steps, min_size=1, max_size=4).map(tuple),
    st.integers(0, 2),
)
routes = st.lists(
    st.builds(
        Route,
        matchers=st.sampled_from([(), (Matcher("env", "=", "prod"),)]),
        policy_id=st.sampled_from(["p", "other", "deleted"]),
        severity=st.sampled_from([None, Severity.INFO]),
        goes_on=st.booleans(),
    ),
    max_size=3,
).map(tuple)


silences = st.builds(
    Silence,
    st.sampled_from(["s1", "s2"]),
    st.sampled_from([(Matcher("env", "=", "prod"),), (Matcher("env", "!=", "prod"),)]),
    st.just(T0 - 60.0),
    st.integers(0, 9_000).map(lambda s: T0 + s),
)


@st.composite
def organisations(draw: st.DrawFn) -> Configuration:
    other = Policy("other", "Other", 1, (Step((Target("user", "ben"),), 300.0),))
    return Configuration(
        version=1,
        users=draw(people()),
        schedules=SCHEDULES,
        policies={"p": draw(policies), "other": other},
        integrations={"i": Integration("i", "I", "generic", "p", routes=draw(routes))},
        last_resort=draw(st.lists(targets, max_size=2).map(tuple)),
        silences=draw(st.lists(silences, max_size=2).map(tuple)),
    )


def happened(config: Configuration, events: tuple[AlertEvent, ...], at: float) -> Outcome:
    people = dict.fromkeys(config.users, NEVER)
    return simulate(Scenario(1, at - 10, at + 86_400.0, config, (Arrival(at, "i", events),), people))


def told(plan: Plan) -> list[tuple[float, str, str, str]]:
    return sorted((p.at, user, p.contact_method_id, p.channel or "outbox") for user, p in plan.pages)


@settings(max_examples=120, deadline=None)
@given(organisations(), st.integers(0, 7_200), st.sampled_from([{}, {"env": "prod"}]))
def test_the_plan_is_what_is_paged_when_nobody_answers(
    config: Configuration, after: int, labels: dict[str, str]
) -> None:
    events = (AlertEvent("k", "firing", "Disk full", labels=labels, starts_at=T0),)
    outcome = happened(config, events, T0 + after)
    plans = plan(config, config.integrations["i"], events, T0 + after)
    assert {f"incident/{p.group.line_key}" for p in plans} == {entity for entity, _ in outcome.incidents()}
    for found in plans:
        rows = outcome.journals[f"incident/{found.group.line_key}"]
        # The hosts take some milliseconds to begin; from there on the two must agree to the last digit.
        ours = planned(config, "i", found.group, rows[0].at)
        assert ours.complete
        assert [(m.at, m.event) for m in ours.moments] == [
            (row.at, row.event)
            for row in _until_last_resort(rows)
            if not isinstance(row.event, Paged | PersonCalled | SuppressionChecked)
        ]
        resorts = [m.event for m in ours.moments if isinstance(m.event, LAST)]
        assert resorts or not ours.last.open, "it ends with the last resort, or resolved by a step"
        paged = sorted(
            (row.at, row.event.user_id, row.event.contact_method_id, row.event.channel)
            for row in rows
            if isinstance(row.event, Paged) and not (resorts and row.at >= resorts[0].next_at)
        )
        assert told(ours) == paged


def _until_last_resort(rows: list[Any]) -> list[Any]:
    """Events up to the first call of the last resort, or all if a step resolves before it."""
    calls = [n for n, row in enumerate(rows) if isinstance(row.event, LAST)]
    return rows[: calls[0] + 1] if calls else rows


@settings(max_examples=30, deadline=None)
@given(organisations())
def test_planning_changes_nothing_and_is_the_same_again(config: Configuration) -> None:
    events = (AlertEvent("k", "firing", "Disk full", starts_at=T0),)
    first = plan(config, config.integrations["i"], events, T0)
    assert plan(replace(config), config.integrations["i"], events, T0) == first
