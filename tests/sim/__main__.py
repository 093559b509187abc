"""`make sim SEEDS=…`: the corpus, then many seeds over a sweep of fault rates, in parallel.

A failing case is told with its story, kept in tests/sim/corpus, and replayed by `make test` from then on. The
summary goes to bench/results/sim.json and sim.md.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from tests.sim.cases import Case, Ran, cases, keep, kept, run_case

RESULTS = Path(__file__).parents[2] / "bench" / "results"


def main() -> int:
    """Exit status 1 if a case fails."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--first", type=int, default=0)
    arguments = parser.parse_args()
    began, ran = time.monotonic(), list[Ran]()
    todo = [*kept(), *cases(arguments.first, arguments.seeds)]
    with ProcessPoolExecutor() as pool:
        for done, result in enumerate(pool.map(run_case, todo), 1):
            ran.append(result)
            if result.findings:
                keep(result)
                print(f"{_name(result.case)}: {result.findings[:5]}\n{result.story}")
            if done % 20 == 0 or done == len(todo):
                print(f"  {done} of {len(todo)} cases, {_failing(ran)} failing", flush=True)
    lines = _summary(ran, f"make sim SEEDS={arguments.seeds}", arguments.first, time.monotonic() - began)
    print("\n".join(lines))
    return 1 if _failing(ran) else 0


def _name(case: Case) -> str:
    return f"{case.world} seed {case.seed} at {case.scale:g} times the usual faults"


def _failing(ran: Sequence[Ran]) -> int:
    return sum(bool(r.findings) for r in ran)


def _summary(ran: Sequence[Ran], command: str, first: int, seconds: float) -> list[str]:
    """Write both files; the table for the terminal."""
    groups: dict[tuple[str, float], list[Ran]] = {}
    for one in ran:
        groups.setdefault((one.case.world, one.case.scale), []).append(one)
    rows: list[dict[str, Any]] = [
        {
            "world": world,
            "scale": scale,
            "cases": len(members),
            "events": sum(m.events for m in members),
            "failing": [m.case.seed for m in members if m.findings],
        }
        for (world, scale), members in sorted(groups.items(), reverse=True)
    ]
    faults = sum(r.events for r in ran if r.case.world == "runtime")
    kinds = Counter(finding.partition(":")[0] for r in ran for finding in r.findings)
    told = (
        f"`{command}`, seeds {first} and up, {seconds:.0f} s on {os.cpu_count()} cores: {faults:,} randomised faults on the "
        f"runtime (crashes, freezes, cuts, outages, lost answers), lost {kinds['lost']}, steps skipped "
        f"{kinds['stalled'] + kinds['step-order']}, all violations {sum(kinds.values())}; {_failing(ran)} cases failing."
    )
    lines = [
        "# Simulated by `make sim`",
        "",
        told,
        "",
        "| world | faults × usual | cases | faults / decisions | failing seeds |",
        "| --- | ---: | ---: | ---: | --- |",
    ]
    for row in rows:
        failing = ", ".join(map(str, row["failing"])) or "none"
        lines.append(f"| {row['world']} | {row['scale']} | {row['cases']} | {row['events']:,} | {failing} |")
    found = {"command": command, "first": first, "seconds": round(seconds), "failing": _failing(ran), "sweep": rows}
    (RESULTS / "sim.json").write_text(json.dumps(found, indent=1) + "\n")
    (RESULTS / "sim.md").write_text("\n".join(lines) + "\n")
    return lines


if __name__ == "__main__":
    sys.exit(main())
