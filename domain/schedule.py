"""On-call schedules as data. Who is on call is answered in domain/oncall.py, by one resolver for everything."""

from __future__ import annotations

from dataclasses import dataclass

from domain.calendar import Unit


@dataclass(frozen=True, slots=True)
class Rotation:
    """People taking turns of `every` × `unit`, handing off at a wall-clock time in the schedule's zone.

    `start`: naive local wall-clock ISO date-time ("2026-01-05T09:00:00") of the first shift; for days and weeks
    every hand-off is at that wall-clock time (and, for weeks, weekday), held across DST. Published
    rules: a hand-off that falls into a gap happens at the first instant after it; one that occurs twice
    happens at the first of the two. Hours are elapsed hours.
    """

    unit: Unit
    every: int
    start: str
    users: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Layer:
    """One rotation; a later layer in the list wins over an earlier one where both have somebody.

    `until`: naive local ISO date-time after which the layer ends, or None.
    """

    name: str
    rotation: Rotation
    until: str | None = None


@dataclass(frozen=True, slots=True)
class Override:
    """`user` is on call instead of everybody else between two instants (UTC epoch seconds, end exclusive).

    Where overrides overlap, the one created last (highest `created_at`, then id) wins.
    """

    id: str
    user: str
    start: float
    end: float
    created_at: float = 0.0


@dataclass(frozen=True, slots=True)
class Schedule:
    """A named schedule in one IANA zone."""

    id: str
    name: str
    zone: str
    layers: tuple[Layer, ...]
    overrides: tuple[Override, ...] = ()
    team_id: str | None = None


@dataclass(frozen=True, slots=True)
class Shift:
    """`user` is on call from start to end (UTC epoch seconds, end exclusive).

    `source` is "layer:NAME" or "override:ID".
    """

    user: str
    start: float
    end: float
    source: str
