"""Schedules, their layers, and what they come to between two instants."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from pydantic import Field

from domain import schedule as domain
from gateway.schemas.base import (
    CalendarId,
    Clean,
    Clock,
    Input,
    Moment,
    Name,
    Output,
    Ref,
    ScheduleId,
    TeamId,
    UserId,
    Weekday,
)
from gateway.schemas.consequences import Consequence

Local = Annotated[str, Field(max_length=32, examples=["2026-01-05T09:00:00"], description="Wall clock, no offset")]
Zone = Annotated[str, Field(max_length=64, examples=["Europe/Berlin"])]
Note = Annotated[str, Field(max_length=500), Clean]


class Handoff(Input):
    """A hand-off in every week of a weekly rotation."""

    weekday: Weekday
    time: Clock


class Absence(Input):
    """Somebody takes no turn that begins in this time, but keeps their place; nobody else's turns move."""

    user: UserId
    start: Local
    end: Local | None = None
    stand_in: Annotated[UserId | None, Field(description="Null: the next in the list who is there")] = None


class Term(Input):
    """Somebody has a place in the order only for turns that begin in this time; null: unbounded."""

    user: UserId
    start: Local | None = None
    end: Local | None = None


class Rotation(Input):
    """Turns of `every` units, handed over at the wall-clock time of `start`, or at `handoffs`."""

    unit: Literal["hour", "day", "week", "month"]
    every: Annotated[int, Field(ge=1, le=8784)] = 1
    start: Local
    users: Annotated[list[UserId], Field(min_length=1, max_length=500)]
    handoffs: Annotated[list[Handoff], Field(max_length=168)] = Field(default_factory=list)
    absences: Annotated[list[Absence], Field(max_length=500)] = Field(default_factory=list)
    terms: Annotated[list[Term], Field(max_length=500)] = Field(default_factory=list)


class FixedShift(Input):
    """One shift, end exclusive."""

    user: UserId
    start: Moment
    end: Moment


class FixedShifts(Input):
    """Shifts that are written down. `source`: the calendar they are imported from; leave it away to enter them."""

    shifts: Annotated[list[FixedShift], Field(max_length=5000)] = Field(default_factory=list)
    source: CalendarId | None = None


class Window(Input):
    """A stretch of some weekdays. An end at or before the start is on the next day."""

    zone: Annotated[str, Field(max_length=64, description="Empty: that of the layer")] = ""
    weekdays: Annotated[list[Weekday], Field(max_length=7, description="Empty: every day")] = Field(
        default_factory=list
    )
    start: Clock = "00:00"
    end: Clock = "00:00"
    holidays: Annotated[
        str, Field(max_length=100, description="Id of a holiday calendar, or empty"), Ref("holiday calendar")
    ] = ""
    on_holidays: Literal["never", "only"] = "never"


class Layer(Input):
    """A rotation or fixed shifts. A later layer hides the earlier ones where it has somebody, unless `together`."""

    name: Name
    rotation: Rotation | None = None
    until: Local | None = None
    since: Local | None = None
    zone: Annotated[Zone | None, Field(description="Null: that of the schedule")] = None
    windows: Annotated[list[Window], Field(max_length=50)] = Field(default_factory=list)
    together: Annotated[bool, Field(description="On call with the layer before it, rather than instead of it")] = False
    fixed: FixedShifts | None = None

    def to_domain(self) -> domain.Layer:
        plain: dict[str, Any] = self.model_dump()
        for shift in (plain["fixed"] or {}).get("shifts", ()):
            shift["start"], shift["end"] = shift["start"].timestamp(), shift["end"].timestamp()
        return msgspec.convert(plain, domain.Layer)


Layers = Annotated[list[Layer], Field(min_length=1, max_length=50)]


class OverrideInput(Input):
    """A change by hand, end exclusive.

    replace: `user_id` is on call instead of `instead_of`, where they are, or of everybody.
    add: `user_id` is on call too. remove: `instead_of` is not on call, or nobody is.
    """

    kind: domain.OverrideKind = "replace"
    user_id: UserId | None = None
    instead_of: UserId | None = None
    start: Moment
    end: Moment
    note: Note = ""

    def to_domain(self, ident: str, created_at: float) -> domain.Override:
        return domain.Override(
            id=ident,
            user=self.user_id,
            start=self.start.timestamp(),
            end=self.end.timestamp(),
            created_at=created_at,
            kind=self.kind,
            instead_of=self.instead_of,
            note=self.note,
        )


