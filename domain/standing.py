"""How a schedule stands at an instant: who is on call, until when, and who comes next. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from domain.oncall import next_change, shifts_at, who
from domain.schedule import Schedule, Shift

LOOK_AHEAD = 50
"""Changes looked at to find the next person."""


@dataclass(frozen=True, slots=True)
class Standing:
    """`until`: when other people are on call (UTC epoch seconds), None if that is not soon; `following`: who then."""

    shifts: tuple[Shift, ...]
    until: float | None
    following: tuple[str, ...]

    @property
    def users(self) -> tuple[str, ...]:
        """Who is on call; empty if nobody is."""
        return tuple(shift.user for shift in self.shifts)


def standing(schedule: Schedule, at: float) -> Standing:
    """At an instant, UTC epoch seconds."""
    shifts = shifts_at(schedule, at)
    users, change = tuple(s.user for s in shifts), at
    for _ in range(LOOK_AHEAD):
        upcoming = next_change(schedule, change)
        if upcoming is None:
            break
        change, following = upcoming, who(schedule, upcoming)
        if following != users:
            return Standing(shifts, change, following)
    return Standing(shifts, None, ())
