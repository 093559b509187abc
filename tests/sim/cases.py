"""What `make sim` runs and keeps: cases of the runtime's world and of whole organisations, at several fault rates."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from simulation.generate import generate
from simulation.judging import judge
from simulation.run import simulate
from simulation.scenario import USUAL_FAULTS
from simulation.shrink import shrink
from simulation.timeline import timeline
from tests.sim.run import run_seed

CORPUS = Path(__file__).parent / "corpus" / "cases.jsonl"
SCALES = (0.3, 1.0, 3.0, 6.0)
EVERY = 10
"""One organisation to ten worlds of the runtime."""
PEOPLE, DAYS = 30, 21.0


@dataclass(frozen=True, slots=True)
class Case:
    """A run that anybody can repeat. `world`: runtime or organisation; `why`: what it once showed."""

    world: str
    seed: int
    scale: float
    why: str = ""


@dataclass(frozen=True, slots=True)
class Ran:
    """`events`: faults of a runtime's world, decisions of an organisation. `story`: for a failing case."""

    case: Case
    events: int
    findings: list[str] = field(default_factory=list)
    story: str = ""


def run_case(case: Case) -> Ran:
    """For process pools."""
    if case.world == "organisation":
        return _organisation(case)
    result = run_seed(case.seed, scale=case.scale)
    return Ran(case, result.faults, [": ".join(f) for f in result.findings], result.story)


def _organisation(case: Case) -> Ran:
    scenario = generate(case.seed, PEOPLE, DAYS, faults=USUAL_FAULTS.scaled(case.scale))
    outcome = simulate(scenario)
    findings = judge(outcome)
    if not findings:
        return Ran(case, outcome.decisions)
    small = shrink(scenario, findings[0])
    entity = next((f.entity for f in small.findings if f.kind == findings[0].kind), findings[0].entity)
    story = timeline(small.outcome, entity, small.findings)
    return Ran(case, outcome.decisions, [f"{f.kind}: {f.entity}: {f.what}" for f in findings], story)


def cases(first: int, count: int) -> list[Case]:
    """`count` worlds of the runtime and a tenth as many organisations; the fault rate changes from one to the next."""
    seeds = range(first, first + count)
    made = [Case("runtime", seed, SCALES[seed % len(SCALES)]) for seed in seeds]
    return made + [Case("organisation", seed, SCALES[n % len(SCALES)]) for n, seed in enumerate(seeds[::EVERY])]


def kept() -> list[Case]:
    """The corpus: cases that once failed, or that are hard."""
    return [Case(**json.loads(line)) for line in CORPUS.read_text().splitlines()]


def keep(ran: Ran) -> None:
    """Add a failing case, once."""
    known = {(c.world, c.seed, c.scale) for c in kept()}
    case = Case(ran.case.world, ran.case.seed, ran.case.scale, ran.findings[0][:200])
    if (case.world, case.seed, case.scale) not in known:
        with CORPUS.open("a") as file:
            file.write(json.dumps(asdict(case)) + "\n")
