"""`make sim SEEDS=…`: many seeds, in parallel; failing ones are named and can be run again by number."""

from __future__ import annotations

import argparse
import sys
import time
from concurrent.futures import ProcessPoolExecutor

from tests.sim.run import run_seed


def main() -> int:
    """Exit status 1 if a seed fails."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--first", type=int, default=0)
    arguments = parser.parse_args()
    began, failing, faults = time.monotonic(), 0, 0
    seeds = range(arguments.first, arguments.first + arguments.seeds)
    with ProcessPoolExecutor() as pool:
        for done, result in enumerate(pool.map(run_seed, seeds), 1):
            faults += result.faults
            if result.findings:
                failing += 1
                print(f"seed {result.seed}: {result.findings}\n{result.story}")
            if done % 20 == 0:
                print(f"  {done} of {arguments.seeds} seeds, {faults} faults, {failing} failing", flush=True)
    print(f"{arguments.seeds} seeds, {faults} faults, {failing} failing, {time.monotonic() - began:.0f} s")
    return 1 if failing else 0


if __name__ == "__main__":
    sys.exit(main())
