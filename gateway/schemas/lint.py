"""Lint findings and the badges of coming shifts."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Literal

from pydantic import Field

from domain.lint.finding import Finding as Found
from domain.lint.finding import Level as Level
from domain.lint.finding import Report as DomainReport
from domain.readiness import ComingShift as DomainShift
from gateway.schemas.base import Output, moment


class Finding(Output):
    """`kind` is stable; docs/plan.md explains each. `text` says what is wrong, what it means and what to do."""

    kind: str
    severity: Level
    subject_kind: Literal["user", "schedule", "policy", "integration", "destination", "organisation"]
    subject_id: str
    subject: str
    text: str
    start: datetime | None = Field(description="When it first happens; null: it is so now")
    end: datetime | None

    @classmethod
    def of(cls, found: Found) -> Finding:
        """From the domain."""
        fields = {**asdict(found), "severity": found.level, "start": moment(found.start), "end": moment(found.end)}
        return cls.model_validate(fields)


class Unchecked(Output):
    """A check that could not be made."""

    kind: str
    why: str


class Lint(Output):
    """Findings, the worst first. Nothing of the asked severity or worse: `clean`."""

    at: datetime
    configuration_version: int
    clean: bool
    findings: list[Finding]
    unchecked: list[Unchecked]

    @classmethod
    def of(cls, report: DomainReport, least: Level) -> Lint:
        """Those of `least` and worse."""
        found = [Finding.of(f) for f in report.at_least(least)]
        return cls.model_validate(
            {
                "at": moment(report.at),
                "configuration_version": report.version,
                "clean": not found,
                "findings": found,
                "unchecked": [asdict(u) for u in report.unchecked],
            }
        )


class Remark(Output):
    """`blocks`: because of it the shift is not ready."""

    kind: str
    text: str
    blocks: bool


class ComingShift(Output):
    """Unbroken time on call; without a user a hole. Not ready never means not paged."""

    schedule_id: str
    schedule: str
    user_id: str | None
    user: str | None
    start: datetime
    end: datetime
    ready: bool
    reasons: list[Remark]

    @classmethod
    def of(cls, shift: DomainShift) -> ComingShift:
        """From the domain."""
        return cls.model_validate(
            {
                "schedule_id": shift.schedule_id,
                "schedule": shift.schedule,
                "user_id": shift.user_id,
                "user": shift.user or None,
                "start": moment(shift.start),
                "end": moment(shift.end),
                "ready": shift.ready,
                "reasons": [asdict(r) for r in shift.remarks],
            }
        )


class Readiness(Output):
    """Coming shifts, those running now included, by start; clipped to the time asked for."""

    at: datetime
    until: datetime
    ready: int
    not_ready: int
    items: list[ComingShift]
