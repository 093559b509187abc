"""Explanations: why who was paged, and why who was not."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from domain.explained import Cause, NotPaged, PageStory
from domain.explained import Explanation as Told
from domain.explained import PersonExplanation as ToldPerson
from gateway.schemas.base import Output, moment


class PageCause(Output):
    """Why a person was called. Steps, rounds and rules count from 1."""

    kind: str = Field(description="step, last_resort, reassignment or unknown")
    policy_id: str | None
    policy: str | None
    policy_version: int | None
    step: int | None
    steps: int | None
    round: int | None
    schedule_id: str | None = Field(description="Null if the step names the person")
    schedule: str | None
    source: str | None = Field(description="layer:NAME or override:ID of the shift")
    who: str | None = Field(description="Of the schedule: on_call, next or all_layers")
    team: str | None = Field(description="Set if the step calls a whole team")
    shift_start: datetime | None
    shift_end: datetime | None
    by: str | None = Field(description="Who reassigned it, or why the last resort was called")
    urgency: str | None
    rule: int | None
    after_s: float | None = Field(description="What the rule waits after the call, seconds")
    fallback: bool = Field(description="Not a rule of theirs: what comes when those are through")
    unverified: bool = Field(description="The address is not verified, and they have none that is")

    @classmethod
    def of(cls, cause: Cause) -> PageCause:
        """From the domain."""
        times = {"shift_start": moment(cause.shift_start), "shift_end": moment(cause.shift_end)}
        return cls.model_validate({**asdict(cause), **times})


class PageAttempt(Output):
    """One attempt to send, or one receipt of the provider."""

    kind: Literal["attempt", "receipt"]
    number: int
    tried: bool | None = Field(description="False: the provider was only asked; null: the host ended before it said so")
    state: str
    detail: str
    provider_id: str | None
    started_at: datetime | None
    at: datetime
    host: str


class ExplainedPage(Output):
    """One page with its cause and its fate."""

    id: str
    user_id: str
    user: str
    channel: str
    contact: str
    address_hint: str
    ordered_at: datetime
    cause: PageCause
    text_sha256: str = Field(description="Of subject, a line break and text; empty if none was kept")
    text_unchanged: bool | None
    state: str
    provider: str
    provider_id: str | None
    attempts: list[PageAttempt]
    sentence: str

    @classmethod
    def of(cls, story: PageStory) -> ExplainedPage:
        """From the domain."""
        attempts = [{**asdict(a), "started_at": moment(a.started_at), "at": moment(a.at)} for a in story.attempts]
        fields: dict[str, Any] = {
            **asdict(story),
            "id": story.delivery,
            "ordered_at": moment(story.ordered_at),
            "cause": PageCause.of(story.cause),
            "attempts": attempts,
        }
        return cls.model_validate(fields)


class NotPagedReason(Output):
    """Why somebody was not paged. Without `user_id` and `schedule_id` it holds for everybody."""

    code: str
    at: datetime
    user_id: str | None
    schedule_id: str | None
    sentence: str

    @classmethod
    def of(cls, reason: NotPaged) -> NotPagedReason:
        """From the domain."""
        return cls.model_validate({**asdict(reason), "at": moment(reason.at)})


class Explanation(Output):
    """One incident: every page and every reason for none, oldest first. Times in sentences are of `zone`."""

    incident_id: str
    title: str
    zone: str
    summary: str
    pages: list[ExplainedPage]
    not_paged: list[NotPagedReason]
    unexplained: dict[str, int] = Field(description="Kinds of events this version cannot speak about, and how many")

    @classmethod
    def of(cls, told: Told, zone: str) -> Explanation:
        """From the domain."""
        return cls(
            incident_id=told.incident_id,
            title=told.title,
            zone=zone,
            summary=told.summary,
            pages=[ExplainedPage.of(p) for p in told.pages],
            not_paged=[NotPagedReason.of(n) for n in told.not_paged],
            unexplained=dict(told.unexplained),
        )


class OnCallThen(Output):
    """The person and one schedule."""

    schedule_id: str
    schedule: str
    on_call: bool
    sentence: str


class PersonInIncident(Output):
    """The person and one incident: pages to them, and reasons for none."""

    incident_id: str
    title: str
    pages: list[ExplainedPage]
    reasons: list[NotPagedReason]


class PersonExplanation(Output):
    """What a person was to expect at an instant. Incidents open from `since` to `until`, newest first, at most 100."""

    user_id: str
    user: str
    at: datetime
    since: datetime
    until: datetime
    zone: str
    summary: str
    on_call: list[OnCallThen]
    incidents: list[PersonInIncident]

    @classmethod
    def of(cls, told: ToldPerson, zone: str) -> PersonExplanation:
        """From the domain."""
        incidents = [
            PersonInIncident(
                incident_id=i.incident_id,
                title=i.title,
                pages=[ExplainedPage.of(p) for p in i.pages],
                reasons=[NotPagedReason.of(r) for r in i.reasons],
            )
            for i in told.incidents
        ]
        times = {"at": moment(told.at), "since": moment(told.since), "until": moment(told.until)}
        on_call = [asdict(entry) for entry in told.on_call]
        fields = {"user_id": told.user_id, "user": told.user, "zone": zone, "summary": told.summary}
        return cls.model_validate({**fields, **times, "on_call": on_call, "incidents": incidents})
