"""What a schedule comes to between two instants, as the API shows it."""

from __future__ import annotations

from collections.abc import Iterable

from domain.configuration import Configuration
from domain.errors import Invalid
from domain.oncall import gaps, layer_lines, shifts, temporary_lines
from domain.schedule import Layer
from domain.schedule import Schedule as DomainSchedule
from domain.schedule import Shift as DomainShift
from gateway.schemas.base import moment
from gateway.schemas.schedules import Change, Gap, Line, Preview, ScheduleLine, Shift

WINDOW_S = 400 * 86_400.0
MAX_PIECES = 40_000
"""Turns and windows that one preview may hold: about half a second of one processor."""
LENGTH_S = {"hour": 3_600.0, "day": 86_400.0, "week": 604_800.0, "month": 2_419_200.0}


def preview(schedule: DomainSchedule, start: float, end: float) -> Preview:
    """Final line, gaps, and what it is made of. Raises Invalid for a window that is empty or too long."""
    if end <= start:
        raise Invalid("end", "The window must end after it starts.")
    if end - start > WINDOW_S:
        raise Invalid("end", "The window can be at most 400 days long.")
    if pieces(schedule, end - start) > MAX_PIECES:
        raise Invalid("end", f"This window holds more than {MAX_PIECES} shifts; make it shorter.")
    return Preview(
        shifts=shown(shifts(schedule, start, end)),
        gaps=[Gap(start=moment(a), end=moment(b)) for a, b in gaps(schedule, start, end)],
        layers=[Line(name=name, shifts=shown(line)) for name, line in layer_lines(schedule, start, end)],
        temporaries=[
            Line(name=t.name, id=t.id, shifts=shown(line)) for t, line in temporary_lines(schedule, start, end)
        ],
        overrides=[
            Change(
                id=o.id,
                kind=o.kind,
                user_id=o.user,
                instead_of=o.instead_of,
                start=moment(max(start, o.start)),
                end=moment(min(end, o.end)),
            )
            for o in schedule.overrides
            if o.start < end and o.end > start
        ],
    )


def timeline(config: Configuration, team: str, start: float, end: float) -> list[ScheduleLine]:
    """The final line of every schedule, or of a team's, by name, with its gaps. Raises Invalid for an unknown team and
    a window that is empty or too long."""
    if not 0 < end - start <= WINDOW_S:
        raise Invalid("end", "The window must end after it starts, and last at most 400 days.")
    if team and team not in config.teams:
        raise Invalid("team", f"There is no team with id {team!r}.")
    ordered = sorted(config.schedules.values(), key=lambda s: (s.name, s.id))
    chosen = [s for s in ordered if team in ("", s.team_id)]
    if sum(pieces(s, end - start) for s in chosen) > MAX_PIECES:
        raise Invalid("end", f"This window holds more than {MAX_PIECES} shifts; make it shorter.")
    return [
        ScheduleLine(
            schedule_id=schedule.id,
            schedule=schedule.name,
            zone=schedule.zone,
            shifts=shown(shifts(schedule, start, end)),
            gaps=[Gap(start=moment(a), end=moment(b)) for a, b in gaps(schedule, start, end)],
        )
        for schedule in chosen
    ]


def shown(line: Iterable[DomainShift]) -> list[Shift]:
    """Shifts as answered."""
    return [Shift(user_id=s.user, start=moment(s.start), end=moment(s.end), source=s.source) for s in line]


def pieces(schedule: DomainSchedule, window_s: float) -> float:
    """About how many turns and windows it has in so many seconds: what resolving it costs."""
    layers = [*schedule.layers, *(layer for t in schedule.temporaries for layer in t.layers)]
    return sum(_pieces(layer, window_s) for layer in layers)


def _pieces(layer: Layer, window_s: float) -> float:
    found = len(layer.windows) * window_s / 86_400.0
    if layer.fixed is not None:
        found += len(layer.fixed.shifts)
    if layer.rotation is not None:
        every = layer.rotation.every * LENGTH_S[layer.rotation.unit]
        found += window_s / every * max(1, len(layer.rotation.handoffs))
    return found
