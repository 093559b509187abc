"""`python -m bench.simulate`: a year of an organisation of 200, timed; writes bench/results/simulate.md and .json."""

from __future__ import annotations

import json
import os
import platform
import resource
import time
from itertools import pairwise
from pathlib import Path

from simulation.collector import resting
from simulation.generate import generate
from simulation.run import simulate
from simulation.verdict import verdict

RESULTS = Path(__file__).parent / "results"
SEED, PEOPLE, DAYS = 1, 200, 365.0


def main() -> None:
    """One run; about a minute."""
    with resting():
        _measure()


def _measure() -> None:
    marks = [time.perf_counter()]
    scenario = generate(SEED, PEOPLE, DAYS)
    marks.append(time.perf_counter())
    outcome = simulate(scenario, lambda share: print(f"  {share:.0%}", end="\r", flush=True))
    marks.append(time.perf_counter())
    said = verdict(outcome)
    marks.append(time.perf_counter())
    found, digest = said.report, said.digest
    spans = [b - a for a, b in pairwise(marks)]
    figures = {
        "whole, s": marks[-1] - marks[0],
        "making it up, s": spans[0],
        "running, s": spans[1],
        "judging, report and digest, s": spans[2],
        "processor, s": sum(os.times()[:4]),
        "decisions": outcome.decisions,
        "decisions/s": outcome.decisions / spans[1],
        "alerts": found.alerts,
        "incidents": found.incidents,
        "pages that arrived": found.pages,
        "configuration changes": len(scenario.changes),
        "upgrades of all hosts": len(scenario.upgrades),
        "violations": len(said.findings),
        "peak memory, MB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    machine = f"{os.cpu_count()} cores (the second to judge), {platform.machine()}, Python {platform.python_version()}"
    command = f"python -m bench.simulate (sentinel simulate --seed {SEED} --people {PEOPLE} --days {DAYS:g})"
    lines = ["# A year of an organisation of 200", "", f"`{command}`; {machine}; digest `{digest}`.", ""]
    lines += ["| what | figure |", "| --- | ---: |"]
    lines += [
        f"| {name} | {value:,.1f} |" if value % 1 else f"| {name} | {value:,.0f} |" for name, value in figures.items()
    ]
    (RESULTS / "simulate.md").write_text("\n".join(lines) + "\n")
    whole = {"command": command, "machine": machine, "seed": SEED, "digest": digest, **figures}
    (RESULTS / "simulate.json").write_text(json.dumps(whole, indent=1) + "\n")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
