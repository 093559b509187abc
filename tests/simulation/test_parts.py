"""A run in parts is the run: the same incidents, pages and figures, on however many cores."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from actors.schedule import NoticesOrdered
from domain.configuration import Configuration, Integration, Matcher, Route
from simulation.aside import Aborted, Progress, each
from simulation.generate import generate
from simulation.judging import judge
from simulation.judging.judge import ordered
from simulation.outcome import Outcome
from simulation.parts import divided
from simulation.report import count, report
from simulation.run import simulate
from simulation.scenario import USUAL_FAULTS, Arrival, Change, Scenario
from simulation.verdict import verdict
from tests.simulation.mutations import MUTATIONS


def made(days: float = 6.0) -> Scenario:
    return generate(3, 50, days, 6.0, USUAL_FAULTS.scaled(3))


def _listens(entity: str, scenario: Scenario) -> bool:
    """A contact method, or the keeper of a person's notices: it is in each part that has something for it."""
    kind, _, key = entity.partition("/")
    return kind == "device" or (kind == "schedule" and key in scenario.configuration.users)


def _heard(outcomes: Iterable[Outcome], entity: str) -> Counter[str]:
    """What it was told; ids of its notices are counted where it is."""
    events = [row.event for outcome in outcomes for row in outcome.journals.get(entity, ())]
    return Counter(repr(event.users if isinstance(event, NoticesOrdered) else event) for event in events)


def test_the_parts_together_are_the_whole() -> None:
    scenario = made()
    whole, parts = simulate(scenario), [simulate(part) for part in divided(scenario)]
    assert len(parts) == 4
    assert {name for part in parts for name in part.journals} == whole.journals.keys()
    for entity, rows in whole.journals.items():
        if _listens(entity, scenario):
            assert _heard(parts, entity) == _heard([whole], entity)
            continue
        assert [part.journals[entity] for part in parts if entity in part.journals] == [rows]
    deliveries = [delivery for part in parts for delivery in part.deliveries.values()]
    assert {d.id: d for d in deliveries} == whole.deliveries
    assert len(deliveries) == len(whole.deliveries)
    assert report(scenario, [count(part) for part in parts]) == report(scenario, [count(whole)])


def test_what_is_said_of_a_run_does_not_depend_on_how_many_parts_run_at_once() -> None:
    scenario = made(3.0)
    told: list[float] = []
    with MUTATIONS["a page is not queued"][1]():
        outcomes = [simulate(part) for part in divided(scenario)]
        one, two = verdict(scenario, at_once=1), verdict(scenario, told.append, at_once=2)
        assert one.where is not None
        assert one.findings[0] in judge(simulate(one.where)), "to be shown and made smaller there"
    assert one == two
    assert one.findings == ordered([finding for outcome in outcomes for finding in judge(outcome)]) != []
    assert one.decisions == sum(outcome.decisions for outcome in outcomes)
    assert told == sorted(told)
    assert told[-1] == 1.0
    assert verdict(replace(scenario, seed=4)).digest != one.digest


def _senders(parts: Iterable[Scenario]) -> list[set[str]]:
    found = [{a.integration_id for a in part.arrivals} for part in parts]
    return [senders for senders in found if senders]


def _together(scenario: Scenario, *senders: str) -> bool:
    return any(set(senders) <= part for part in _senders(divided(scenario)))


def _with(config: Configuration, ident: str, **fields: Any) -> Configuration:
    changed: Integration = replace(config.integrations[ident], **fields)
    return replace(config, integrations={**config.integrations, ident: changed})


def test_what_can_ever_have_to_do_with_each_other_stays_together() -> None:
    scenario = replace(made(2.0), changes=())
    config, alerts = scenario.configuration, (Matcher("env", "=", "none"),)
    pairs = [(a, b) for a in config.integrations for b in config.integrations if a < b]
    first, second = next(pair for pair in pairs if not _together(scenario, *pair))
    owner = config.integrations[second]
    elsewhere = Route(alerts, owner.policy_id)
    later = _with(config, first, routes=(elsewhere,))
    assert _together(replace(scenario, configuration=later), first, second), "the same policy, by a rule"
    assert _together(replace(scenario, changes=(Change(scenario.end - 1, later),)), first, second), "at any time"
    team = _with(config, first, team_id=owner.team_id)
    assert _together(replace(scenario, configuration=team), first, second), "people of a team merge its incidents"
    raised = Arrival(scenario.start, first, (), policy_id=owner.policy_id)
    assert _together(replace(scenario, arrivals=(*scenario.arrivals, raised)), first, second), "they name their policy"
    everybody = replace(config, routes=(elsewhere,))
    assert len(divided(replace(scenario, configuration=everybody))) == 1, "a rule for all alerts"


def test_every_alert_ping_and_schedule_is_in_one_part() -> None:
    scenario = made()
    parts = divided(scenario)
    for field in ("arrivals", "pings"):
        kept = [repr(item) for part in parts for item in getattr(part, field)]
        assert sorted(kept) == sorted(map(repr, getattr(scenario, field)))
    schedules = [ident for part in parts for ident in part.schedules or ()]
    assert sorted(schedules) == sorted(scenario.configuration.schedules)
    assert len(divided(replace(scenario, arrivals=(), pings=()))) == 1, "of nothing too there is a run"


def test_a_piece_that_fails_is_not_taken_for_one_that_found_nothing() -> None:
    def silent(_: float) -> None: ...

    def large(told: Progress) -> bytes:
        told(0.5)
        return b"x" * 10_000_000

    assert each([lambda _, n=n: n for n in range(5)], silent, 2) == [0, 1, 2, 3, 4]  # type: ignore[misc]
    with pytest.raises(Aborted):
        each([large, lambda _: b"%d" % (1 // 0), large], silent, 2)
