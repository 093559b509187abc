"""Escalation policies."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from domain import policy as domain
from domain.alert import Severity as DomainSeverity
from domain.matcher import Matcher as DomainMatcher
from domain.window import Window
from gateway.schemas.base import Ident, Input, Moment, Name, Output, PolicyId, Ref, Severity, TeamId
from gateway.schemas.plan import TriedAlert
from gateway.schemas.routing import Matcher, RuleWindow


class Target(Input):
    """A user, all members of a team, people of a schedule as it is at that moment, or a destination."""

    REFERS: ClassVar[str] = "id"
    """This field names a thing of the kind that `kind` says."""

    kind: Literal["user", "schedule", "team", "destination"]
    id: Ident
    who: Literal["on_call", "next", "all_layers"] = Field(
        "on_call", description="Of a schedule: on call; on call after the next hand-off; or whom any layer has"
    )

    def to_domain(self) -> domain.Target:
        return domain.Target(self.kind, self.id, self.who)


class StepWindow(RuleWindow):
    """Hours on the wall clock of a zone, but not on holidays, or only on them."""

    holidays: Annotated[
        str, Field(max_length=100, description="Id of a holiday calendar, or empty"), Ref("holiday calendar")
    ] = ""
    on_holidays: Literal["never", "only"] = "never"

    def to_domain(self) -> Window:
        return Window(self.zone, tuple(self.weekdays), self.start, self.end, self.holidays, self.on_holidays)


class Conditions(Input):
    """When a step is taken: if all that is said here holds. Else it is passed over, and the timeline says why."""

    windows: Annotated[list[StepWindow], Field(max_length=10, description="The time is in any of them")] = Field(
        default_factory=list
    )
    severities: Annotated[list[Severity], Field(max_length=4, description="The incident's is any of them")] = Field(
        default_factory=list
    )
    matchers: Annotated[list[Matcher], Field(max_length=20, description="One alert that fires has them all")] = Field(
        default_factory=list
    )
    more_than: Annotated[int, Field(ge=0, le=1_000)] | None = Field(
        None, description="More alerts than this began to fire in the last within_s seconds"
    )
    within_s: Annotated[float, Field(ge=0, le=86_400, allow_inf_nan=False)] = 0

    def to_domain(self) -> domain.Conditions:
        return domain.Conditions(
            windows=tuple(w.to_domain() for w in self.windows),
            severities=tuple(DomainSeverity(s) for s in self.severities),
            matchers=tuple(DomainMatcher(m.label, m.op, m.value) for m in self.matchers),
            more_than=self.more_than,
            within_s=self.within_s,
        )


class Step(Input):
    """Call `targets`, then wait `wait_s` seconds for an acknowledgement. Without targets it only waits."""

    targets: Annotated[list[Target], Field(max_length=50)] = Field(default_factory=list)
    wait_s: Annotated[float, Field(ge=0, le=604_800, allow_inf_nan=False, examples=[300])] = 0
    important: bool = Field(True, description="Use people's urgent rules, else their normal ones")
    when: Conditions | None = Field(None, description="Null: the step is always taken")
    major: bool = Field(False, description="Declare a major incident")
    severity: Severity | None = Field(None, description="With major: the incident is at least this bad from now on")
    resolve: bool = Field(False, description="Resolve the incident")
    round_robin: bool = Field(False, description="Call one of its people: whoever was called by it longest ago")

    def to_domain(self) -> domain.Step:
        return domain.Step(
            targets=tuple(t.to_domain() for t in self.targets),
            wait_s=self.wait_s,
            important=self.important,
            when=self.when.to_domain() if self.when is not None else None,
            major=self.major,
            severity=DomainSeverity(self.severity) if self.severity is not None else None,
            resolve=self.resolve,
            round_robin=self.round_robin,
        )


OfOrganisation = Literal["organisation"]
ORGANISATION: OfOrganisation = "organisation"
"""As the vigil of a policy: the one that `GET /organisation` shows."""


class Vigil(Input):
    """When people are called again for an incident that somebody has acknowledged. Null switches one reason off."""

    grows_by: Annotated[float, Field(ge=1.5, le=1_000, allow_inf_nan=False)] | None = Field(
        3.0, description="So many times the alerts fire, and at least five more"
    )
    label: Annotated[str, Field(max_length=128, description="A new value of it among the alerts; empty: none")] = ""
    severity: bool = Field(True, description="It is worse than anybody was told")
    timeout_s: Annotated[float, Field(ge=60, le=2_592_000, allow_inf_nan=False)] | None = Field(
        14_400, description="No human did anything with it for so long"
    )
    remind_before_s: Annotated[float, Field(ge=30, le=2_592_000, allow_inf_nan=False)] | None = Field(
        1_800, description="So long before the timeout whoever acknowledged it is reminded"
    )
    shift_end: bool = Field(True, description="The shift of whoever acknowledged it ends")
    gap_s: Annotated[float, Field(ge=60, le=86_400, allow_inf_nan=False, description="Between two times")] = 600

    def to_domain(self) -> domain.Vigil:
        return domain.Vigil(**self.model_dump())


class Organisation(Input):
    """What holds for all policies that say nothing else."""

    vigil: Vigil | None = Field(
        default_factory=Vigil, description="Null: an acknowledgement counts until it is taken back"
    )


class PolicyInput(Input):
    """What is saved. Open incidents keep the version they started with."""

    name: Name
    team_id: TeamId | None = None
    steps: Annotated[list[Step], Field(min_length=1, max_length=50)]
    repeat: Annotated[int, Field(ge=0, le=20)] = Field(0, description="Runs after the first, before the last resort")
    vigil: Vigil | OfOrganisation | None = Field(
        ORGANISATION, description="Null: an acknowledgement counts until it is taken back"
    )
    required_acknowledgements: Annotated[int, Field(ge=1, le=10)] = Field(
        1, description="So many people must acknowledge before the escalation stops"
    )

    def to_domain(self, ident: str, version: int, organisation: domain.Vigil | None) -> domain.Policy:
        """`organisation`: the vigil of policies that have none of their own."""
        steps = tuple(step.to_domain() for step in self.steps)
        own = self.vigil.to_domain() if isinstance(self.vigil, Vigil) else None
        vigil = organisation if self.vigil == ORGANISATION else own
        required = self.required_acknowledgements
        return domain.Policy(ident, self.name, version, steps, self.repeat, self.team_id, vigil, required)


class Policy(Output):
    """A policy at its current version."""

    id: str
    name: str
    team_id: str | None
    steps: list[Step]
    repeat: int
    vigil: Vigil | OfOrganisation | None
    required_acknowledgements: int
    version: int


class PolicyList(Output):
    """All policies."""

    items: list[Policy]


class PolicyTrial(Input):
    """A policy that is not saved, an alert, and when it comes (default: now)."""

    policy: PolicyInput
    replaces: PolicyId | None = None
    alert: TriedAlert = Field(default_factory=TriedAlert)
    at: Moment | None = None


class PolicyUse(Output):
    """Something that leads to a policy. `rule`: which of its routing rules does; empty: it does itself."""

    policy_id: str
    kind: Literal["service", "integration", "heartbeat", "organisation"]
    id: str
    name: str
    rule: str = ""


class PolicyUses(Output):
    """All of them."""

    items: list[PolicyUse]


class LastResort(Input):
    """Who is called when nobody else can be; never empty."""

    targets: Annotated[list[Target], Field(min_length=1, max_length=50)]
