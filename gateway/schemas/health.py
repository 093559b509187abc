"""The health of every part, and what a provider answered to a test."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Literal

from pydantic import Field

from domain.health import judge, worst
from domain.health_facts import Facts, GatewayFact, HostFact, ProviderFact
from domain.health_part import Part, State
from domain.provider_health import error_rate
from gateway.schemas.base import Output, moment


class HealthPart(Output):
    """`text`: what is, what it means, what to do. `runbook`: the heading of docs/runbook.md that says more."""

    key: str
    name: str
    state: State
    text: str
    runbook: str

    @classmethod
    def of(cls, part: Part) -> HealthPart:
        return cls.model_validate(asdict(part))


class HostHealth(Output):
    """`lease_s`: what is left of its lease. `version` "": it is too old to say."""

    slot: str
    node: str
    started_at: datetime
    lease_s: float
    draining: bool
    shards: int
    version: str

    @classmethod
    def of(cls, fact: HostFact) -> HostHealth:
        fields = {**asdict(fact), "version": fact.program, "started_at": moment(fact.started_at)}
        return cls.model_validate(fields)


class GatewayHealth(Output):
    """`age_s`: since its last sign of life. `behind`: events of the live feed that it has not given out."""

    id: str
    version: str
    started_at: datetime
    age_s: float
    spool_bytes: int
    spool_oldest_s: float
    spool_problem: str
    listeners: int
    behind: int
    streams: bool = Field(description="Events come from Valkey; else from the journal, up to a second later")

    @classmethod
    def of(cls, fact: GatewayFact) -> GatewayHealth:
        fields = {**asdict(fact), "version": fact.program, "started_at": moment(fact.started_at)}
        return cls.model_validate(fields)


class OpenProvider(Output):
    """A provider that hosts do not send to now."""

    provider: str
    state: Literal["open", "half-open"]
    why: str
    hosts: int


class ProviderHealth(Output):
    """A channel. Counts are of the last hour, times of the last day (of the newest 20,000 pages in a storm)."""

    channel: str
    configured: bool
    contacts: int = Field(description="Contact methods of active people that use it")
    sent: int
    failed: int
    unknown: int
    error_rate: float | None = Field(description="From 0 to 1; null: nothing was sent in the last hour")
    last_success_at: datetime | None
    last_failure_at: datetime | None
    last_failure: str
    breakers: list[OpenProvider]

    @classmethod
    def of(cls, fact: ProviderFact) -> ProviderHealth:
        times = {k: moment(getattr(fact, k)) for k in ("last_success_at", "last_failure_at")}
        more = {"configured": not fact.problem, "error_rate": error_rate(fact)}
        return cls.model_validate({**asdict(fact), **times, **more})


class SendsHealth(Output):
    """Pages that are in this state and not final. `oldest_s`: for how long the oldest is due."""

    state: Literal["pending", "sending", "unknown"]
    count: int
    oldest_s: float


class HealthParts(Output):
    """Up to five seconds old. `state`: of the worst part. Without the database only what this gateway knows itself."""

    at: datetime
    state: State
    parts: list[HealthPart]
    hosts: list[HostHealth]
    gateways: list[GatewayHealth]
    providers: list[ProviderHealth]
    sends: list[SendsHealth]

    @classmethod
    def of(cls, facts: Facts, now: float) -> HealthParts:
        """Judged. `now`: UTC epoch seconds."""
        parts, figures = judge(facts), facts.figures
        gateways = figures.gateways if figures is not None and figures.gateways else (facts.own,)
        return cls.model_validate(
            {
                "at": moment(figures.at if figures is not None else now),
                "state": worst(parts),
                "parts": [HealthPart.of(p) for p in parts],
                "hosts": [HostHealth.of(h) for h in figures.hosts] if figures is not None else [],
                "gateways": [GatewayHealth.of(g) for g in gateways],
                "providers": [ProviderHealth.of(p) for p in facts.providers],
                "sends": [asdict(s) for s in figures.sends] if figures is not None else [],
            }
        )


class ProviderAnswer(Output):
    """What came of a test message. accepted: the provider has it; refused: it was not sent; unknown: nobody can say."""

    channel: str
    provider: str
    contact: str = Field(description="Which of your contact methods it went to")
    state: Literal["accepted", "refused", "unknown"]
    detail: str = Field(description="In the provider's words where it has any")
    took_s: float
