"""On-call schedules as data. Who is on call is answered in domain/oncall.py, by one resolver for everything.

A schedule is a pile of layers; where a later one has somebody, it hides the earlier ones. Temporary schedules and
overrides lie on top, in the order in which they were made. Local times are naive wall-clock ISO date-times
("2026-01-05T09:00:00") in the zone of the layer; instants are UTC epoch seconds; every end is exclusive.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from domain.calendar import Unit
from domain.holidays import Holidays
from domain.replacing import quick
from domain.window import Window

OverrideKind = Literal["add", "replace", "remove"]


@dataclass(frozen=True, slots=True)
class Handoff:
    """A hand-off on a weekday (0 Monday to 6 Sunday) at a wall-clock time, "HH:MM"."""

    weekday: int
    time: str


@dataclass(frozen=True, slots=True)
class Absence:
    """`user` takes no turn that begins in [start, end) (local; None: from then on), but keeps their place.

    Their turn is taken by `stand_in`, or else by the next in the list who is there. Nobody else's turns move.
    """

    user: str
    start: str
    end: str | None = None
    stand_in: str | None = None


@dataclass(frozen=True, slots=True)
class Term:
    """`user` has a place in the order only for turns that begin in [start, end) (local; None: unbounded).

    Turns before a term begins or ends stay whose they were; from there the order goes on with the next in the list,
    one place longer or shorter.
    """

    user: str
    start: str | None = None
    end: str | None = None


@dataclass(frozen=True, slots=True)
class Rotation:
    """People taking turns of `every` × `unit`, handing off at a wall-clock time in the layer's zone.

    `start`: local, the first shift; for days, weeks and months every hand-off is at that wall-clock time (for weeks on
    that weekday, for months on that day or the last of a shorter month), held across DST. Published rules:
    a hand-off that falls into a gap happens at the first instant after it; one that occurs twice happens at the first
    of the two. Hours are elapsed hours. With `handoffs` (weeks only) a turn ends at each of them, in every `every`-th
    week from Monday of the week of `start`; the first turn begins at the first of them at or after `start`.
    `users` take the turns in this order; somebody may be in it more than once.
    """

    unit: Unit
    every: int
    start: str
    users: tuple[str, ...]
    handoffs: tuple[Handoff, ...] = ()
    absences: tuple[Absence, ...] = ()
    terms: tuple[Term, ...] = ()


@dataclass(frozen=True, slots=True)
class FixedShift:
    """`user` is on call from start to end."""

    user: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class FixedShifts:
    """Shifts that are written down rather than computed; those of several people may overlap.

    `source`: id of the calendar they were imported from, or None if they were entered by hand.
    """

    shifts: tuple[FixedShift, ...] = ()
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Layer:
    """Turns of a rotation, or fixed shifts (exactly one of the two); a later layer wins where both have somebody.

    `since`, `until`: local times before and after which the layer has nobody, or None. `zone`: IANA, None for that
    of the schedule. `windows`: where there are any, the layer has somebody only inside one of them; their zone ""
    is that of the layer. `together`: on call with the layer before it, rather than instead of it.
    """

    name: str
    rotation: Rotation | None = None
    until: str | None = None
    since: str | None = None
    zone: str | None = None
    windows: tuple[Window, ...] = ()
    together: bool = False
    fixed: FixedShifts | None = None


@dataclass(frozen=True, slots=True)
class Override:
    """A change by hand between two instants.

    replace: `user` is on call instead of `instead_of`, where they are; or, if None, instead of everybody.
    add:     `user` is on call too.
    remove:  `instead_of` is not on call, or, if None, nobody is; `user` is None.
    Where overrides overlap, they apply in the order in which they were made (`created_at`, then id).
    """

    id: str
    user: str | None
    start: float
    end: float
    created_at: float = 0.0
    kind: OverrideKind = "replace"
    instead_of: str | None = None
    created_by: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Temporary:
    """Between two instants the schedule is these layers instead of its own, and of overrides made before."""

    id: str
    name: str
    start: float
    end: float
    layers: tuple[Layer, ...]
    created_at: float = 0.0
    created_by: str = ""


@dataclass(frozen=True, slots=True)
class Schedule:
    """A named schedule in one IANA zone. `holidays`: the calendars that its windows name, with their days."""

    id: str
    name: str
    zone: str
    layers: tuple[Layer, ...]
    overrides: tuple[Override, ...] = ()
    team_id: str | None = None
    temporaries: tuple[Temporary, ...] = ()
    holidays: tuple[Holidays, ...] = ()


@quick
@dataclass(frozen=True, slots=True)
class Shift:
    """`user` is on call from start to end.

    `source` is "layer:NAME", "override:ID" or "temporary:ID:NAME of its layer".
    """

    user: str
    start: float
    end: float
    source: str


def calendars_of(schedule: Schedule) -> set[str]:
    """Ids of the holiday calendars that its windows name."""
    return calendars_in((*schedule.layers, *(layer for t in schedule.temporaries for layer in t.layers)))


def calendars_in(layers: tuple[Layer, ...]) -> set[str]:
    """Ids of the holiday calendars that the windows of layers name."""
    return {w.holidays for layer in layers for w in layer.windows if w.holidays}


def users_of(layers: tuple[Layer, ...]) -> set[str]:
    """Ids of everybody whom the layers name."""
    found: set[str] = set()
    for layer in layers:
        if layer.rotation is not None:
            found |= {*layer.rotation.users, *(a.stand_in for a in layer.rotation.absences if a.stand_in)}
        if layer.fixed is not None:
            found |= {s.user for s in layer.fixed.shifts}
    return found
