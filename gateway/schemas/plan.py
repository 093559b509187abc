"""Plans: what would happen if an alert came now, or at another instant, and nobody answered."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from domain.alert import AlertEvent
from domain.alert import Severity as DomainSeverity
from gateway.schemas.base import Ident, Input, Line, Moment, Output, Severity, Text


class TriedAlert(Input):
    """An alert in our words, as an integration would have read it."""

    title: Annotated[Line, Field(min_length=1)] = "An alert"
    severity: Severity | None = Field(None, description="Null: the integration's default")
    labels: Annotated[dict[Line, Line], Field(max_length=100)] = Field(default_factory=dict)
    description: Text = ""
    group_key: Line | None = Field(None, description="The sender's own group")
    status: Literal["firing", "resolved"] = "firing"

    def to_domain(self, at: float) -> AlertEvent:
        """Starts at the instant that is asked about."""
        severity = DomainSeverity(self.severity) if self.severity is not None else None
        return AlertEvent(
            dedup_key="plan",
            status=self.status,
            title=self.title,
            severity=severity,
            description=self.description,
            group_key=self.group_key,
            labels=self.labels,
            starts_at=at,
        )


class PlanRequest(Input):
    """Give either `alert`, or `payload` as the sender posts it. Nothing is saved, nobody is called."""

    integration_id: Ident
    alert: TriedAlert | None = None
    payload: Any = Field(None, description="A body as the sender posts it", examples=[{"title": "Disk full"}])
    at: Moment | None = Field(None, description="When it arrives; default: now")


class PlannedPage(Output):
    """One page. `after_s`: since the alert."""

    at: datetime
    after_s: float
    contact_method_id: str
    channel: str | None = Field(description="Null: the contact method is gone")
    contact: str
    address_hint: str
    rule: int = Field(description="Which of the person's rules, from 1")
    fallback: bool = Field(description="Not of the person's choice: it comes when their own rules are through")


class PlannedCall(Output):
    """A person who is called upon. Without a schedule the step names the person."""

    user_id: str
    user: str
    urgency: str
    schedule_id: str | None
    schedule: str | None
    source: str | None = Field(description="layer:NAME, override:ID or temporary:ID:LAYER of the shift")
    shift_end: datetime | None
    pages: list[PlannedPage]


class PlannedMoment(Output):
    """Something that happens. `kind` and `text` are those of the timeline."""

    at: datetime
    after_s: float
    kind: str
    text: str
    calls: list[PlannedCall]


class PlanWarning(Output):
    """`kind` is stable. `step` counts from 1."""

    kind: str
    text: str
    step: int | None = None
    user_id: str | None = None


class PlannedIncident(Output):
    """One incident, from its first alert to the first call of the last resort."""

    line: str
    title: str
    severity: Severity | None
    alerts: int
    rule: str = Field(description="Which rule sends it there")
    why: list[str] = Field(description="The conditions that held")
    grouped_by: str
    policy_id: str
    policy: str | None
    policy_version: int | None
    service_id: str | None
    service: str | None
    team_id: str | None
    team: str | None
    open: str | None = Field(None, description="Id of the incident that is open there now: the alert would join it")
    opens: bool = Field(description="False: it opens no incident, because it resolves")
    first_page_at: datetime | None
    pages: int
    complete: bool = Field(description="False: the plan is longer than this answer")
    moments: list[PlannedMoment]
    warnings: list[PlanWarning]


class Plan(Output):
    """What would happen. `problems`: what failed on the way and was done without. `warnings`: of the request."""

    at: datetime
    integration_id: str
    integration: str
    configuration_version: int
    incidents: list[PlannedIncident]
    omitted: int = Field(description="Incidents beyond those shown")
    problems: list[str]
    warnings: list[str]
