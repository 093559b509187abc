"""`python -m bench.simulate`: a year of an organisation of 200, timed; writes bench/results/simulate.md and .json."""

from __future__ import annotations

import json
import os
import platform
import resource
import time
from itertools import pairwise
from pathlib import Path

from simulation.aside import cores
from simulation.collector import resting
from simulation.generate import generate
from simulation.parts import divided
from simulation.verdict import verdict

RESULTS = Path(__file__).parent / "results"
SEED, PEOPLE, DAYS = 1, 200, 365.0


def main() -> None:
    """One run; less than a minute."""
    with resting():
        _measure()


def _measure() -> None:
    marks = [time.perf_counter()]
    scenario = generate(SEED, PEOPLE, DAYS)
    marks.append(time.perf_counter())
    said = verdict(scenario, lambda share: print(f"  {share:.0%}", end="\r", flush=True))
    marks.append(time.perf_counter())
    found, digest = said.report, said.digest
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    spans = [b - a for a, b in pairwise(marks)]
    figures = {
        "whole, s": marks[-1] - marks[0],
        "making it up, s": spans[0],
        "running, judging, report and digest, s": spans[1],
        "processor, s": sum(os.times()[:4]),
        "decisions": said.decisions,
        "decisions/s": said.decisions / spans[1],
        "alerts": found.alerts,
        "incidents": found.incidents,
        "pages that arrived": found.pages,
        "configuration changes": len(scenario.changes),
        "upgrades of all hosts": len(scenario.upgrades),
        "violations": len(said.findings),
        "parts": len(divided(scenario)),
        "peak memory of a process, MB": peak / 1024,
    }
    machine = f"{cores()} cores, {platform.machine()}, Python {platform.python_version()}"
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
