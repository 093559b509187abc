"""Users, contact methods, notification rules, teams."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, SecretStr

from domain.masking import IN_CLEAR
from gateway.schemas.base import ContactId, Input, Line, Name, Output, Unordered, UserId
from gateway.schemas.schedules import Window

Role = Literal["viewer", "responder", "manager", "admin"]
Channel = Literal["email", "webhook", "slack", "sms", "voice", "push", "outbox"]


class UserInput(Input):
    """`password` is only written; leave it out to keep the present one."""

    name: Name
    email: Annotated[str, Field(min_length=3, max_length=254, examples=["alice@example.org"])]
    role: Role = "responder"
    zone: Annotated[str, Field(max_length=64, description="IANA time zone")] = "UTC"
    active: bool = True
    password: Annotated[SecretStr, Field(min_length=10, max_length=200)] | None = None


class User(Output):
    """A person."""

    id: str
    name: str
    email: str
    role: Role
    zone: str
    active: bool
    has_password: Annotated[bool | None, Field(description="null: not known of a time in the past")]
    synthetic: Annotated[bool, Field(description="The canary: called by its own policy only, and nobody is there")]
    contacts_verified: Annotated[int, Field(description="Enabled contact methods with a verified address")]
    contacts_unverified: Annotated[int, Field(description="Without; the outbox page has none and counts in neither")]
    created_at: datetime


class UserList(Output):
    """All users."""

    items: list[User]


class ContactInput(Input):
    """`address` is only written: an e-mail address, an E.164 phone number, a URL. `secret` signs webhooks."""

    channel: Channel
    label: Line = ""
    address: Annotated[SecretStr, Field(max_length=2000)] = SecretStr("")
    secret: Annotated[SecretStr, Field(max_length=500)] = SecretStr("")
    enabled: bool = True

    def in_clear(self) -> frozenset[str]:
        """Of the fields that are only written, those that may be read."""
        return frozenset({"address"} if self.channel in IN_CLEAR else ())


class Contact(Output):
    """One way to reach a person. `address_hint` shows enough to recognise it."""

    id: str
    channel: Channel
    label: str
    address_hint: str
    enabled: bool
    verified: Annotated[bool, Field(description="Else it is used only while the person has none that is")]
    verified_at: datetime | None


class ContactList(Output):
    """In the person's order."""

    items: list[Contact]


class CodeSent(Output):
    """A code is on its way to the address."""

    expires_at: datetime


class ContactCode(Input):
    """As it was read there."""

    code: Annotated[str, Field(pattern=r"^[0-9]{6}$", examples=["042137"])]


class QuietHours(Input):
    """Windows in which pages of normal urgency wait. A zone "" is the person's."""

    windows: Annotated[list[Window], Field(max_length=50)] = Field(default_factory=list)


class Rule(Input):
    """After `delay_s` seconds use this contact method."""

    contact_method_id: ContactId
    delay_s: Annotated[float, Field(ge=0, le=86_400, allow_inf_nan=False)]


class Rules(Input):
    """Empty: every contact method at once. Five minutes after the last rule, what the rules left out is used too."""

    urgent: Annotated[list[Rule], Field(max_length=50)] = Field(default_factory=list)
    normal: Annotated[list[Rule], Field(max_length=50)] = Field(default_factory=list)


class TeamInput(Input):
    """What is saved. Owners are members who may change the team whatever their role."""

    name: Name
    member_ids: Annotated[list[UserId], Field(max_length=1000), Unordered()] = Field(default_factory=list)
    owner_ids: Annotated[list[UserId], Field(max_length=1000), Unordered()] = Field(default_factory=list)


class Team(Output):
    """People who own services together."""

    id: str
    name: str
    member_ids: list[str]
    owner_ids: list[str]


class TeamList(Output):
    """All teams."""

    items: list[Team]
