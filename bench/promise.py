"""`python -m bench.promise`: what an outage, a killed host and three nodes cost; writes bench/results/promise.md and .json.

Three nodes need root (network namespaces) and are left out without it.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.measuring import machine
from bench.nodes import compared
from bench.outside import Outside
from cli.progress import say
from runtime.ids import EntityId, shard_of
from tests.chaos.installation import Installation, running
from tests.chaos.nodes import NODES
from tests.product import step, until

RESULTS = Path(__file__).parent / "results"
RATE, OUTAGE_S, BEFORE_S, AFTER_S, WAIT_S = 200, 60.0, 25.0, 20.0, 20.0
GRACE_S = 15.0
INCIDENTS = 50_000
ACCEPTED = f"accepted, one node and {NODES} nodes in turn"
HOLD_S = 0.0
"""How long the providers take to answer."""


def outage(it: Installation) -> dict[str, float]:
    """Alerts at a steady rate, each paging one person at once and the next after WAIT_S; Postgres goes for OUTAGE_S."""
    outside = Outside(HOLD_S)
    people = [it.product.person(f"Watch{n}", "webhook", f"{outside.url}/watch{n}") for n in range(2)]
    url = it.product.integration("bench outage", "generic", [step(people[0], WAIT_S), step(people[1], 3600)])
    started = time.monotonic()
    outside.send(url, RATE)
    time.sleep(BEFORE_S)
    away = time.monotonic()
    it.postgres.stop()
    time.sleep(OUTAGE_S)
    it.postgres.start()
    back = time.monotonic()
    time.sleep(AFTER_S)
    lasted = time.monotonic() - started
    posted, answers = outside.stop()
    deadline = time.monotonic() + OUTAGE_S + WAIT_S + 60
    while outside.count() < 2 * len(posted) and time.monotonic() < deadline:
        time.sleep(2.0)  # asked rarely: whoever measures must not take the processor from what is measured
    time.sleep(5.0)  # for pages sent once more
    seen: dict[tuple[str, str], list[float]] = {}
    for path, title, at in outside.report():
        seen.setdefault((title, path), []).append(at)
    outside.close()
    late = {
        name: [
            (min(times) - (posted[title] + wait), posted[title] + wait - away)
            for (title, path), times in seen.items()
            if path == name
        ]
        for name, wait in (("/watch0", 0.0), ("/watch1", WAIT_S))
    }
    accepted = {(title, path) for title in posted for path in late}
    return {
        "alerts accepted": len(posted),
        "alerts accepted a second": len(posted) / lasted,
        "answers other than 2xx": sum(n for status, n in answers.items() if not status.startswith("2")),
        "alerts lost": len(posted) - len({title for title, path in seen if path == "/watch0"}),
        "pages due": len(accepted),
        "pages skipped": len(accepted - seen.keys()),
        "pages sent more than once": sum(len(times) > 1 for times in seen.values()),
        "latest first page after its alert, s": max(late["/watch0"])[0],
        "it was due so long after the loss, s": max(late["/watch0"])[1],
        "latest second page after its time, s": max(late["/watch1"])[0],
        "that was due so long after the loss, s": max(late["/watch1"])[1],
        "grace plus 2, s": GRACE_S + 2,
        "all pages in after the return, s": max(max(times) for times in seen.values()) - back,
    }


def takeover(it: Installation) -> dict[str, float]:
    """With INCIDENTS open, each waiting for its next step, a host is killed and Ray starts it anew."""
    quiet = it.product.person("Quiet", "outbox", "")
    watch = it.product.person("Watch", "webhook", f"{it.sink.url}/takeover")
    url = it.product.integration("bench takeover", "generic", [step(quiet, 1800), step(quiet, 3600)])
    for start in range(0, INCIDENTS, 500):
        alerts = [{"title": f"Open {n}", "dedup_key": f"open-{n}"} for n in range(start, start + 500)]
        it.product.post(url, json.dumps(alerts).encode())
    until("every incident open", lambda: _count(it, "rt.inbox where done_at is null") == 0, 300)
    opened = _count(it, "rt.entity where kind = 'incident' and closed_at is null")
    probe = it.product.integration("bench probe", "generic", [step(watch, 3600)])
    slot = sorted(it.hosts())[0]
    rows = it.sql(f"select s.id from rt.shard s join rt.host h on h.id = s.owner where h.slot = '{slot}'")
    owned = {row[0] for row in rows}
    before = len(it.sink.received)
    began = time.monotonic()
    os.kill(it.hosts()[slot], signal.SIGKILL)
    # One alert every tenth of a second: the first page of an incident on one of its shards says that they are owned again.
    for n in range(100):
        it.product.post(probe, {"title": f"Probe {n}", "dedup_key": f"probe-{n}"})
        time.sleep(0.1)
    until("every probe paged", lambda: len(it.sink.received) - before >= 100, 60)
    waits = [page.at - began for page in it.sink.received[before:] if _shard(page.json) in owned]
    return {
        "open incidents": opened,
        "shards of the killed host": len(owned),
        "first page of one of its shards, s": min(waits),
        "every host back, s": _whole(it, began),
    }


def _shard(page: dict[str, Any]) -> int:
    return shard_of(EntityId("incident", str(page["incident_id"]).rpartition("-")[0]))


def _whole(it: Installation, began: float) -> float:
    until("a whole installation", lambda: it.health().whole, 90)
    return time.monotonic() - began


def _count(it: Installation, what: str) -> int:
    return int(it.sql(f"select count(*) from {what}")[0][0])


def main() -> None:
    """All of it; about nine minutes."""
    results: dict[str, Any] = {"machine": machine()}
    wanted = sys.argv[1:] or ["outage", "takeover", "nodes"]
    if "outage" in wanted:
        title = f"Postgres away for {OUTAGE_S:.0f} s at {RATE} alerts/s, grace {GRACE_S:.0f} s"
        _part(results, title, Installation, outage)
    if "takeover" in wanted:
        _part(results, "a host killed", Installation, takeover)
    if "nodes" in wanted and os.geteuid() == 0:
        say(f"  {ACCEPTED} …")
        results[ACCEPTED] = compared()
    write(results)


def _part(
    results: dict[str, Any],
    name: str,
    make: Callable[[Path], Installation],
    measure: Callable[[Any], dict[str, float]],
) -> None:
    say(f"  {name} …")
    with running(make) as it:
        results[name] = measure(it)
    say(f"    {results[name]}")


def write(results: dict[str, Any]) -> None:
    """Parts measured now replace those of an earlier run."""
    path = RESULTS / "promise.json"
    results = {**(json.loads(path.read_text()) if path.exists() else {}), **results}
    path.write_text(json.dumps(results, indent=1) + "\n")
    lines = ["# Measured by `python -m bench.promise`", "", f"{results['machine']}."]
    for name, figures in results.items():
        if isinstance(figures, dict):
            lines += ["", f"## {name[0].upper()}{name[1:]}", "", "| what | figure |", "| --- | ---: |"]
            lines += [f"| {what} | {value:,.4g} |" for what, value in figures.items()]
    (RESULTS / "promise.md").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
