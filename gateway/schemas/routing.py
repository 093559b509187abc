"""Routes, grouping, services, integrations."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from domain import configuration as domain
from domain import flap
from domain import service as services
from domain.alert import Link as DomainLink
from domain.alert import Severity as DomainSeverity
from domain.window import Window as DomainWindow
from gateway.schemas.base import (
    Clock,
    Input,
    Line,
    Name,
    Output,
    PolicyId,
    ServiceId,
    Severity,
    Status,
    TeamId,
    Text,
    Weekday,
)

IntegrationType = Literal["generic", "grafana", "prometheus"]
Url = Annotated[str, Field(max_length=1024, pattern="^(https?://[^\\x00-\\x20]+)?$")]


WaitS = Annotated[float, Field(allow_inf_nan=False)]


class Matcher(Input):
    """A condition on a label: equal, not equal, the pattern fits the whole value, or does not."""

    label: Annotated[Line, Field(min_length=1)]
    op: Literal["=", "!=", "=~", "!~"] = "="
    value: Line


class RuleWindow(Input):
    """Hours on the wall clock of a zone. An end at or before the start is that of the next day."""

    zone: Annotated[str, Field(max_length=64, examples=["Europe/Berlin"])]
    start: Clock = "00:00"
    end: Clock = "00:00"
    weekdays: Annotated[list[Weekday], Field(max_length=7)] = Field(
        default_factory=list, description="0 Monday to 6 Sunday; empty: every day"
    )


class Grouping(Input):
    """What makes one incident."""

    labels: Annotated[list[Line], Field(max_length=20)] = Field(default_factory=list)
    by_sender: bool = Field(True, description="Without labels: by the sender's own group, else each alert by itself")
    window_s: Annotated[float, Field(allow_inf_nan=False)] | None = Field(
        None, description="Only alerts that started in the same span of so many seconds; spans are counted in UTC"
    )


class Route(Input):
    """A rule: where alerts go for which all conditions hold. The first one decides, unless it goes on."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    name: Line = ""
    matchers: Annotated[list[Matcher], Field(max_length=20)] = Field(default_factory=list)
    severities: Annotated[list[Severity], Field(max_length=4)] = Field(default_factory=list)
    expression: Annotated[str, Field(max_length=2000, description="CEL over alert and payload")] = ""
    windows: Annotated[list[RuleWindow], Field(max_length=10)] = Field(default_factory=list)
    policy_id: PolicyId | None = None
    service_id: ServiceId | None = None
    team_id: TeamId | None = None
    severity: Severity | None = None
    grouping: Grouping | None = None
    goes_on: Annotated[
        bool, Field(alias="continue", description="Send it there in addition to where it goes without this rule")
    ] = False
    wait_s: WaitS | None = Field(None, description="Instead of the integration's")

    def to_domain(self) -> domain.Route:
        grouping = self.grouping
        return domain.Route(
            matchers=tuple(domain.Matcher(m.label, m.op, m.value) for m in self.matchers),
            policy_id=self.policy_id,
            team_id=self.team_id,
            name=self.name,
            service_id=self.service_id,
            severities=tuple(DomainSeverity(s) for s in self.severities),
            expression=self.expression,
            windows=tuple(DomainWindow(w.zone, tuple(w.weekdays), w.start, w.end) for w in self.windows),
            severity=DomainSeverity(self.severity) if self.severity is not None else None,
            grouping=domain.Grouping(tuple(grouping.labels), grouping.by_sender, grouping.window_s)
            if grouping is not None
            else None,
            goes_on=self.goes_on,
            wait_s=self.wait_s,
        )


Routes = Annotated[list[Route], Field(max_length=10_000)]


class RoutingRules(Input):
    """Rules of the whole organisation; they come before those of each integration."""

    routes: Routes


TemplateText = Annotated[str, Field(max_length=4096)]
LabelName = Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[A-Za-z_][A-Za-z0-9_.-]*$")]


class LinkTemplate(Input):
    """A place to look, made of an alert."""

    href: Annotated[TemplateText, Field(min_length=1)]
    text: TemplateText = ""


class Templates(Input):
    """Jinja2 over alert and payload, in a sandbox. None keeps what is there; so do an empty result and a failure."""

    title: TemplateText = ""
    message: TemplateText = ""
    severity: TemplateText = Field("", description="One of critical, error, warning, info")
    group_key: TemplateText = Field("", description="Alerts with the same one are an incident")
    runbook: TemplateText = ""
    links: Annotated[list[LinkTemplate], Field(max_length=5)] = Field(default_factory=list)
    labels: Annotated[dict[LabelName, TemplateText], Field(max_length=20)] = Field(
        default_factory=dict, description="Made first; routes, grouping and the other templates see them"
    )

    def to_domain(self) -> domain.Templates:
        links = tuple(domain.LinkTemplate(link.href, link.text) for link in self.links)
        return domain.Templates(
            self.title, self.message, self.severity, self.group_key, self.runbook, links, dict(self.labels)
        )


class Flapping(Input):
    """What counts as coming and going, and how long it must be quiet until an incident that does so resolves."""

    refires: Annotated[int, Field(ge=1, le=20, description="So often over at its source and back again")] = 3
    within_s: Annotated[float, Field(ge=60, le=86_400)] = 1800.0
    settle_s: Annotated[float, Field(ge=10, le=86_400)] = 600.0

    def to_domain(self) -> flap.Flapping:
        return flap.Flapping(self.refires, self.within_s, self.settle_s)


