"""One run: load, one fault at a time from seeded dice, recovery awaited after each, then rest and a verdict."""

from __future__ import annotations

import random
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tests.chaos import moves
from tests.chaos.crowd import Crowd
from tests.chaos.evidence import collect
from tests.chaos.faults import FAULTS
from tests.chaos.installation import Health, Installation, running
from tests.chaos.machine import CLOCK_FAULTS, DISK_FAULTS, MACHINE_FAULTS
from tests.chaos.nodes import NODE_FAULTS, Nodes
from tests.chaos.verdict import Due, Finding, judge

EVERY = FAULTS | MACHINE_FAULTS | NODE_FAULTS
CALM_S = 4.0
"""Healthy for this long: recovered. Longer than anything late takes to be seen as late."""
GIVE_UP_S = 150.0
"""A fault not recovered from in this time is reported as such and the run goes on."""
REST_S = 120.0


@dataclass
class Hurt:
    """One fault and what came of it. Seconds; `works_s`: until nothing was late; `whole_s`: until all hosts ran.

    Both are counted from the injection, so an outage of 30 s has at least 30.
    """

    fault: str
    note: str
    at_s: float
    lasted_s: float = 0.0
    works_s: float = 0.0
    whole_s: float = 0.0
    recovered: bool = True
    accepted: int = 0
    lost: int = 0
    due: int = 0
    skipped: int = 0
    duplicates: int = 0
    longest_delay_s: float = 0.0
    moved: int = 0
    """Shards that moved in an orderly way, by release and claim."""
    pause_median_s: float = 0.0
    longest_pause_s: float = 0.0
    longest_wait_s: float = 0.0
    """Longest time that something from outside lay in the inbox before its incident had processed it."""


@dataclass
class Result:
    """A run as it is reported."""

    command: str
    seed: int
    seconds: float
    rate: float
    burst: int
    alerts: int = 0
    accepted: int = 0
    refusals: int = 0
    pages_due: int = 0
    pages_received: int = 0
    duplicates: int = 0
    fenced_commits: int = 0
    quiet_s: float = 0.0
    """Longest time that a host took nothing new for a shard before it released it."""
    findings: list[Finding] = field(default_factory=list)
    hurts: list[Hurt] = field(default_factory=list)
    not_run: dict[str, str] = field(default_factory=dict)
    """Faults that were asked for and that this machine lacks the means for, and why."""

    def as_json(self) -> dict[str, Any]:
        """For the results file."""
        return asdict(self)


def run(seed: int, seconds: float, faults: Sequence[str], rate: float, burst: int, command: str) -> Result:
    """Hurt an installation for `seconds`, and until every fault of `faults` has come; none comes again before that."""
    result = Result(command, seed, seconds, rate, burst)

    def make(base: Path) -> Installation:
        wanted = set(faults)
        if wanted & NODE_FAULTS.keys():
            return Nodes(base)
        clocks, small = bool(wanted & CLOCK_FAULTS.keys()), bool(wanted & DISK_FAULTS.keys())
        return Installation(base, stepped_clocks=clocks, small_disk=small)

    with running(make) as it:
        key = str(it.product.ready["admin_key"])
        moves.watch(it)
        crowd = Crowd(seed, it.webhook, str(it.product.ready["api"]), key, it.sink, rate, burst)
        crowd.start()
        began = time.monotonic()
        try:
            _monkey(it, random.Random(seed), faults, began, seconds, result)
            crowd.stop_sending()
            _rest(it, crowd)
            _conclude(it, crowd, began, result)
        finally:
            crowd.stop()
    return result


def _monkey(
    it: Installation, dice: random.Random, faults: Sequence[str], began: float, seconds: float, result: Result
) -> None:
    bag: list[str] = []
    _calm(it, time.monotonic(), CALM_S)
    while time.monotonic() - began < seconds or len(result.hurts) < len(faults):
        if not bag:
            bag = dice.sample(list(faults), len(faults))
        name = bag.pop()
        hurt = Hurt(name, "", time.monotonic() - began)
        first = moves.moment(it)
        result.hurts.append(hurt)
        injected = time.monotonic()
        hurt.note = EVERY[name](it, dice)
        hurt.lasted_s = time.monotonic() - injected
        hurt.works_s, hurt.whole_s, last = _calm(it, injected, CALM_S)
        hurt.recovered = last.whole
        hurt.moved, hurt.pause_median_s, hurt.longest_pause_s = moves.pauses(it, first, moves.moment(it))
        say(
            f"{name} ({hurt.note}): works after {hurt.works_s:.1f} s, whole after {hurt.whole_s:.1f} s {last.why}"
            f"; {hurt.moved} shards moved in order, longest pause {hurt.longest_pause_s:.2f} s"
        )


def _calm(it: Installation, injected: float, calm_s: float) -> tuple[float, float, Health]:
    """Wait until it was whole for a while; when it was last seen not to flow and not to be whole."""
    flowed_not = whole_not = injected
    looked, seen = time.monotonic(), ""
    while True:
        health, now = it.health(), time.monotonic()
        if not health.flows:
            flowed_not = now
            if health.why != seen:
                seen = health.why
                say(f"  {now - injected:5.1f} s: {seen}")
        if not health.whole:
            whole_not = now
        if now - max(whole_not, looked) >= calm_s or now - injected > GIVE_UP_S:
            return flowed_not - injected, whole_not - injected, health
        time.sleep(0.2)


def _rest(it: Installation, crowd: Crowd) -> None:
    """Until every alert is accepted and every incident answered, or waiting is no use."""
    until = time.monotonic() + REST_S
    while time.monotonic() < until and (crowd.waiting() or crowd.open() or not it.health().flows):
        time.sleep(0.5)
    time.sleep(2)


def _conclude(it: Installation, crowd: Crowd, began: float, result: Result) -> None:
    seen = collect(it, crowd)
    result.findings, due = judge(seen)
    if result.findings:
        it.keep = True
        say(f"logs and database are left in {it.base}")
    result.alerts, result.accepted = len(crowd.told), len(seen.accepted)
    result.refusals = sum(t.refusals for t in crowd.told.values())
    result.pages_due, result.pages_received = len(due), len(seen.pages)
    result.duplicates = sum(d.copies for d in due)
    result.fenced_commits = it.fenced()
    result.quiet_s = moves.quiet_s(it.product.home / "log")
    lost = {title for kind, title, _ in result.findings if kind == "lost"}
    for hurt, following in zip(result.hurts, [*result.hurts[1:], None], strict=True):
        first, last = began + hurt.at_s, began + following.at_s if following else float("inf")
        hurt.longest_wait_s = it.longest_wait(first, last)
        accepted = [title for title, at in seen.accepted.items() if first <= at < last]
        _attribute(hurt, [d for d in due if first <= d.due_at < last])
        hurt.accepted, hurt.lost = len(accepted), len(lost.intersection(accepted))


def _attribute(hurt: Hurt, due: Sequence[Due]) -> None:
    hurt.due, hurt.skipped = len(due), sum(d.came_at is None for d in due)
    hurt.duplicates = sum(d.copies for d in due)
    hurt.longest_delay_s = max((d.delay_s for d in due), default=0.0)


def say(text: str) -> None:
    """Progress, for whoever watches."""
    sys.stdout.write(f"  {text}\n")
    sys.stdout.flush()


def kinds(findings: Sequence[Finding]) -> dict[str, int]:
    """How many of each kind."""
    return dict(Counter(kind for kind, _, _ in findings))
