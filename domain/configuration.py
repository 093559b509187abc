"""The whole configuration of an installation as one immutable value.

Every decision takes it as an argument (`ctx.env`), so what is previewed is what will happen. `version`
rises by one with every saved change.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from domain.alert import Severity
from domain.destination import Destination
from domain.expected import Heartbeat
from domain.flap import Flapping
from domain.holidays import Holidays
from domain.matcher import Matcher as Matcher
from domain.people import Team, User
from domain.policy import STANDARD, Policy, Target, Vigil
from domain.rota import Rota
from domain.schedule import Schedule
from domain.service import Service
from domain.window import Window

IntegrationType = Literal["generic", "grafana", "prometheus"]


@dataclass(frozen=True, slots=True)
class Grouping:
    """What makes one incident: the same values of `labels`; without any, the sender's own group if `by_sender`;

    else each alert by itself. `window_s`: alerts that started in the same span of so many seconds, spans counted from
    1970 on in UTC; None for any time apart.
    """

    labels: tuple[str, ...] = ()
    by_sender: bool = True
    window_s: float | None = None
    by_template: bool = False
    """The integration's own: the key that its template makes, where it makes one, comes first."""


@dataclass(frozen=True, slots=True)
class Route:
    """A rule. It applies if all its conditions hold, and then says where the alert goes; see domain/routing.py.

    Conditions: `matchers`; `severities`, any of them; `expression` in CEL; `windows`, the time being in any of them.
    Where: the policy, else that of the service, else the integration's; the same for the team. `severity` replaces the
    alert's, `grouping` the integration's. `goes_on`: the alert goes here too, besides where it goes without this rule.
    """

    matchers: tuple[Matcher, ...] = ()
    policy_id: str | None = None
    team_id: str | None = None
    name: str = ""
    service_id: str | None = None
    severities: tuple[Severity, ...] = ()
    expression: str = ""
    windows: tuple[Window, ...] = ()
    severity: Severity | None = None
    grouping: Grouping | None = None
    goes_on: bool = False
    wait_s: float | None = None
    """As the integration's, which it replaces."""


@dataclass(frozen=True, slots=True)
class LinkTemplate:
    """A place to look, made of an alert."""

    href: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Templates:
    """Words made of an alert instead of the sender's (domain/template.py).

    "" keeps what is there; so do an empty result and a failure. `labels` are made first and seen by the others, by
    routes and by grouping. `group_key`: alerts with the same one are an incident. `runbook` and `links` are added.
    """

    title: str = ""
    message: str = ""
    severity: str = ""
    group_key: str = ""
    runbook: str = ""
    links: tuple[LinkTemplate, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)

    def texts(self) -> dict[str, str]:
        """All of them by the path of their field, those that are empty left out."""
        found = {name: getattr(self, name) for name in ("title", "message", "severity", "group_key", "runbook")}
        for n, link in enumerate(self.links):
            found |= {f"links[{n}].href": link.href, f"links[{n}].text": link.text}
        found |= {f"labels.{name}": text for name, text in self.labels.items()}
        return {name: text for name, text in found.items() if text}


@dataclass(frozen=True, slots=True)
class Integration:
    """Where alerts come in. `policy_id`, `service_id` and `team_id` are the default route.

    `group_by`, `group_by_sender` and `group_window_s` are its grouping (see Grouping). `organisation_routes`: the rules
    of the organisation come before its own.
    """

    id: str
    name: str
    type: IntegrationType
    policy_id: str
    team_id: str | None = None
    default_severity: Severity = Severity.CRITICAL
    routes: tuple[Route, ...] = ()
    group_by: tuple[str, ...] = ()
    service_id: str | None = None
    group_by_sender: bool = True
    group_window_s: float | None = None
    organisation_routes: bool = True
    templates: Templates = field(default_factory=Templates)
    wait_s: float = 0.0
    """Time given to an incident to resolve by itself before anybody is paged."""
    auto_resolve_s: float | None = None
    """After so long without a firing of any of its alerts an incident is resolved (domain/unheard.py)."""
    flapping: Flapping | None = field(default_factory=Flapping)
    """None: an incident resolves with its source, however often."""

    @property
    def grouping(self) -> Grouping:
        """How alerts are grouped where no route says otherwise."""
        return Grouping(self.group_by, self.group_by_sender, self.group_window_s, by_template=True)


@dataclass(frozen=True, slots=True)
class Silence:
    """Alerts that fit all `matchers` page nobody from `starts_at` until `ends_at`, UTC epoch seconds: domain/noise.py.

    Only those of the integration, service and team that it names. What it fits stays as it was made; its times and
    `comment` may change. `created_by`: a name, for people.
    """

    id: str
    matchers: tuple[Matcher, ...]
    starts_at: float
    ends_at: float
    comment: str = ""
    created_by: str = ""
    integration_id: str | None = None
    service_id: str | None = None
    team_id: str | None = None


@dataclass(frozen=True, slots=True)
class Maintenance:
    """Work on services, or what some integrations watch, during which nobody is paged for them: domain/noise.py.

    Of these services and integrations; neither named: of everything. From `starts_at` until `ends_at` (UTC epoch
    seconds; None: until it is deleted), and if there are `windows` only while one of them is open.
    """

    id: str
    name: str
    starts_at: float
    ends_at: float | None
    windows: tuple[Window, ...] = ()
    integration_ids: tuple[str, ...] = ()
    service_ids: tuple[str, ...] = ()
    comment: str = ""
    created_by: str = ""


@dataclass(frozen=True, slots=True)
class Configuration:
    """Snapshot of all that decisions need; lookups by id."""

    version: int
    users: Mapping[str, User] = field(default_factory=dict)
    teams: Mapping[str, Team] = field(default_factory=dict)
    schedules: Mapping[str, Schedule] = field(default_factory=dict)
    policies: Mapping[str, Policy] = field(default_factory=dict)
    integrations: Mapping[str, Integration] = field(default_factory=dict)
    last_resort: tuple[Target, ...] = ()
    """Compulsory: whom to call when a page resolves to nobody or a policy is exhausted."""
    services: Mapping[str, Service] = field(default_factory=dict)
    routes: tuple[Route, ...] = ()
    """The organisation's rules, before those of each integration."""
    holidays: Mapping[str, Holidays] = field(default_factory=dict)
    """Holiday calendars. A schedule carries its own copy of those that it names."""
    rota: Rota = field(default_factory=Rota)
    """What hand-offs do besides changing who is on call, and who wishes to be told."""
    heartbeats: Mapping[str, Heartbeat] = field(default_factory=dict)
    silences: tuple[Silence, ...] = ()
    """Those that are not over; the times of a silence decide, not that it is here."""
    maintenance: tuple[Maintenance, ...] = ()
    """As silences."""
    destinations: Mapping[str, Destination] = field(default_factory=dict)
    """What steps call besides people."""
    vigil: Vigil | None = STANDARD
    """The organisation's; policies that follow it have it as theirs."""

    def called(self, ident: str) -> User | None:
        """Who or what pages with this id of a user or a destination go to."""
        destination = self.destinations.get(ident)
        return destination.called if destination is not None else self.users.get(ident)

    def name(self, ident: str) -> str:
        """Of a user or a destination; of what is gone the id is all there is."""
        found = self.users.get(ident) or self.destinations.get(ident)
        return found.name if found is not None else ident
