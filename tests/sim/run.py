"""Run one seed and say what was found."""

from __future__ import annotations

from dataclasses import dataclass

from tests.sim.checker import Finding, check
from tests.sim.faults import scaled
from tests.sim.mutations import MUTATIONS
from tests.sim.world import World


@dataclass(frozen=True, slots=True)
class Result:
    """`story`: the faults of the run, for a failing seed."""

    seed: int
    findings: list[Finding]
    faults: int
    story: str


def run_seed(seed: int, mutation: str = "as specified", scale: float | None = None) -> Result:
    """One world, faults and all; `scale` times the usual fault rates, or a scale of the seed's own choice."""
    with MUTATIONS[mutation]() as changed:
        world = World(seed, changed, None if scale is None else scaled(scale))
        world.run()
        findings = check(world)
    story = "\n".join(f"  {at:8.2f}  {what:<13} {who:<8} {where}" for at, what, who, where in world.faults)
    return Result(seed, findings, len(world.faults), story if findings else "")


def run_mutant(arguments: tuple[int, str]) -> Result:
    """For process pools."""
    return run_seed(*arguments)
