"""`make chaos`: real faults on real parts; exit status 1 if an alert was lost, a page skipped or a rule broken.

python -m tests.chaos --seed 7 --minutes 10 --faults host_killed,gateway_killed
"""

from __future__ import annotations

import argparse
import sys

from tests.chaos import report
from tests.chaos.faults import FAULTS, possible
from tests.chaos.nodes import NODE_FAULTS
from tests.chaos.run import kinds, run, say


def main() -> int:
    """One run, added to bench/results/chaos.json and .md in place of an earlier one of the same command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument(
        "--faults",
        default="all",
        help=f"all; or nodes (three nodes, as root); or names of: {', '.join([*FAULTS, *NODE_FAULTS])}",
    )
    parser.add_argument("--rate", type=float, default=10.0, help="alerts a second")
    parser.add_argument("--burst", type=int, default=100, help="alerts at once every 15 s, on top")
    arguments = parser.parse_args()
    groups = {"all": possible(), "nodes": list(NODE_FAULTS)}
    faults = groups.get(arguments.faults) or arguments.faults.split(",")
    known = FAULTS.keys() | NODE_FAULTS.keys()
    unknown = [name for name in faults if name not in known]
    if unknown:
        parser.error(f"no such fault: {', '.join(unknown)}; there are {', '.join(sorted(known))}")
    if lacking := set(FAULTS) - set(possible()):
        say(f"not possible on this machine: {', '.join(lacking)} (it takes a libfaketime under which time.sleep works)")
    command = (
        f"python -m tests.chaos --seed {arguments.seed} --minutes {arguments.minutes:g} --faults {arguments.faults}"
        f" --rate {arguments.rate:g} --burst {arguments.burst}"
    )
    result = run(arguments.seed, arguments.minutes * 60, faults, arguments.rate, arguments.burst, command)
    report.write(result)
    for finding in result.findings[:30]:
        say(f"VIOLATED {finding}")
    say(
        f"{len(result.hurts)} faults, {result.accepted} alerts accepted, {result.pages_due} pages due, "
        f"{result.duplicates} duplicates, violations: {kinds(result.findings) or 'none'}"
    )
    return 1 if result.findings else 0


if __name__ == "__main__":
    sys.exit(main())
