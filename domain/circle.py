"""From one thing to the next and back: services that need each other, people who stand in for each other. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable


def circle(start: str, following: Callable[[str], Iterable[str]]) -> tuple[str, ...]:
    """The shortest way from `start` back to itself, both ends included; () if there is none."""
    came_from: dict[str, str] = {}
    edge = [start]
    while edge and start not in came_from:
        further = []
        for here in edge:
            for there in following(here):
                if there not in came_from:
                    came_from[there] = here
                    further.append(there)
        edge = further
    if start not in came_from:
        return ()
    way = [start, came_from[start]]
    while way[-1] != start:
        way.append(came_from[way[-1]])
    return tuple(reversed(way))
