"""The promise holds for whole organisations; and the judge is awake: each broken rule is noticed, and made small."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from functools import reduce
from pathlib import Path

import pytest

from domain.incident import Line
from domain.line import apply
from domain.oncall import who
from simulation.chance import Chance
from simulation.generate import generate
from simulation.judging import judge
from simulation.judging.opinion import Opinion
from simulation.organisation import START, organisation
from simulation.run import simulate
from simulation.scenario import USUAL_FAULTS, Behaviour, Reaction, Scenario, Upgrade
from simulation.shrink import shrink
from simulation.timeline import timeline
from tests.simulation.mutations import MUTATIONS

HOUR_S, DAY_S = 3_600.0, 86_400.0
DEAF = Behaviour(Reaction(60.0, 0.02), Reaction(60.0, 0.02))


def rough(seed: int, days: float = 12.0) -> Scenario:
    """A small organisation in trouble: much fails, every third person never answers, hosts are upgraded all day."""
    made = generate(seed, 20, days, 8.0, USUAL_FAULTS.scaled(4))
    people = {u: DEAF if n % 3 == 0 else replace(b, habits=0.25) for n, (u, b) in enumerate(made.people.items())}
    upgrades = tuple(Upgrade(START + n * HOUR_S, 2.0) for n in range(1, int(days * 24)))
    return replace(made, people=people, upgrades=upgrades)


@pytest.mark.parametrize("seed", range(6))
def test_the_promise_holds_for_an_organisation_in_trouble(seed: int) -> None:
    outcome = simulate(rough(seed))
    assert judge(outcome) == []
    for name, rows in outcome.incidents():
        told = reduce(apply, (row.event for row in rows), Line())
        assert told == outcome.states[name], "the state that a decision hands over is that of its events"
    happened = {type(row.event).__name__ for rows in outcome.journals.values() for row in rows}
    wanted = {
        "Suppressed",
        "SuppressionChecked",
        "Released",
        "LastResortCalled",
        "PageFailed",
        "AlertsIgnored",
        "Woken",
        "Reassigned",
        "Unacknowledged",
        "Escalated",
        "Merged",
        "AttachedHere",
        "AcknowledgementCounted",
        "Down",
        "Recovered",
    }
    assert wanted <= happened, "hardly anything happened: the run proved nothing"


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_broken_rule_turns_the_judge_red(name: str) -> None:
    kind, broken = MUTATIONS[name]
    seen: dict[str, None] = {}
    with broken():
        for seed in range(1, 7):
            seen |= dict.fromkeys(f.kind for f in judge(simulate(rough(seed, 8.0))))
            if kind in seen:
                return
    pytest.fail(f"the judge did not notice that {name}; it saw {list(seen)}")


def test_a_violation_is_shown_by_few_alerts_and_people() -> None:
    kind, broken = MUTATIONS["a step is left out"]
    scenario = rough(1, 8.0)
    with broken():
        first = next(f for f in judge(simulate(scenario)) if f.kind == kind)
        small = shrink(scenario, first)
    assert len(small.scenario.arrivals) <= 2
    assert small.scenario.changes == small.scenario.upgrades == ()
    assert len(small.scenario.configuration.users) <= 4
    shown = timeline(small.outcome, next(f for f in small.findings if f.kind == kind).entity, small.findings)
    assert "VIOLATION step-order" in shown
    assert len(shown.splitlines()) < 70, "one incident with every page of it"


def test_the_same_seed_gives_the_same_run_in_any_process() -> None:
    program = (
        "from simulation.generate import generate; from simulation.run import simulate; "
        "print(simulate(generate(11, 40, 20)).digest())"
    )
    digests = set()
    for hash_seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
        done = subprocess.run(
            [sys.executable, "-c", program],
            cwd=Path(__file__).parents[2],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        digests.add(done.stdout.strip())
    assert len(digests) == 1
    assert simulate(generate(12, 40, 20)).digest() not in digests


def test_the_second_opinion_on_who_is_on_call_agrees_for_a_year() -> None:
    made = generate(5, 60, 365)
    configurations = [made.configuration, *(c.configuration for c in made.changes[::20])]
    opinion, chance = Opinion(made.end + DAY_S), Chance(0)
    for n in range(4_000):
        at = made.start + chance.unit("at", n) * 365 * DAY_S
        at = at - at % HOUR_S if n % 2 else at
        for config in configurations[n % len(configurations)], organisation(Chance(n % 7), 20):
            for schedule in config.schedules.values():
                wanted = opinion.on_call(schedule, at)
                assert who(schedule, at) == wanted, (schedule, at)
