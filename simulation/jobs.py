"""Jobs that send pings, made up from a seed: most runs go well, some fail or hang, some jobs are gone for days."""

from __future__ import annotations

from collections.abc import Iterator

from domain.calendar import HOUR_S
from domain.configuration import Configuration
from domain.expected import Heartbeat
from simulation.chance import Chance
from simulation.scenario import Ping

DAY_S = 24 * HOUR_S
CRONS = ("30 2 * * *", "0 6 * * 1-5")
GRACE_S = 1_800.0
OFTEN_S = 6 * HOUR_S


def heartbeat(n: int, zone: str) -> Heartbeat:
    """Of team `n`: every six hours, or by the wall clock."""
    period = OFTEN_S if n % 2 else None
    cron = "" if n % 2 else CRONS[n // 2 % len(CRONS)]
    return Heartbeat(f"h{n}", f"Backup of team {n}", GRACE_S, f"p{n}", period, cron, zone, f"t{n}")


def pings(chance: Chance, config: Configuration, start: float, end: float) -> tuple[Ping, ...]:
    """Of every heartbeat, in order of time."""
    found = [ping for h in config.heartbeats.values() for ping in _of(chance, h, start, end)]
    return tuple(sorted((p for p in found if p.at < end), key=lambda p: (p.at, p.heartbeat_id)))


def _of(chance: Chance, found: Heartbeat, start: float, end: float) -> Iterator[Ping]:
    at, n, gone_until = start, 0, start
    while (at := found.due_after(at)) < end:
        key = (found.id, n)
        n += 1
        if chance.happens(0.01, "gone", *key):
            gone_until = at + chance.pause(DAY_S / 2, "gone for", *key)
        if at < gone_until:
            continue
        began = at + chance.pause(60.0, "begins", *key)
        if n % 3:
            yield Ping(began, found.id, "start")
        over = began + chance.around(300.0, 1.2, "lasts", *key)
        hangs, fails = chance.happens(0.02, "hangs", *key), chance.happens(0.03, "fails", *key)
        if fails and not hangs:
            yield Ping(over, found.id, "fail")
        again = chance.pause(HOUR_S, "again", *key) if hangs or fails else 0.0  # somebody runs it once more by hand
        yield Ping(over + again, found.id, "success")