class IntegrationInput(Input):
    """What is saved. Policy, service and team are its default route. `group_by` and what follows is its grouping."""

    name: Name
    type: IntegrationType
    policy_id: PolicyId
    service_id: ServiceId | None = None
    team_id: TeamId | None = None
    default_severity: Severity = "critical"
    routes: Routes = Field(default_factory=list)
    group_by: Annotated[list[Line], Field(max_length=20)] = Field(
        default_factory=list, description="Labels that make one incident"
    )
    group_by_sender: bool = Field(True, description="Without group_by: by the sender's own group")
    group_window_s: Annotated[float, Field(allow_inf_nan=False)] | None = None
    templates: Templates = Field(default_factory=Templates)
    wait_s: WaitS = Field(0, description="Time an incident has to resolve by itself before anybody is paged")
    auto_resolve_s: WaitS | None = Field(
        None, description="Resolve what was not heard firing for so long; dangerous, see docs/noise.md"
    )
    flapping: Flapping | None = Field(default_factory=Flapping, description="null: never flapping")

    def to_domain(self, ident: str) -> domain.Integration:
        return domain.Integration(
            id=ident,
            name=self.name,
            type=self.type,
            policy_id=self.policy_id,
            team_id=self.team_id,
            default_severity=DomainSeverity(self.default_severity),
            routes=tuple(route.to_domain() for route in self.routes),
            group_by=tuple(self.group_by),
            service_id=self.service_id,
            group_by_sender=self.group_by_sender,
            group_window_s=self.group_window_s,
            templates=self.templates.to_domain(),
            wait_s=self.wait_s,
            auto_resolve_s=self.auto_resolve_s,
            flapping=self.flapping.to_domain() if self.flapping is not None else None,
        )


class Integration(Output):
    """Where alerts come in."""

    id: str
    name: str
    type: IntegrationType
    policy_id: str
    service_id: str | None
    team_id: str | None
    default_severity: Severity
    routes: list[Route]
    group_by: list[str]
    group_by_sender: bool
    group_window_s: float | None
    templates: Templates
    wait_s: float = 0
    auto_resolve_s: float | None = None
    flapping: Flapping | None


class IntegrationList(Output):
    """All integrations."""

    items: list[Integration]


class Link(Input):
    """A place to look."""

    href: Annotated[Url, Field(min_length=1)]
    text: Line = ""


class ServiceInput(Input):
    """What is saved. `depends_on`: the services it needs, not in a circle."""

    name: Name
    team_id: TeamId | None = None
    policy_id: PolicyId | None = None
    tier: Annotated[int, Field(ge=1, le=4, description="1 matters most")] = 3
    description: Text = ""
    runbook: Url = ""
    links: Annotated[list[Link], Field(max_length=20)] = Field(default_factory=list)
    depends_on: Annotated[list[ServiceId], Field(max_length=100)] = Field(default_factory=list)

    def to_domain(self, ident: str) -> services.Service:
        return services.Service(
            id=ident,
            name=self.name,
            team_id=self.team_id,
            policy_id=self.policy_id,
            tier=self.tier,
            description=self.description,
            runbook=self.runbook,
            links=tuple(DomainLink(link.href, link.text) for link in self.links),
            depends_on=tuple(dict.fromkeys(self.depends_on)),
        )


class Service(Output):
    """Something that can fail, and who looks after it."""

    id: str
    name: str
    team_id: str | None
    policy_id: str | None
    tier: int
    description: str
    runbook: str
    links: list[Link]
    depends_on: list[str]
    needed_by: list[str] = Field(description="Services that depend on it")


class ServiceList(Output):
    """All services."""

    items: list[Service]


class Related(Output):
    """An incident that is open too, of a service that this incident's service needs, or that needs it."""

    id: str
    title: str
    status: Status
    severity: Severity
    service_id: str
    service: str
    relation: Literal["same", "upstream", "downstream"] = Field(description="upstream: what this service needs")
    steps: int = Field(description="Dependencies between the two services")

    @classmethod
    def of(cls, body: dict[str, Any], service: str, relation: str, steps: int) -> Related:
        """From the read model."""
        same = {k: body[k] for k in ("id", "title", "status", "severity", "service_id")}
        return cls.model_validate({**same, "service": service, "relation": relation, "steps": steps})


class PreviewRequest(Input):
    """What would become of it? `integration`: settings to try instead of the saved ones. Nothing is saved or sent."""

    payload: Any = Field(description="A body as the sender posts it", examples=[{"title": "Disk full"}])
    integration: IntegrationInput | None = None


class PreviewedAlert(Output):
    """One alert as it would be taken."""

    title: str
    status: Literal["firing", "resolved"]
    severity: Severity
    description: str
    labels: dict[str, str]
    links: list[dict[str, str]]
    dedup_key: str
    group_key: str | None
    silenced_by: list[str]


class PreviewedIncident(Output):
    """An incident line that the alerts would go to."""

    line: str
    rule: str = Field(description="Why it goes there")
    policy_id: str
    policy: str
    service_id: str | None
    team_id: str | None
    open: str | None = Field(description="Id of the incident that is open there now")
    alerts: list[PreviewedAlert]


class Preview(Output):
    """`problems`: what failed, and was done without. `warnings`: what would go wrong later."""

    incidents: list[PreviewedIncident]
    problems: list[str]
    warnings: list[str]
