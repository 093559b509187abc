"""The whole configuration of an installation as one immutable value.

Every decision takes it as an argument (`ctx.env`), so what is previewed is what will happen. `version`
rises by one with every saved change.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from domain.alert import Severity
from domain.holidays import Holidays
from domain.people import Team, User
from domain.policy import Policy, Target
from domain.rota import Rota
from domain.schedule import Schedule

IntegrationType = Literal["generic", "grafana", "prometheus"]


@dataclass(frozen=True, slots=True)
class Matcher:
    """A condition on an alert's labels. `op`: "=" equal, "!=" not equal; a missing label is ""."""

    label: str
    op: Literal["=", "!="]
    value: str


@dataclass(frozen=True, slots=True)
class Route:
    """The first route whose matchers all hold decides the policy; severity override optional."""

    matchers: tuple[Matcher, ...]
    policy_id: str
    team_id: str | None = None


@dataclass(frozen=True, slots=True)
class Integration:
    """Where alerts come in. `policy_id` is the default route. `group_by`: labels that make one incident;

    empty means the sender's own group (Alertmanager's groupKey) or else the alert's dedup key.
    """

    id: str
    name: str
    type: IntegrationType
    policy_id: str
    team_id: str | None = None
    default_severity: Severity = Severity.CRITICAL
    routes: tuple[Route, ...] = ()
    group_by: tuple[str, ...] = ()


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
    holidays: Mapping[str, Holidays] = field(default_factory=dict)
    """Holiday calendars. A schedule carries its own copy of those that it names."""
    rota: Rota = field(default_factory=Rota)
    """What hand-offs do besides changing who is on call, and who wishes to be told."""
