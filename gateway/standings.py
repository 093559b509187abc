"""How schedules stand now, worked out once for everybody who asks until it changes.

Two hundred open pages ask at once when a configuration was saved, and a schedule that never changes hands is the one
that takes longest: a year of turns is looked through.
"""

from __future__ import annotations

from dataclasses import dataclass

from domain.schedule import Schedule
from domain.standing import Standing, standing

AGAIN_S = 60.0
"""How long what is said of a schedule without a change in sight is kept: one comes into sight as time passes."""


@dataclass(frozen=True, slots=True)
class Known:
    """`found` is so from `since` until before `until` (UTC epoch seconds), in this very schedule."""

    schedule: Schedule
    since: float
    until: float
    found: Standing


class Standings:
    """One per gateway. A saved configuration has new schedules, of which nothing is known."""

    def __init__(self) -> None:
        self._known: dict[str, Known] = {}

    def at(self, schedule: Schedule, now: float) -> Standing:
        """As domain.standing says it. `now`: the present, UTC epoch seconds."""
        known = self._known.get(schedule.id)
        if known is None or known.schedule is not schedule or not known.since <= now < known.until:
            found = standing(schedule, now)
            until = found.until if found.until is not None else now + AGAIN_S
            known = self._known[schedule.id] = Known(schedule, now, until, found)
        return known.found
