"""Keys, the outbox, who I am."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from gateway.schemas.base import Input, Name, Output, Page, moment
from gateway.schemas.received import Snippet

Scope = Literal["read", "respond", "configure", "admin"]


class Key(Output):
    """A key; the secret itself is not kept."""

    id: str
    hint: str
    created_at: datetime


class KeyList(Output):
    """Keys that work."""

    items: list[Key]


class NewIntegrationKey(Key):
    """Shown once. `snippets`: what to configure in a sender, with the key in it."""

    key: str
    webhook_url: str
    snippets: list[Snippet]


class ApiKeyInput(Input):
    """`scopes` narrow what the owner's role allows."""

    name: Name
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=4)]


class ApiKey(Key):
    """A key for the API. `user_id`: who it acts for."""

    name: str
    user_id: str | None
    scopes: list[str]


class NewApiKey(ApiKey):
    """Shown once."""

    key: str


class ApiKeyList(Output):
    """Keys that work."""

    items: list[ApiKey]


class Me(Output):
    """Who is asking."""

    user_id: str | None
    name: str
    role: str
    scopes: list[str]
    permissions: Annotated[list[Scope], Field(description="All that the caller may; the gateway decides by these")]


class OutboxItem(Output):
    """One page: to whom, what, and what became of it."""

    id: str
    incident_id: str
    user_id: str
    person: str
    channel: str
    contact: str
    subject: str
    text: str
    severity: str
    state: Literal["pending", "sending", "accepted", "delivered", "failed", "unknown", "cancelled", "bundled"]
    detail: str
    attempts: int
    why: dict[str, Any]
    created_at: datetime
    sent_at: datetime | None
    updated_at: datetime

    @classmethod
    def of(cls, row: dict[str, Any]) -> OutboxItem:
        """From the outbox table."""
        body = row["body"]
        return cls.model_validate(
            {
                **{k: row[k] for k in ("id", "channel", "state", "detail", "attempts")},
                "incident_id": body.get("incident_id", ""),
                "user_id": body.get("user_id", ""),
                "person": body.get("user_name", ""),
                "contact": body.get("contact_label", ""),
                "subject": body.get("subject", ""),
                "text": body.get("text", ""),
                "severity": body.get("severity", ""),
                "why": body.get("why", {}),
                **{t: moment(row[t]) for t in ("created_at", "sent_at", "updated_at")},
            }
        )


class OutboxPage(Page):
    """Newest first."""

    items: list[OutboxItem]
