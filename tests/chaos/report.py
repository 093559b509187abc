"""The report of chaos runs: bench/results/chaos.json holds one entry a command, chaos.md shows them by fault."""

from __future__ import annotations

import json
import os
import platform
from collections import defaultdict
from pathlib import Path
from typing import Any

from tests.chaos.run import Result, kinds

RESULTS = Path(__file__).parents[2] / "bench" / "results"


def write(result: Result, to: Path = RESULTS) -> None:
    """Put the run in place of an earlier one of the same command."""
    to.mkdir(parents=True, exist_ok=True)
    path = to / "chaos.json"
    runs = json.loads(path.read_text())["runs"] if path.exists() else []
    runs = [r for r in runs if r["command"] != result.command] + [result.as_json()]
    path.write_text(json.dumps({"runs": runs}, indent=1) + "\n")
    (to / "chaos.md").write_text(markdown(runs))


def markdown(runs: list[dict[str, Any]]) -> str:
    """Totals, a row a fault over all runs, a row a run, with the `note` that a human has put into its entry."""
    hurts: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for run in runs:
        for hurt in run["hurts"]:
            hurts[hurt["fault"]].append(hurt)
    every = [h for found in hurts.values() for h in found]
    lines = [
        "# Measured by `make chaos`",
        "",
        f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}; real Ray, Postgres, Valkey. "
        f"{len(every)} faults in {len(runs)} runs: {sum(r['accepted'] for r in runs):,} alerts accepted, "
        f"{sum(_count(r, 'lost') for r in runs)} lost; {sum(r['pages_due'] for r in runs):,} pages due, "
        f"{sum(_count(r, 'skipped') for r in runs)} skipped; {sum(r['duplicates'] for r in runs)} duplicates; "
        f"{sum(r['fenced_commits'] for r in runs)} commits refused by the epoch fence.",
        "",
        "*Works*: seconds from the injection until alerts were taken and nothing was late; *whole*: until every host ran "
        "again (both include the time the fault lasted). *Delay*: of the latest page due while the fault or its "
        "aftermath lasted.",
        "",
        "| fault | times | lasted | alerts | lost | pages due | skipped | duplicates | longest delay | works, median / worst | whole, worst |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for name in sorted(hurts):
        lines.append(_row(name, hurts[name]))
    lines += _moves(hurts, runs)
    lines += ["", "| command | faults | alerts | pages due | violations |", "| --- | ---: | ---: | ---: | --- |"]
    for run in runs:
        broken = ", ".join(f"{k} {n}" for k, n in kinds([tuple(f) for f in run["findings"]]).items())
        note = f" ({run['note']})" if run.get("note") else ""
        lines.append(
            f"| `{run['command']}`{note} | {len(run['hurts'])} | {run['accepted']:,} | {run['pages_due']:,} | {broken or 'none'} |"
        )
    missing = {name: why for run in runs for name, why in run.get("not_run", {}).items()}
    lines += [""] * bool(missing) + [f"Not run: {name}, {why}." for name, why in sorted(missing.items())]
    return "\n".join(lines) + "\n"


def _row(name: str, hurts: list[dict[str, Any]]) -> str:
    works = sorted(h["works_s"] for h in hurts)
    whole = max(h["whole_s"] for h in hurts)
    never = sum(not h["recovered"] for h in hurts)
    shown = f"{whole:.1f} s" + (f", {never} never" if never else "")
    return (
        f"| {name} | {len(hurts)} | {max(h['lasted_s'] for h in hurts):.0f} s | {sum(h['accepted'] for h in hurts):,} "
        f"| {sum(h['lost'] for h in hurts)} | {sum(h['due'] for h in hurts):,} | {sum(h['skipped'] for h in hurts)} "
        f"| {sum(h['duplicates'] for h in hurts)} | {max(h['longest_delay_s'] for h in hurts):.1f} s "
        f"| {works[len(works) // 2]:.1f} / {works[-1]:.1f} s | {shown} |"
    )


MOVING = ("hosts_renewed", "node_joined", "node_left", "rolling_restart")
"""Faults in which hosts come and go in an orderly way. In others a shard may also move, between hosts that live on."""


def _moves(hurts: dict[str, list[dict[str, Any]]], runs: list[dict[str, Any]]) -> list[str]:
    rows = [
        f"| {name} | {sum(h['moved'] for h in found)} | {max(h['pause_median_s'] for h in found):.2f} s "
        f"| {max(h['longest_pause_s'] for h in found):.2f} s |"
        for name in MOVING
        if (found := [h for h in hurts.get(name, []) if h.get("moved")])
    ]
    if not rows:
        return []
    quiet = max(r.get("quiet_s", 0.0) for r in runs)
    return [
        "",
        "*Pause*: a shard that moves in order is nobody's from its release to its next claim. Before its release its owner "
        f"took nothing new for it for at most {quiet:.2f} s, in any run.",
        "",
        "| hosts come and go | shards moved | median pause, worst run | longest pause |",
        "| --- | ---: | ---: | ---: |",
        *rows,
    ]


def _count(run: dict[str, Any], kind: str) -> int:
    return sum(f[0] == kind for f in run["findings"])
