"""A violation made small: the fewest alerts, faults, changes and people that still show it, by halving."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from simulation.judging import Finding, judge
from simulation.outcome import Outcome
from simulation.run import simulate
from simulation.scenario import Faults, Scenario

T = TypeVar("T")
RUNS = 150
"""Tries before what is reached is taken as it is."""
AFTER_S = 3_600.0


@dataclass(frozen=True, slots=True)
class Small:
    """The smaller scenario, its run, and what the judge says of it."""

    scenario: Scenario
    outcome: Outcome
    findings: list[Finding]


def shrink(scenario: Scenario, finding: Finding) -> Small:
    """The smallest scenario found that still has a violation of the same kind."""
    left = RUNS

    def fails(candidate: Scenario) -> bool:
        nonlocal left
        left -= 1
        return left >= 0 and any(f.kind == finding.kind for f in judge(simulate(candidate)))

    easier: tuple[dict[str, Any], ...] = (
        {"end": min(scenario.end, finding.at + AFTER_S)},
        {"faults": Faults()},
        {"upgrades": ()},
        {"changes": ()},
        {"pings": ()},
    )
    for fields in easier:
        candidate = replace(scenario, **fields)
        if candidate != scenario and fails(candidate):
            scenario = candidate
    arrivals = tuple(a for a in scenario.arrivals if a.at <= scenario.end)
    scenario = replace(scenario, arrivals=fewest(arrivals, lambda some: fails(replace(scenario, arrivals=some))))
    scenario = replace(scenario, pings=fewest(scenario.pings, lambda some: fails(replace(scenario, pings=some))))
    scenario = replace(scenario, changes=fewest(scenario.changes, lambda some: fails(replace(scenario, changes=some))))
    if not scenario.changes:
        users = fewest(tuple(scenario.configuration.users), lambda some: fails(_only(scenario, some)))
        scenario = _only(scenario, users)
    outcome = simulate(scenario)
    return Small(scenario, outcome, judge(outcome))


def fewest(items: tuple[T, ...], fails: Callable[[tuple[T, ...]], bool]) -> tuple[T, ...]:
    """A part of `items` that fails and from which no half, quarter … can be taken away."""
    size = len(items)
    while items and size > 0:
        n = 0
        while n < len(items):
            rest = items[:n] + items[n + size :]
            if fails(rest):
                items = rest
            else:
                n += size
        size //= 2
    return items


def _only(scenario: Scenario, users: tuple[str, ...]) -> Scenario:
    config = scenario.configuration
    kept = {ident: config.users[ident] for ident in users}
    return replace(scenario, configuration=replace(config, users=kept))
