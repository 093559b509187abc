"""Sending after the commit: what a handler of effects must be able to say.

"Outcome unknown" is its own answer, never folded into "failed": it is the one case that may lead to a
second send, and only after the provider was asked (runtime-wide rule; see runtime/outbox.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Send:
    """One outbox row as a handler sees it. `id` is the idempotency key; `attempt` counts from 1."""

    id: str
    entity: str
    kind: str
    channel: str
    body: dict[str, Any]
    attempt: int
    provider_id: str | None = None


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider has it. `final` when no receipt will follow (state `delivered`)."""

    provider_id: str
    final: bool = False
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Rejected:
    """Certainly not sent. `retryable`: a later attempt may succeed (connection refused, 5xx).

    `elsewhere`: the provider is known to be down; the entity is told at once, so that it need not wait for the retries.
    `gone`: the provider says that there is no such address (any more): a mailbox, a webhook, a token.
    """

    reason: str
    retryable: bool = False
    elsewhere: bool = False
    gone: bool = False


@dataclass(frozen=True, slots=True)
class Unknown:
    """The answer was lost: it may have been sent."""

    reason: str


@dataclass(frozen=True, slots=True)
class NotFound:
    """The provider was asked and has no such message: it was not sent."""


@dataclass(frozen=True, slots=True)
class CannotTell:
    """The provider cannot be asked (or did not answer)."""


class Handler(Protocol):
    """Carries out one kind of effect. Must raise nothing but what `going_out.leave` raises; must return within

    `timeout_s`.
    """

    def dedupes(self, channel: str) -> bool:
        """True if sending the same id twice is seen once: unknown outcomes may be resent freely."""
        ...

    def can_cancel(self, channel: str) -> bool:
        """True if an accepted send can still be called back (a ringing call)."""
        ...

    async def send(self, send: Send, env: Any, timeout_s: float) -> Accepted | Rejected | Unknown:
        """Try once."""
        ...

    async def reconcile(self, send: Send, env: Any, timeout_s: float) -> Accepted | NotFound | CannotTell:
        """Ask the provider what became of an unknown send."""
        ...

    async def cancel(self, send: Send, env: Any, timeout_s: float) -> None:
        """Call back an accepted send; best effort."""
        ...
