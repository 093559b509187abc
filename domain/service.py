"""Services: what is run, by whom, and what it needs. Pure.

Dependencies are a graph without circles: what is saved is checked (domain/route_checks.py). Versions before let circles
through, so whoever walks the graph remembers where it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from domain.alert import Link
from domain.circle import circle

MAX_SERVICES = 5_000
MAX_DEPENDENCIES = 100
FAR = 3
"""Steps of dependency that are looked along: what is further away explains little."""


@dataclass(frozen=True, slots=True)
class Service:
    """Something that can fail. `team_id` owns it, `policy_id` says who is called. `tier`: 1 matters most, 4 least.

    `depends_on`: ids of the services it needs.
    """

    id: str
    name: str
    team_id: str | None = None
    policy_id: str | None = None
    tier: int = 3
    description: str = ""
    runbook: str = ""
    links: tuple[Link, ...] = ()
    depends_on: tuple[str, ...] = ()


def upstream(services: Mapping[str, Service], ident: str) -> dict[str, int]:
    """What the service needs, directly or not: id -> how many steps away, nearest first. Without itself."""
    return _reach(ident, _needs(services))


def circle_of(services: Mapping[str, Service], ident: str) -> tuple[str, ...]:
    """The way by which the service needs itself: it, what it needs, …, itself; () if it does not."""
    return circle(ident, _needs(services))


def _needs(services: Mapping[str, Service]) -> Callable[[str], Iterable[str]]:
    return lambda at: services[at].depends_on if at in services else ()


def downstream(services: Mapping[str, Service], ident: str) -> dict[str, int]:
    """What needs the service: id -> how many steps away, nearest first. Without itself."""
    needed_by: dict[str, list[str]] = {}
    for service in services.values():
        for needed in service.depends_on:
            needed_by.setdefault(needed, []).append(service.id)
    return _reach(ident, lambda at: needed_by.get(at, ()))


def _reach(start: str, following: Callable[[str], Iterable[str]]) -> dict[str, int]:
    found, edge = {start: 0}, [start]
    for far in range(1, FAR + 1):
        edge = [there for here in edge for there in following(here) if found.setdefault(there, far) == far]
        edge = list(dict.fromkeys(edge))
    del found[start]
    return found
