"""GraphQL types: the alert as REST shows it."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import Enum
from typing import Any

import strawberry
from strawberry.scalars import JSON

from gateway.schemas.base import moment


@strawberry.enum
class AlertStatus(Enum):
    """Where an alert stands."""

    triggered = "triggered"
    acknowledged = "acknowledged"
    snoozed = "snoozed"
    suppressed = "suppressed"
    resolved = "resolved"


@strawberry.enum
class Severity(Enum):
    """How bad."""

    critical = "critical"
    error = "error"
    warning = "warning"
    info = "info"


@strawberry.type
class Acknowledgement:
    """Somebody's acknowledgement that counts; `userId` null: of a machine."""

    by: str
    user_id: str | None
    at: datetime

    @classmethod
    def of(cls, body: dict[str, Any]) -> Acknowledgement:
        """From the read model."""
        return cls(by=body["by"], user_id=body["user_id"], at=datetime.fromtimestamp(body["at"], UTC))


@strawberry.type
class Alert:
    """What a responder acts on: one incident with the senders' alerts in it."""

    id: strawberry.ID
    title: str
    status: AlertStatus
    severity: Severity
    major: bool
    team_id: str | None
    integration_id: str
    opened_at: datetime
    updated_at: datetime
    acknowledged_by: str | None
    acknowledged_at: datetime | None
    acknowledgements: list[Acknowledgement]
    required_acknowledgements: int
    resolved_by: str | None
    resolved_at: datetime | None
    assignees: list[str]
    alerts_total: int
    alerts_firing: int
    next: str
    next_at: datetime | None
    members: JSON

    @classmethod
    def of(cls, body: dict[str, Any]) -> Alert:
        """From the read model."""
        times = ("opened_at", "updated_at", "acknowledged_at", "resolved_at", "next_at")
        same = ("title", "team_id", "integration_id", "acknowledged_by", "resolved_by", "assignees", "next", "members")
        return cls(
            id=strawberry.ID(body["id"]),
            status=AlertStatus(body["status"]),
            severity=Severity(body["severity"]),
            major=body.get("major", False),
            acknowledgements=[Acknowledgement.of(a) for a in body.get("acknowledgements", ())],
            required_acknowledgements=body.get("required_acknowledgements", 1),
            alerts_total=body["alerts_total"],
            alerts_firing=body["alerts_firing"],
            **{t: moment(body[t]) for t in times},  # type: ignore[arg-type]
            **{k: body[k] for k in same},
        )
