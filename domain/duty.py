"""One person's unbroken time on call in one schedule, made from the resolver's line of shifts.

The line may change its source in the middle of somebody's time (a layer, then an override): for calendars, notices and
load that is one duty. Duties of different people may overlap; those of one person in one schedule never do.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from domain.schedule import Shift
from domain.spans import joined


@dataclass(frozen=True, slots=True)
class Duty:
    """`user` is on call without a break from start to end (UTC epoch seconds, end exclusive)."""

    user: str
    start: float
    end: float


def duties(line: Iterable[Shift]) -> list[Duty]:
    """The duties of a line, by start and then user."""
    spans: defaultdict[str, list[tuple[float, float]]] = defaultdict(list)
    for shift in line:
        spans[shift.user].append((shift.start, shift.end))
    found = [Duty(user, low, high) for user, theirs in spans.items() for low, high in joined(theirs)]
    return sorted(found, key=lambda d: (d.start, d.user))


def clipped(spans: Iterable[tuple[float, float]], start: float, end: float) -> list[tuple[float, float]]:
    """What of the spans lies between two instants."""
    return [(max(low, start), min(high, end)) for low, high in spans if low < end and high > start]


def of_user(line: Iterable[Shift], user: str, start: float, end: float) -> list[tuple[float, float]]:
    """When the user is on call between two instants, by a line that covers them."""
    return clipped(joined((s.start, s.end) for s in line if s.user == user), start, end)
