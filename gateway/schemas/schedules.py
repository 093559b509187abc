"""Schedules, overrides, shifts."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from domain import schedule as domain
from gateway.schemas.base import Ident, Input, Moment, Name, Output

Local = Annotated[str, Field(max_length=32, examples=["2026-01-05T09:00:00"], description="Wall clock, no offset")]


class Rotation(Input):
    """Turns of `every` units, handed over at the wall-clock time of `start`."""

    unit: Literal["hour", "day", "week"]
    every: Annotated[int, Field(ge=1, le=8784)] = 1
    start: Local
    users: Annotated[list[Ident], Field(min_length=1, max_length=500)]


class Layer(Input):
    """A later layer hides the earlier ones where it has somebody."""

    name: Name
    rotation: Rotation
    until: Local | None = None


class OverrideInput(Input):
    """Somebody else on call, end exclusive."""

    user_id: Ident
    start: Moment
    end: Moment

    def to_domain(self, ident: str, created_at: float) -> domain.Override:
        return domain.Override(ident, self.user_id, self.start.timestamp(), self.end.timestamp(), created_at)


class ScheduleInput(Input):
    """What is saved."""

    name: Name
    zone: Annotated[str, Field(max_length=64, examples=["Europe/Berlin"])]
    layers: Annotated[list[Layer], Field(min_length=1, max_length=50)]
    team_id: Ident | None = None

    def to_domain(self, ident: str, overrides: tuple[domain.Override, ...] = ()) -> domain.Schedule:
        layers = tuple(
            domain.Layer(
                x.name,
                domain.Rotation(x.rotation.unit, x.rotation.every, x.rotation.start, tuple(x.rotation.users)),
                x.until,
            )
            for x in self.layers
        )
        return domain.Schedule(ident, self.name, self.zone, layers, overrides, self.team_id)


class Override(Output):
    """A saved override."""

    id: str
    user_id: str
    start: datetime
    end: datetime


class Schedule(Output):
    """A saved schedule."""

    id: str
    name: str
    zone: str
    team_id: str | None
    layers: list[Layer]
    overrides: list[Override]


class ScheduleList(Output):
    """All schedules."""

    items: list[Schedule]


class PreviewRequest(Input):
    """A definition and a window of at most 400 days; nothing is saved."""

    schedule: ScheduleInput
    overrides: Annotated[list[OverrideInput], Field(max_length=1000)] = Field(default_factory=list)
    start: Moment
    end: Moment


class Shift(Output):
    """`source`: the layer or override it comes from."""

    user_id: str
    start: datetime
    end: datetime
    source: str


class Gap(Output):
    """Nobody is on call."""

    start: datetime
    end: datetime


class Preview(Output):
    """The final line of the window."""

    shifts: list[Shift]
    gaps: list[Gap]


class OnCallEntry(Output):
    """Who is on call in one schedule. `until`: when that may change."""

    schedule_id: str
    schedule: str
    user_ids: list[str]
    users: list[str]
    until: datetime | None
    next_user_ids: list[str]


class OnCallList(Output):
    """All schedules at one instant."""

    at: datetime
    items: list[OnCallEntry]
