"""Alerts made up from a seed: troubles that come and go, repeat, flap, arrive twice or out of order, and storms."""

from __future__ import annotations

from collections.abc import Iterator

from domain.alert import AlertEvent, Severity
from domain.configuration import Configuration
from simulation.chance import Chance
from simulation.scenario import Arrival

SERVICES = ("api", "db", "cache", "queue", "web", "search", "billing", "auth")
REPEAT_S = 4 * 3_600.0
"""A sender says again what still fires, as Alertmanager does by default."""
STORMS_PER_YEAR = 6.0
DAY_S = 86_400.0


def traffic(chance: Chance, config: Configuration, start: float, end: float, per_day: float) -> tuple[Arrival, ...]:
    """Requests to every integration, in order of time; `per_day` troubles a day each on average."""
    found: list[Arrival] = []
    for integration in config.integrations:
        at, n = start, 0
        while True:
            at += chance.pause(DAY_S / per_day, integration, "next", n)
            if at >= end:
                break
            found += _trouble(chance, integration, at, n)
            n += 1
        at, n = start, 0
        while True:
            at += chance.pause(365 * DAY_S / STORMS_PER_YEAR, integration, "storm", n)
            if at >= end:
                break
            found += _storm(chance, integration, at, n)
            n += 1
    return tuple(sorted((a for a in found if a.at < end), key=lambda a: a.at))


def _trouble(chance: Chance, integration: str, at: float, n: int) -> Iterator[Arrival]:
    """One trouble, with its repetitions and its end."""
    key = (integration, "trouble", n)
    times = chance.whole(3, 6, "flaps", *key) if chance.happens(0.08, "flapping", *key) else 1
    for again in range(times):
        lasts = chance.around(1_500.0 if times == 1 else 200.0, 1.0, "lasts", again, *key)
        event = _event(chance, key, at)
        yield from _firing(chance, integration, event, at, lasts, (again, *key))
        at += lasts + chance.between(60.0, 600.0, "quiet", again, *key)


def _firing(
    chance: Chance, integration: str, event: AlertEvent, at: float, lasts: float, key: tuple[object, ...]
) -> Iterator[Arrival]:
    yield Arrival(at, integration, (event,))
    if chance.happens(0.25, "peer", *key):
        yield Arrival(at + chance.pause(5.0, "peer late", *key), integration, (event,))
    forever = chance.happens(0.02, "never resolved", *key)
    until = at + (2 * DAY_S if forever else lasts)
    again = at + REPEAT_S
    while again < until:
        yield Arrival(again, integration, (event,))
        again += REPEAT_S
    if not forever:
        # One in a hundred resolutions overtakes its firing.
        end = at - 1.0 if chance.happens(0.01, "overtakes", *key) else until
        over = AlertEvent(
            event.dedup_key, "resolved", event.title, event.severity, labels=event.labels, starts_at=event.starts_at
        )
        yield Arrival(end, integration, (over,))


def _event(chance: Chance, key: tuple[object, ...], at: float) -> AlertEvent:
    service = SERVICES[chance.whole(0, len(SERVICES) - 1, "service", *key)]
    severity = (Severity.CRITICAL, Severity.ERROR, Severity.WARNING)[chance.whole(0, 2, "severity", *key)]
    env = "staging" if chance.happens(0.1, "env", *key) else "production"
    dedup = f"{service}-{env}-{chance.whole(0, 40, 'check', *key)}-{severity.value}"
    labels = {"service": service, "env": env, "severity": severity.value}
    return AlertEvent(dedup, "firing", f"{service}: trouble", severity, labels=labels, starts_at=at)


def _storm(chance: Chance, integration: str, at: float, n: int) -> Iterator[Arrival]:
    """A hundred alerts in ten minutes, over in an hour, in requests of up to ten."""
    key = (integration, "storm", n)
    starts = sorted(chance.between(at, at + 600.0, "starts", k, *key) for k in range(100))
    events = [
        AlertEvent(
            f"storm-{n}-{k}",
            "firing",
            f"node {k} is gone",
            Severity.CRITICAL,
            group_key=f"storm-{n}",
            labels={"service": SERVICES[k % 3], "env": "production", "severity": "critical"},
            starts_at=start,
        )
        for k, start in enumerate(starts)
    ]
    for first in range(0, len(events), 10):
        batch = tuple(events[first : first + 10])
        ended = tuple(
            AlertEvent(e.dedup_key, "resolved", e.title, group_key=e.group_key, labels=e.labels, starts_at=e.starts_at)
            for e in batch
        )
        yield Arrival(starts[first + len(batch) - 1], integration, batch)
        yield Arrival(starts[first] + chance.between(2_400.0, 4_000.0, "over", first, *key), integration, ended)
