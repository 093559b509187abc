"""What the configuration as code says that the API says in several resources."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from domain.configuration import Silence
from domain.matcher import Matcher as DomainMatcher
from gateway.schemas.base import (
    Input,
    IntegrationId,
    KeyedBy,
    Line,
    Moment,
    Name,
    Part,
    ServiceId,
    TeamId,
    Text,
    Unordered,
)
from gateway.schemas.noise import MaintenanceInput
from gateway.schemas.people import ContactInput, Role, Rules
from gateway.schemas.rota import CalendarInput, HandoffSettings, ShiftNotices
from gateway.schemas.routing import Matcher
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


class SilenceBody(Input):
    """As `gateway/schemas/noise.SilenceInput`, with both times, because a tree is applied more than once."""

    matchers: Annotated[list[Matcher], Field(max_length=20)] = Field(default_factory=list)
    integration_id: IntegrationId | None = None
    service_id: ServiceId | None = None
    team_id: TeamId | None = None
    starts_at: Moment
    ends_at: Moment
    comment: Text = ""

    def to_domain(self, ident: str) -> Silence:
        """Without who made it."""
        return Silence(
            id=ident,
            matchers=tuple(DomainMatcher(m.label, m.op, m.value) for m in self.matchers),
            starts_at=self.starts_at.timestamp(),
            ends_at=self.ends_at.timestamp(),
            comment=self.comment,
            integration_id=self.integration_id,
            service_id=self.service_id,
            team_id=self.team_id,
        )


class MaintenanceBody(MaintenanceInput):
    """With its start, because a tree is applied more than once."""

    starts_at: Moment
    integration_ids: Annotated[list[IntegrationId], Field(max_length=500), Unordered()] = Field(default_factory=list)
    service_ids: Annotated[list[ServiceId], Field(max_length=500), Unordered()] = Field(default_factory=list)


class Managed(Input):
    """`lives_in`: where the tree is kept, for whoever is refused. `locked`: sections that only a tree may change."""

    lives_in: Line = ""
    locked: Annotated[list[Line], Field(max_length=50)] = Field(default_factory=list)
