"""Heartbeats."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from domain.alert import Severity as DomainSeverity
from domain.expected import Heartbeat as DomainHeartbeat
from gateway.schemas.base import Input, Line, Name, Output, PolicyId, ServiceId, Severity, TeamId, moment

Seconds = Annotated[float, Field(allow_inf_nan=False)]


class HeartbeatInput(Input):
    """What is saved: how often a job should be heard from, and who is called when it is not."""

    name: Name
    period_s: Seconds | None = Field(None, description="So often, counted from the last finished run", examples=[3600])
    cron: Annotated[Line, Field(max_length=100)] = Field(
        "", description="Instead of a period: a cron expression on the wall clock of `zone`", examples=["0 2 * * *"]
    )
    zone: Annotated[str, Field(max_length=64, examples=["Europe/Berlin"])] = "UTC"
    grace_s: Seconds = Field(description="How late a ping may be, and how long a run may take", examples=[1800])
    policy_id: PolicyId
    service_id: ServiceId | None = None
    team_id: TeamId | None = None
    severity: Severity = "critical"

    def to_domain(self, ident: str) -> DomainHeartbeat:
        fields = self.model_dump() | {"id": ident, "cron": self.cron.strip(), "severity": DomainSeverity(self.severity)}
        return DomainHeartbeat(**fields)


class LastPing(Output):
    """`said`: the beginning of what was posted with it."""

    at: datetime
    kind: Literal["success", "start", "fail"]
    exit_code: int | None
    said: str


class Run(Output):
    """A run of the job, from its start ping to the finish or failure."""

    started_at: datetime
    ended_at: datetime
    duration_s: float
    ok: bool
    exit_code: int | None


class HeartbeatState(Output):
    """new: waits for its first ping, or for being armed. late: due, within its grace. down: there is an alert.

    `deadline`: when an alert is raised unless a ping comes. `patient`: Sentinel was away, so it was moved.
    """

    status: Literal["new", "up", "late", "down", "paused"]
    pings: int
    last_ping: LastPing | None
    due_at: datetime | None
    deadline: datetime | None
    patient: bool
    running_since: datetime | None
    down_since: datetime | None
    why: str
    incident_lines: list[str]
    runs: list[Run] = Field(description="The last ones that gave both pings, newest first")
    typical_duration_s: float | None = Field(description="Median of those that went well")

    @classmethod
    def of(cls, body: dict[str, Any], now: float) -> HeartbeatState:
        """From the read model ({} for one never heard of); `now`: UTC epoch seconds."""
        runs = [
            Run(
                started_at=moment(r["started_at"]),
                ended_at=moment(r["ended_at"]),
                duration_s=max(0.0, r["ended_at"] - r["started_at"]),
                ok=r["ok"],
                exit_code=r["exit_code"],
            )
            for r in reversed(body.get("runs", []))
        ]
        well = sorted(r.duration_s for r in runs if r.ok)
        last = body.get("last_ping_at")
        return cls(
            status=_status(body, now),
            pings=body.get("pings", 0),
            last_ping=None
            if last is None
            else LastPing(at=moment(last), kind=body["last_ping"], exit_code=body["exit_code"], said=body["said"]),
            due_at=moment(body.get("due_at")),
            deadline=moment(body.get("deadline")),
            patient=body.get("patient", False),
            running_since=moment(body.get("started_at")),
            down_since=moment(body.get("down_since")),
            why=body.get("why", ""),
            incident_lines=body.get("lines", []),
            runs=runs,
            typical_duration_s=well[len(well) // 2] if well else None,
        )


def _status(body: dict[str, Any], now: float) -> Literal["new", "up", "late", "down", "paused"]:
    if body.get("paused"):
        return "paused"
    if not body.get("armed"):
        return "new"
    if body["down_since"] is not None:
        return "down"
    return "late" if body["due_at"] is not None and body["due_at"] < now else "up"


class Heartbeat(Output):
    """A heartbeat and how it stands. The address that is pinged is shown once; `hint` is its end.

    `state` null: of a time in the past.
    """

    id: str
    name: str
    period_s: float | None
    cron: str
    zone: str
    grace_s: float
    policy_id: str
    service_id: str | None
    team_id: str | None
    severity: Severity
    hint: str
    state: HeartbeatState | None


class NewHeartbeat(Heartbeat):
    """With the address to ping, shown this once: who knows it can say that the job is well."""

    ping_url: str


class HeartbeatList(Output):
    """All heartbeats by name."""

    items: list[Heartbeat]


class HeartbeatAction(Output):
    """What became of arming or pausing. `state` recorded: durable, not processed within the time we wait."""

    state: Literal["done", "ignored", "recorded"]
    why: str
    heartbeat: Heartbeat