class TemporaryInput(Input):
    """Between two instants the schedule is these layers, instead of its own and of overrides made before."""

    name: Name
    start: Moment
    end: Moment
    layers: Layers

    def to_domain(self, ident: str, created_at: float) -> domain.Temporary:
        layers = tuple(layer.to_domain() for layer in self.layers)
        start, end = self.start.timestamp(), self.end.timestamp()
        return domain.Temporary(ident, self.name, start, end, layers, created_at)


class ScheduleInput(Input):
    """What is saved."""

    name: Name
    zone: Zone
    layers: Layers
    team_id: TeamId | None = None

    def to_domain(self, ident: str) -> domain.Schedule:
        layers = tuple(layer.to_domain() for layer in self.layers)
        return domain.Schedule(ident, self.name, self.zone, layers, team_id=self.team_id)


class Made(Output):
    """By whom and when it was made, and perhaps taken back; it is kept then, and counts no more."""

    created_at: datetime
    created_by: str
    removed_at: datetime | None
    removed_by: str | None


class Override(Made):
    """A saved override."""

    id: str
    kind: domain.OverrideKind
    user_id: str | None
    instead_of: str | None
    start: datetime
    end: datetime
    note: str


class OverrideList(Output):
    """By start; with those taken back, if asked for."""

    items: list[Override]


class Temporary(Made):
    """A saved temporary schedule."""

    id: str
    name: str
    start: datetime
    end: datetime
    layers: list[Layer]


class TemporaryList(Output):
    """By start; with those taken back, if asked for."""

    items: list[Temporary]


class Schedule(Output):
    """A saved schedule with the overrides and temporary schedules that count."""

    id: str
    name: str
    zone: str
    team_id: str | None
    layers: list[Layer]
    overrides: list[Override]
    temporaries: list[Temporary]


class ScheduleList(Output):
    """All schedules."""

    items: list[Schedule]


class PreviewRequest(Input):
    """A definition and a window of at most 400 days; nothing is saved.

    Overrides and temporary schedules count in the order given, temporary schedules first; before them, those of the
    saved schedule that it `replaces`. `compare`: say what changes for people, against that or against nothing.
    """

    schedule: ScheduleInput
    overrides: Annotated[list[OverrideInput], Field(max_length=1000)] = Field(default_factory=list)
    temporaries: Annotated[list[TemporaryInput], Field(max_length=100)] = Field(default_factory=list)
    start: Moment
    end: Moment
    replaces: ScheduleId | None = None
    compare: bool = False


class Shift(Output):
    """`source`: "layer:NAME", "override:ID" or "temporary:ID:NAME of its layer"."""

    user_id: str
    start: datetime
    end: datetime
    source: str


class Gap(Output):
    """Nobody is on call."""

    start: datetime
    end: datetime


class Line(Output):
    """What one layer or temporary schedule has by itself. `id`: of the temporary schedule."""

    name: str
    id: str | None = None
    shifts: list[Shift]


class Change(Output):
    """An override within the window, clipped to it."""

    id: str
    kind: domain.OverrideKind
    user_id: str | None
    instead_of: str | None
    start: datetime
    end: datetime


class Preview(Output):
    """The final line of the window with its gaps, and what it is made of: layers lowest first, then changes by hand."""

    shifts: list[Shift]
    gaps: list[Gap]
    layers: list[Line]
    temporaries: list[Line]
    overrides: list[Change]


class TriedPreview(Preview):
    """The same of a definition that is not saved. `consequences`: where they were asked for."""

    consequences: list[Consequence]


class ScheduleLine(Output):
    """The final line of one schedule."""

    schedule_id: str
    schedule: str
    zone: str
    shifts: list[Shift]
    gaps: list[Gap]


class Timeline(Output):
    """Schedules by name."""

    items: list[ScheduleLine]


class Reach(Output):
    """A contact method that pages go to; of the address only a hint."""

    channel: str
    label: str
    address_hint: str
    verified: bool


class OnCallEntry(Output):
    """Who is on call in one schedule. `until`: when that may change. `reach`: how, for each of them in their order."""

    schedule_id: str
    schedule: str
    zone: str
    user_ids: list[str]
    users: list[str]
    reach: list[list[Reach]]
    until: datetime | None
    next_user_ids: list[str]


class OnCallList(Output):
    """All schedules at one instant. `version`: of the configuration that this is answered by."""

    at: datetime
    version: int
    items: list[OnCallEntry]


class RotaChanged(Output):
    """Said to open pages: who is on call, or what is asked about it, may be different. `version`: the configuration;

    `people`: somebody's or a team's name is among what changed in it.
    """

    type: Literal["rota"] = "rota"
    version: int
    people: bool
