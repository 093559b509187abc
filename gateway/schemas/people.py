"""Users, contact methods, notification rules, teams."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, SecretStr

from gateway.schemas.base import Ident, Input, Line, Name, Output

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
    has_password: bool
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


class Contact(Output):
    """One way to reach a person. `address_hint` shows enough to recognise it."""

    id: str
    channel: Channel
    label: str
    address_hint: str
    enabled: bool


class ContactList(Output):
    """In the person's order."""

    items: list[Contact]


class Rule(Input):
    """After `delay_s` seconds use this contact method."""

    contact_method_id: Ident
    delay_s: Annotated[float, Field(ge=0, le=86_400, allow_inf_nan=False)]


class Rules(Input):
    """Empty lists mean: every enabled contact method at once."""

    urgent: Annotated[list[Rule], Field(max_length=50)] = Field(default_factory=list)
    normal: Annotated[list[Rule], Field(max_length=50)] = Field(default_factory=list)


class TeamInput(Input):
    """What is saved."""

    name: Name
    member_ids: Annotated[list[Ident], Field(max_length=1000)] = Field(default_factory=list)


class Team(Output):
    """People who own services together."""

    id: str
    name: str
    member_ids: list[str]


class TeamList(Output):
    """All teams."""

    items: list[Team]
