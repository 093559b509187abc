"""Escalation policies."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from domain import policy as domain
from gateway.schemas.base import Ident, Input, Name, Output


class Target(Input):
    """A user, or whoever is on call in a schedule at that moment."""

    kind: Literal["user", "schedule"]
    id: Ident

    def to_domain(self) -> domain.Target:
        return domain.Target(self.kind, self.id)


class Step(Input):
    """Call `targets`, then wait `wait_s` seconds for an acknowledgement. Without targets it only waits."""

    targets: Annotated[list[Target], Field(max_length=50)] = Field(default_factory=list)
    wait_s: Annotated[float, Field(ge=0, le=604_800, allow_inf_nan=False, examples=[300])]
    important: bool = Field(True, description="Use people's urgent rules, else their normal ones")


class PolicyInput(Input):
    """What is saved. Open incidents keep the version they started with."""

    name: Name
    team_id: Ident | None = None
    steps: Annotated[list[Step], Field(min_length=1, max_length=50)]
    repeat: Annotated[int, Field(ge=0, le=20)] = Field(0, description="Runs after the first, before the last resort")

    def to_domain(self, ident: str, version: int) -> domain.Policy:
        steps = tuple(domain.Step(tuple(t.to_domain() for t in s.targets), s.wait_s, s.important) for s in self.steps)
        return domain.Policy(ident, self.name, version, steps, self.repeat, self.team_id)


class Policy(Output):
    """A policy at its current version."""

    id: str
    name: str
    team_id: str | None
    steps: list[Step]
    repeat: int
    version: int


class PolicyList(Output):
    """All policies."""

    items: list[Policy]


class LastResort(Input):
    """Who is called when nobody else can be; never empty."""

    targets: Annotated[list[Target], Field(min_length=1, max_length=50)]
