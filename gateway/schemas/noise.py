"""What keeps people from being paged: silences and maintenance."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from domain import configuration as domain
from domain.matcher import Matcher as DomainMatcher
from gateway.schemas.base import Ident, Input, Moment, Name, Output, Status, Text
from gateway.schemas.policies import StepWindow
from gateway.schemas.routing import Matcher

CLOCK_S = 5.0
"""A silence made now began a little before: hosts know the database's time to within a round trip, never ahead of it,
and an alert that is sent after the answer must be under it."""
Minutes = Annotated[int, Field(ge=1, le=60 * 24 * 400)]


class SilenceTimes(Input):
    """When it holds. Give either `ends_at` or `minutes` from its start. `starts_at`: null is now."""

    starts_at: Moment | None = None
    ends_at: Moment | None = None
    minutes: Minutes | None = None
    comment: Text = ""

    def span(self, now: float, started: float | None = None) -> tuple[float, float]:
        """Start and end, UTC epoch seconds; `started`: the start where none is given. The end is 0 if it is unclear."""
        begun = now - CLOCK_S if started is None else started
        start = self.starts_at.timestamp() if self.starts_at is not None else begun
        if (self.ends_at is None) == (self.minutes is None):
            return start, 0.0
        end = self.ends_at.timestamp() if self.ends_at is not None else max(start, now) + 60.0 * (self.minutes or 0)
        return start, end


class SilenceInput(SilenceTimes):
    """Alerts that fit all matchers, of the integration, service and team named, page nobody."""

    matchers: Annotated[list[Matcher], Field(max_length=20)] = Field(default_factory=list)
    integration_id: Ident | None = None
    service_id: Ident | None = None
    team_id: Ident | None = None

    def to_domain(self, ident: str, by: str, now: float) -> domain.Silence:
        start, end = self.span(now)
        return domain.Silence(
            id=ident,
            matchers=tuple(DomainMatcher(m.label, m.op, m.value) for m in self.matchers),
            starts_at=start,
            ends_at=end,
            comment=self.comment,
            created_by=by,
            integration_id=self.integration_id,
            service_id=self.service_id,
            team_id=self.team_id,
        )


class Silence(Output):
    """A silence. What it fits stays as it was made; make another to change that."""

    id: str
    state: Literal["pending", "active", "over"]
    matchers: list[Matcher]
    integration_id: str | None
    service_id: str | None
    team_id: str | None
    starts_at: datetime
    ends_at: datetime
    comment: str
    created_by: str
    created_at: datetime


class SilenceList(Output):
    """The last to end first."""

    items: list[Silence]


class Fitted(Output):
    """An incident with alerts that the silence fits. `whole`: all that fires in it, so that it would page nobody."""

    id: str
    title: str
    status: Status
    opened_at: datetime
    alerts: int = Field(description="That fit, of those shown of the incident")
    whole: bool


class SilencePreview(Output):
    """`open`: fitted by alerts that fire now; they go on, a silence is for incidents that open later.

    `recent`: no longer open, from the last 24 hours. `complete` false: there were more incidents than looked at.
    """

    open: list[Fitted]
    recent: list[Fitted]
    complete: bool


class MaintenanceInput(Input):
    """Work during which nobody is paged. `starts_at`: null is now. With `windows` only while one of them is open."""

    name: Name
    starts_at: Moment | None = None
    ends_at: Moment | None = Field(None, description="Null, with windows: until it is deleted")
    windows: Annotated[list[StepWindow], Field(max_length=20)] = Field(default_factory=list)
    integration_ids: Annotated[list[Ident], Field(max_length=500)] = Field(
        default_factory=list, description="These, and service_ids; neither: everything"
    )
    service_ids: Annotated[list[Ident], Field(max_length=500)] = Field(default_factory=list)
    comment: Text = ""

    def to_domain(self, ident: str, by: str, now: float) -> domain.Maintenance:
        return domain.Maintenance(
            id=ident,
            name=self.name,
            starts_at=self.starts_at.timestamp() if self.starts_at is not None else now - CLOCK_S,
            ends_at=self.ends_at.timestamp() if self.ends_at is not None else None,
            windows=tuple(w.to_domain() for w in self.windows),
            integration_ids=tuple(dict.fromkeys(self.integration_ids)),
            service_ids=tuple(dict.fromkeys(self.service_ids)),
            comment=self.comment,
            created_by=by,
        )


class Opened(Output):
    """A stretch of time in which nobody is paged."""

    start: datetime
    end: datetime | None


class Maintenance(Output):
    """Work during which nobody is paged. `next`: of the coming 60 days, the present one included, the first ones."""

    id: str
    name: str
    starts_at: datetime
    ends_at: datetime | None
    windows: list[StepWindow]
    integration_ids: list[str]
    service_ids: list[str]
    comment: str
    created_by: str
    created_at: datetime
    open: bool = Field(description="Now")
    next: list[Opened]


class MaintenanceList(Output):
    """By name."""

    items: list[Maintenance]
