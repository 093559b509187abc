"""The health of one contact method: does what we send there arrive?"""

from __future__ import annotations

from dataclasses import dataclass, replace

FAILING_AFTER = 3
"""Failures in a row after which the address is shown as failing; it is still used: better tried in vain than never."""


@dataclass(frozen=True, slots=True)
class DeliveryReported:
    """A message to the device: one page's final outcome."""

    delivery: str
    ok: bool
    reason: str
    at: float


@dataclass(frozen=True, slots=True)
class DeliverySucceeded:
    delivery: str
    at: float


@dataclass(frozen=True, slots=True)
class DeliveryFailed:
    delivery: str
    reason: str
    at: float


@dataclass(frozen=True, slots=True)
class Health:
    """State of a device."""

    failures: int = 0
    last_success_at: float | None = None
    last_failure_at: float | None = None
    last_reason: str = ""

    @property
    def failing(self) -> bool:
        """True when pages to this address have failed again and again."""
        return self.failures >= FAILING_AFTER


def apply(health: Health, event: DeliverySucceeded | DeliveryFailed) -> Health:
    """Health after one outcome."""
    if isinstance(event, DeliverySucceeded):
        return replace(health, failures=0, last_success_at=event.at)
    return replace(health, failures=health.failures + 1, last_failure_at=event.at, last_reason=event.reason)
