"""What senders sent of late, tests, and what to configure in a sender."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from domain.decided import Decision
from gateway.schemas.base import Input, Line, Output, Severity


class RequestOutcome(Output):
    """What became of a request at one incident line."""

    decision: Decision
    text: str
    incident_id: str | None = Field(description="Null: it is not known yet, or there is none")
    rule: str = Field(description="Which rule sent it there")
    policy_id: str
    policy: str


class ReceivedRequest(Output):
    """One request. Passwords, keys and tokens are replaced by ***; that is a look at what it carries, not a proof."""

    at: datetime
    source: str = Field(description="Address it came from")
    method: str
    status: int = Field(description="As it was answered")
    decision: Decision
    text: str
    alerts: int
    outcomes: list[RequestOutcome]
    headers: dict[str, str]
    payload: str = Field(description="The beginning of the body, at most 8 KB")
    size: int = Field(description="Bytes of the body, unpacked")
    by: str = Field(description="Who sent it as a test; empty: a sender")


class ReceivedRequests(Output):
    """The last 50, newest first, of all gateways. They are kept in Valkey only, and never needed for anything."""

    items: list[ReceivedRequest]
    complete: bool = Field(description="False: Valkey did not answer, and nothing can be shown")
    unattributed_today: int = Field(
        description="Requests refused since midnight UTC whose key is missing or not known: they belong to nobody"
    )


class TestAlert(Input):
    """What the test says. It pages people like any alert."""

    title: Annotated[Line, Field(min_length=1)] = "Test alert from Sentinel"
    severity: Severity = "critical"
    labels: Annotated[dict[Line, Line], Field(max_length=20)] = Field(
        default_factory=dict, description="Besides sentinel_test=true"
    )


class Snippet(Output):
    """What to put where. `text` is exact but for the key, which is KEY where it cannot be shown any more."""

    name: str
    language: Literal["yaml", "shell", "text"]
    text: str
    note: str


class SnippetList(Output):
    """For the integration's type first."""

    items: list[Snippet]
    key: str = Field(description="What stands for the key in them")


class Standing(Output):
    """By id; what is not named has no open incident, or was never heard from."""

    open_incidents: dict[str, int] = Field(description="Service -> incidents that are not resolved")
    built_in: list[str] = Field(
        description="Integrations, policies and users that are Sentinel's own: neither changed nor deleted"
    )
    last_heard_at: dict[str, datetime] = Field(
        description="Integration -> when its last request was taken in; counted once a minute"
    )
