"""What three nodes accept beside one on the same cores: in turn, several times, since the machine itself is not steady.

Each round starts both anew, one after the other, so that neither pays for the other; every second round the other way
round, so that a machine that gets slower or faster favours neither. What is compared is a round's two figures with each
other, and reported is the median of those ratios with the least and the greatest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median
from typing import Any

from bench.__main__ import hundred, load, single
from cli.progress import say
from tests.chaos.installation import Installation, running
from tests.chaos.nodes import NODES, Nodes
from tests.product import step, until

ROUNDS = 3
SECONDS = 4.0
"""Of load, of each kind, on each of the two in each round."""
ONES, HUNDREDS = "one an alert, requests/s", "hundred an alert, alerts/s"
Side = tuple[str, Callable[[Path], Installation]]
ONE: Side = ("one node", Installation)
THREE: Side = (f"{NODES} nodes", Nodes)


def accepted(it: Installation, seconds: float = SECONDS) -> dict[str, float]:
    """Alerts a second that the gateway takes while the hosts process what it took."""
    quiet = it.product.person("Taker", "outbox", "")
    ones = it.product.integration("bench ones", "generic", [step(quiet, 3600)])
    groups = it.product.integration("bench groups", "prometheus", [step(quiet, 3600)])
    one = load(ones, [single(n) for n in range(200)], seconds=seconds)["per_s"]
    until("an empty inbox", lambda: it.sql("select count(*) from rt.inbox where done_at is null")[0][0] == 0, 300)
    many = load(groups, [hundred(n) for n in range(20)], seconds=seconds)["per_s"] * 100
    return {ONES: one, HUNDREDS: many}


def compared(rounds: int = ROUNDS, measure: Callable[[Any], dict[str, float]] = accepted) -> dict[str, float]:
    """Figures of `rounds` rounds; ratios are of three nodes to one."""
    found: dict[str, list[dict[str, float]]] = {ONE[0]: [], THREE[0]: []}
    for n in range(rounds):
        for name, make in (ONE, THREE) if n % 2 == 0 else (THREE, ONE):
            with running(make) as it:
                found[name].append(measure(it))
            say(f"    round {n + 1} of {rounds}, {name}: {found[name][-1]}")
    return summed_up(found)


def summed_up(found: Mapping[str, list[dict[str, float]]]) -> dict[str, float]:
    """Medians of both sides, and of the ratios within rounds with their spread. `found`: side -> figures by round."""
    ones, threes = found[ONE[0]], found[THREE[0]]
    figures: dict[str, float] = {"rounds": len(ones)}
    for what in ones[0]:
        for name, side in found.items():
            figures[f"{name}: {what}, median"] = median(of[what] for of in side)
        ratios = [three[what] / one[what] for one, three in zip(ones, threes, strict=True)]
        figures[f"ratio, {what.partition(',')[0]}: median"] = median(ratios)
        figures[f"ratio, {what.partition(',')[0]}: least"] = min(ratios)
        figures[f"ratio, {what.partition(',')[0]}: greatest"] = max(ratios)
    return figures
