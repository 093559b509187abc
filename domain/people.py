"""People, how to reach them, and in what order they wish to be reached."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from domain.replacing import quick
from domain.window import Window

Channel = Literal["email", "webhook", "slack", "sms", "voice", "push", "outbox"]
"""`outbox` is the built-in channel: the page is shown on the outbox page and nowhere else."""

Urgency = Literal["urgent", "normal"]


@dataclass(frozen=True, slots=True)
class ContactMethod:
    """One address of a person. `address` may be secret (a webhook URL); it never enters journal or outbox.

    `settings` holds channel specifics, e.g. the webhook's signing secret (also secret).
    """

    id: str
    user_id: str
    channel: Channel
    label: str
    address: str = field(repr=False)
    enabled: bool = True
    verified: bool = True
    """A code that was sent to this very address came back. What counts while it did not: domain/notify.py."""
    settings: Mapping[str, str] = field(default_factory=dict, repr=False)


@quick
@dataclass(frozen=True, slots=True)
class NotificationRule:
    """After `delay_s` seconds since the person was called upon, use this contact method."""

    contact_method_id: str
    delay_s: float
    fallback: bool = False
    """Not chosen by the person: it comes when their rules are through (domain/notify.py)."""


@quick
@dataclass(frozen=True, slots=True)
class User:
    """A responder. No rules for an urgency means: every enabled contact method at once."""

    id: str
    name: str
    email: str
    zone: str = "UTC"
    contacts: tuple[ContactMethod, ...] = ()
    urgent: tuple[NotificationRule, ...] = ()
    normal: tuple[NotificationRule, ...] = ()
    active: bool = True
    quiet_hours: tuple[Window, ...] = ()
    """Quiet hours (domain/quiet.py); a zone "" is the person's."""
    synthetic: bool = False
    """The canary: called like anybody by its own policy, but nobody to fall back on, because nobody is there."""


@dataclass(frozen=True, slots=True)
class Team:
    """People who own services together."""

    id: str
    name: str
    member_ids: tuple[str, ...] = ()
