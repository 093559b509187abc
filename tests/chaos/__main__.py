"""`make chaos`: real faults on real parts; exit status 1 if an alert was lost, a page skipped or a rule broken.

python -m tests.chaos --seed 7 --minutes 10 --faults host_killed,gateway_killed

The installation's directory (logs, database) of a run that broke a rule is left in /tmp.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tests.chaos import report
from tests.chaos.faults import FAULTS
from tests.chaos.machine import MACHINE_FAULTS, lacking
from tests.chaos.nodes import NODE_FAULTS
from tests.chaos.run import EVERY, kinds, run, say


def main() -> int:
    """One run, added to bench/results/chaos.json and .md in place of an earlier one of the same command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument(
        "--faults",
        default="all",
        help=f"all; or nodes (three nodes, as root); or names of: {', '.join(EVERY)}",
    )
    parser.add_argument("--rate", type=float, default=10.0, help="alerts a second")
    parser.add_argument("--burst", type=int, default=100, help="alerts at once every 15 s, on top")
    parser.add_argument("--to", type=Path, default=report.RESULTS, help="directory of the report")
    arguments = parser.parse_args()
    groups = {"all": [*FAULTS, *MACHINE_FAULTS], "nodes": list(NODE_FAULTS)}
    asked = groups.get(arguments.faults) or arguments.faults.split(",")
    if unknown := set(asked) - EVERY.keys():
        parser.error(f"no such fault: {', '.join(unknown)}; there are {', '.join(EVERY)}")
    not_run = {name: why for name, why in lacking().items() if name in asked}
    for name, why in not_run.items():
        say(f"NOT RUN {name}: {why}")
    faults = [name for name in asked if name not in not_run]
    if not faults:
        return 1
    command = (
        f"python -m tests.chaos --seed {arguments.seed} --minutes {arguments.minutes:g} --faults {arguments.faults}"
        f" --rate {arguments.rate:g} --burst {arguments.burst}"
    )
    result = run(arguments.seed, arguments.minutes * 60, faults, arguments.rate, arguments.burst, command)
    result.not_run = not_run
    report.write(result, arguments.to)
    for finding in result.findings[:30]:
        say(f"VIOLATED {finding}")
    say(
        f"{len(result.hurts)} faults, {result.accepted} alerts accepted, {result.pages_due} pages due, "
        f"{result.duplicates} duplicates, violations: {kinds(result.findings) or 'none'}"
    )
    return 1 if result.findings else 0


if __name__ == "__main__":
    sys.exit(main())
