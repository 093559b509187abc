"""A whole scenario from a seed: organisation, alerts, people, faults, changes and upgrades."""

from __future__ import annotations

from simulation.chance import Chance
from simulation.changes import changes, upgrades
from simulation.jobs import pings
from simulation.organisation import START, behaviours, organisation
from simulation.scenario import USUAL_FAULTS, Faults, Scenario
from simulation.traffic import DAY_S, traffic

PER_DAY = 3.0
"""Troubles a day of a team of ten; a bad week of a real one."""


def generate(
    seed: int, people: int = 200, days: float = 365.0, per_day: float = PER_DAY, faults: Faults = USUAL_FAULTS
) -> Scenario:
    """`people` responders over `days` days from 2026-01-01 UTC."""
    chance, end = Chance(seed), START + days * DAY_S
    config = organisation(chance, people)
    return Scenario(
        seed=seed,
        start=START,
        end=end,
        configuration=config,
        arrivals=traffic(chance, config, START, end, per_day),
        people=behaviours(chance, config),
        faults=faults,
        changes=changes(chance, config, START, end),
        upgrades=upgrades(chance, START, end),
        pings=pings(chance, config, START, end),
    )
