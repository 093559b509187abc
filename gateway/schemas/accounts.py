"""One's own account: sessions, password, tokens; invitations; what a new installation still lacks."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, SecretStr

from gateway.schemas.base import Input, Line, Name, Output, TeamId
from gateway.schemas.people import Role

Password = Annotated[SecretStr, Field(min_length=10, max_length=200)]


class ProfileInput(Input):
    """What people say about themselves. The role is an administrator's to give."""

    name: Name
    email: Annotated[str, Field(min_length=3, max_length=254, examples=["alice@example.org"])]
    zone: Annotated[str, Field(max_length=64, description="IANA time zone")]


class PasswordChange(Input):
    """`current` may be left out while there is none."""

    current: Annotated[SecretStr, Field(max_length=200)] = SecretStr("")
    new: Password


class Session(Output):
    """A browser that is signed in. `address`: where it signed in from; `seen_at` is up to a minute old."""

    id: str
    device: str
    address: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    current: Annotated[bool, Field(description="The one that asks")]


class SessionList(Output):
    """Seen last first."""

    items: list[Session]


class Ended(Output):
    """How many browsers were signed out."""

    ended: int


class InvitationInput(Input):
    """The role is at most one's own. Somebody who is here already gets a new password only; an administrator asks."""

    email: Annotated[str, Field(min_length=3, max_length=254, examples=["bob@example.org"])]
    name: Line = ""
    role: Role = "responder"
    team_ids: Annotated[list[TeamId], Field(max_length=50)] = Field(default_factory=list)
    send: Annotated[bool, Field(description="Send the link by e-mail")] = True


class Invitation(Output):
    """Not accepted yet. `existing`: of somebody who is here."""

    id: str
    email: str
    name: str
    role: Role
    team_ids: list[str]
    invited_by: str
    existing: bool
    created_at: datetime
    expires_at: datetime


class InvitationList(Output):
    """Those that can be accepted, newest first."""

    items: list[Invitation]


class NewInvitation(Invitation):
    """`url` is shown this once. `sent`: the mail server took the mail; else `problem` says why not."""

    url: str
    sent: bool
    problem: str


class ContactTested(Output):
    """What the provider answered. `unknown`: the answer was lost, it may have been sent."""

    outcome: Literal["accepted", "rejected", "unknown"]
    detail: str


class Uses(Output):
    """What names a person, and calls them: whoever is deactivated is passed over there."""

    items: list[str]


class ChannelState(Output):
    """A way to reach people. `problem`: what to set where, if it is not configured."""

    name: str
    configured: bool
    problem: str


class Setup(Output):
    """How far the caller has come from a new installation to a page that reached them; ids are of what was found.

    `fresh`: nobody has made a schedule yet.
    """

    fresh: bool
    account: Annotated[bool, Field(description="The caller has a password and an address of their own")]
    contact: Annotated[bool, Field(description="The caller has a verified contact method")]
    team_id: str | None
    schedule_id: Annotated[str | None, Field(description="A schedule that has the caller on call")]
    policy_id: Annotated[str | None, Field(description="A policy that calls this schedule")]
    integration_id: Annotated[str | None, Field(description="An integration that uses this policy")]
    incident_id: Annotated[str | None, Field(description="The newest incident of this integration")]
    acknowledged: Annotated[bool, Field(description="The caller has acknowledged one of them")]
    channels: list[ChannelState]


class ReachedBy(Output):
    """One page. `fallback`: not of the person's choice; `quiet`: it waits until their quiet hours end."""

    at: datetime
    after_s: float
    contact_method_id: str
    channel: str
    contact: str
    address_hint: str
    fallback: bool
    quiet: bool


class Reach(Output):
    """Pages to one person who is called at `at` and does not answer. Empty: they cannot be reached."""

    at: datetime
    zone: str
    urgent: list[ReachedBy]
    normal: list[ReachedBy]
