"""What a channel is. This interface is final: Twilio and push come in later and change nothing here.

A page travels as text already rendered (see domain/templates.py) plus the address, which is resolved
from configuration at the moment of sending, so that secrets never lie in the outbox.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Flag, auto
from typing import Protocol

from runtime.effects import Accepted, CannotTell, NotFound, Rejected, Unknown


class Capability(Flag):
    """What the provider can do; decides what happens after an unknown outcome (runtime/outbox.py)."""

    NONE = 0
    DEDUPES = auto()
    """Sending the same id twice is seen once by the person."""
    CAN_LOOK_UP = auto()
    """The provider can be asked whether it has a message with our id."""
    CAN_CANCEL = auto()
    """An accepted message can still be called back."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page to one address. `id` is the delivery id: idempotency key, Message-ID, callback parameter."""

    id: str
    incident_id: str
    user_name: str
    address: str = field(repr=False)
    subject: str
    text: str
    url: str
    severity: str
    settings: Mapping[str, str] = field(default_factory=dict, repr=False)
    data: Mapping[str, object] = field(default_factory=dict)
    """The incident as shown by the API, for machine receivers (webhook)."""
    attempt: int = 1


class Channel(Protocol):
    """One way to reach people. Methods raise nothing and return within `timeout_s` seconds."""

    name: str
    capabilities: Capability

    @property
    def configured(self) -> bool:
        """False if the provider's settings are missing; `problem` then says what to set."""
        ...

    @property
    def problem(self) -> str:
        """One line for a tired person: what is missing and where to set it; empty if nothing is."""
        ...

    def provider(self, page: Page) -> str:
        """Whose failure it is when this page cannot be sent: a host name, for its circuit breaker."""
        ...

    async def send(self, page: Page, timeout_s: float) -> Accepted | Rejected | Unknown:
        """Try once; `await going_out.leave()` between connection and request, and let pass what that raises."""
        ...

    async def reconcile(self, page: Page, timeout_s: float) -> Accepted | NotFound | CannotTell:
        """Ask the provider what became of an earlier attempt (CAN_LOOK_UP), else CannotTell."""
        ...

    async def cancel(self, page: Page, provider_id: str, timeout_s: float) -> None:
        """Call back an accepted page (CAN_CANCEL); best effort."""
        ...
