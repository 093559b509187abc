"""What the configuration as code says that the API says in several resources."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from gateway.schemas.base import Input, KeyedBy, Line, Moment, Name, Part
from gateway.schemas.people import ContactInput, Role, Rules
from gateway.schemas.rota import CalendarInput, HandoffSettings, ShiftNotices
from gateway.schemas.schedules import OverrideInput, ScheduleInput, TemporaryInput, Window

Key = Annotated[str, Field(min_length=1, max_length=300)]


class UserBody(Input):
    """A person, by e-mail address. Passwords, keys and sessions are no part of a tree."""

    name: Name
    role: Role = "responder"
    zone: Annotated[str, Field(max_length=64)] = "UTC"
    active: bool = True
    contacts: Annotated[Annotated[dict[Key, ContactInput], Field(max_length=50), KeyedBy("label")] | None, Part()] = (
        None
    )
    rules: Annotated[Rules | None, Part()] = None
    quiet_hours: Annotated[Annotated[list[Window], Field(max_length=50)] | None, Part()] = None
    shift_notices: Annotated[ShiftNotices | None, Part()] = None


class OverrideBody(OverrideInput):
    """`made`: when; those that overlap apply in that order. Left away: now, or when it was."""

    made: Moment | None = None


class TemporaryBody(TemporaryInput):
    """`made` as in an override."""

    made: Moment | None = None


class ScheduleBody(ScheduleInput):
    """A schedule with all its parts. `calendars`: imported ones; a layer of one says so in `fixed.source`."""

    overrides: Annotated[list[OverrideBody] | None, Part()] = None
    temporaries: Annotated[list[TemporaryBody] | None, Part()] = None
    calendars: Annotated[Annotated[dict[Key, CalendarInput], Field(max_length=10), KeyedBy("layer")] | None, Part()] = (
        None
    )
    hand_off: Annotated[HandoffSettings | None, Part()] = None


class Managed(Input):
    """`lives_in`: where the tree is kept, for whoever is refused. `locked`: sections that only a tree may change."""

    lives_in: Line = ""
    locked: Annotated[list[Line], Field(max_length=50)] = Field(default_factory=list)
