"""What happens to a machine: its clock is set, its disk fills up. Each takes means that not every machine has (`lacking`)."""

from __future__ import annotations

import json
import os
import random
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import httpx

from tests.chaos import clock
from tests.chaos.clock import SteppedClock
from tests.chaos.faults import Fault, console_killed, host_killed
from tests.chaos.installation import Installation
from tests.product import until
from ui.site import SITE

HOUR_S = 3600
STEPPED_S = (12.0, 20.0)
NOTICED_S = 3.0
"""Until every host has seen the new time."""
FULL_S = (6.0, 12.0)
LEFT_BYTES = 4096
"""What the filled disk still has: a file takes whole blocks, so this is none."""


def clock_forward(it: Installation, dice: random.Random) -> str:
    """The clock of gateway, hosts and Ray goes an hour ahead of the database's, and comes back later."""
    return _step(it.clocks[:1], HOUR_S, dice)


def clock_back(it: Installation, dice: random.Random) -> str:
    """The clock of gateway, hosts and Ray falls an hour behind the database's, and comes back later."""
    return _step(it.clocks[:1], -HOUR_S, dice)


def all_clocks_forward(it: Installation, dice: random.Random) -> str:
    """The database's clock goes an hour ahead with everybody else's, a host is killed, and the clocks come back later."""
    return _step(it.clocks, HOUR_S, dice, meanwhile=lambda: host_killed(it, dice))


def all_clocks_back(it: Installation, dice: random.Random) -> str:
    """The database's clock falls back by an hour with everybody else's, a host is killed, and the clocks come back later."""
    return _step(it.clocks, -HOUR_S, dice, meanwhile=lambda: host_killed(it, dice))


def _step(clocks: list[SteppedClock], seconds: int, dice: random.Random, meanwhile: Callable[[], str] = str) -> str:
    lasts_s = dice.uniform(*STEPPED_S)
    for each in clocks:
        each.step(seconds)
    time.sleep(NOTICED_S)
    killed = meanwhile()
    time.sleep(lasts_s - NOTICED_S)
    for each in clocks:
        each.step(0)
    return f"{seconds // HOUR_S:+} h for {lasts_s:.0f} s" + (f", {killed} killed" if killed else "")


def spool_disk_full(it: Installation, dice: random.Random) -> str:
    """The database is away and the disk of the gateway's spool runs full: senders must be told 503. Either comes back first."""
    full_s, disk_first = dice.uniform(*FULL_S), dice.random() < 0.5
    filler = it.spool_disk / "filler"
    it.postgres.stop()
    time.sleep(dice.uniform(2, 5))
    _fill(filler)
    refused = until("a refusal that says when to come again", lambda: _refused(it), 10)
    time.sleep(full_s)
    mend = [filler.unlink, it.postgres.start]
    for step in mend if disk_first else reversed(mend):
        step()
        time.sleep(3)
    return f"for {full_s:.0f} s, {'disk' if disk_first else 'database'} back first, after {refused} probes accepted"


def _fill(path: Path) -> None:
    """To the last block."""
    with path.open("wb", buffering=0) as file:
        for size in (65536, LEFT_BYTES):
            try:
                while True:
                    file.write(b"\0" * size)
            except OSError:
                continue


PROBED = "Probe of a full disk"


def _refused(it: Installation) -> str:
    """Truthy once a probe is refused as it must be. Raises AssertionError for any other refusal."""
    count = 0
    while True:
        answer = httpx.post(it.webhook, json={"title": PROBED, "dedup_key": PROBED}, timeout=10, trust_env=False)
        if answer.status_code == 202:
            count += 1
            if count > 500:
                return ""
            continue
        problem = json.loads(answer.content)
        clear = problem["status"] == 503 and problem["title"] and "again" in problem["detail"]
        typed = answer.headers["content-type"].startswith("application/problem+json")
        assert answer.status_code == 503 and clear and typed, f"{answer.status_code} {answer.text}"
        assert int(answer.headers["retry-after"]) > 0
        return str(count)


CLOCK_FAULTS: dict[str, Fault] = {
    f.__name__: f for f in (clock_forward, clock_back, all_clocks_forward, all_clocks_back)
}
DISK_FAULTS: dict[str, Fault] = {spool_disk_full.__name__: spool_disk_full}
MACHINE_FAULTS = CLOCK_FAULTS | DISK_FAULTS


def lacking() -> dict[str, str]:
    """Fault -> why it cannot be tried on this machine."""
    found = {}
    if not (SITE / "routes.json").exists():
        found[console_killed.__name__] = "the console's pages are not built (python -m ui.build)"
    if not clock.possible():
        found |= dict.fromkeys(CLOCK_FAULTS, "there is no compiler (cc) for the clock that can be stepped")
    if os.geteuid() != 0 or shutil.which("mount") is None:
        found |= dict.fromkeys(DISK_FAULTS, "only root can mount a small disk")
    return found
