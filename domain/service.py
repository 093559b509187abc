"""Services: what is run, by whom, and what it needs. Pure.

Dependencies are a graph without circles: what is saved is checked (domain/route_checks.py). Versions before let circles
through, so whoever walks the graph remembers where it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from domain.alert import Link

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
    return _reach(ident, lambda at: services[at].depends_on if at in services else ())


def downstream(services: Mapping[str, Service], ident: str) -> dict[str, int]:
    """What needs the service: id -> how many steps away, nearest first. Without itself."""
    needed_by: dict[str, list[str]] = {}
    for service in services.values():
        for needed in service.depends_on:
            needed_by.setdefault(needed, []).append(service.id)
    return _reach(ident, lambda at: needed_by.get(at, ()))


def circle(services: Mapping[str, Service], ident: str) -> tuple[str, ...]:
    """The shortest way by which the service needs itself: it, what it needs, …, itself; () if there is none."""
    came_from: dict[str, str] = {}
    edge = [ident]
    while edge and ident not in came_from:
        further = []
        for here in edge:
            for there in services[here].depends_on if here in services else ():
                if there not in came_from:
                    came_from[there] = here
                    further.append(there)
        edge = further
    if ident not in came_from:
        return ()
    way = [ident, came_from[ident]]
    while way[-1] != ident:
        way.append(came_from[way[-1]])
    return tuple(reversed(way))


def _reach(start: str, following: Callable[[str], Iterable[str]]) -> dict[str, int]:
    found, edge = {start: 0}, [start]
    for far in range(1, FAR + 1):
        edge = [there for here in edge for there in following(here) if found.setdefault(there, far) == far]
        edge = list(dict.fromkeys(edge))
    del found[start]
    return found
