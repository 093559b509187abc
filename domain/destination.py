"""Where an organisation has pages sent besides to people: a whole channel, an automation. Data, and its checks.

A step names one like a person, and its pages go the same way, with the same retries and the same ledger. It is nobody:
it acknowledges nothing, has no turn, is no last resort, and that a page arrived there never means that a human was
reached.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from domain.errors import Invalid
from domain.people import ContactMethod, User

DestinationKind = Literal["slack", "webhook"]
MIN_SECRET = 16


@dataclass(frozen=True, slots=True)
class Destination:
    """`contact`: its one address, with the destination's id; `team_id`: whose it is."""

    id: str
    name: str
    contact: ContactMethod
    team_id: str | None = None

    @property
    def called(self) -> User:
        """As whoever pages takes it: somebody with one way, always open, without rules and hours."""
        return User(self.id, self.name, "", contacts=(self.contact,))


def check_destination(kind: DestinationKind, secret: str, mention: bool) -> None:
    """Raise Invalid unless a receiver can check where a request comes from, and a mention can be made."""
    if kind == "webhook" and len(secret) < MIN_SECRET:
        text = f"Give a secret of at least {MIN_SECRET} characters: by it the receiver knows that a request is ours."
        raise Invalid("secret", text)
    if kind == "webhook" and mention:
        raise Invalid("mention", "Only a Slack channel has people who can be mentioned.")
    if kind == "slack" and secret:
        raise Invalid("secret", "Slack checks no signature: leave it away.")
