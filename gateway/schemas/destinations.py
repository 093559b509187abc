"""Destinations: where an organisation has pages sent besides to people."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, SecretStr

from gateway.schemas.base import Input, Name, Output, TeamId

Kind = Literal["slack", "webhook"]


class DestinationInput(Input):
    """A whole Slack channel (its incoming-webhook URL) or an automation (the URL that is sent the page, signed).

    `address` and `secret` are only written; left empty in a change, what is stored stays.
    """

    name: Name
    kind: Kind
    address: Annotated[SecretStr, Field(max_length=2000)] = SecretStr("")
    secret: Annotated[SecretStr, Field(max_length=500)] = SecretStr("")
    mention: bool = Field(False, description="Of a Slack channel: mention everybody in it")
    team_id: TeamId | None = None


class Destination(Output):
    """`address_hint` shows enough to recognise it."""

    id: str
    name: str
    kind: Kind
    address_hint: str
    signed: bool
    mention: bool
    team_id: str | None
    created_at: datetime


class DestinationList(Output):
    """All destinations by name."""

    items: list[Destination]
