"""The health of one contact method: does what we send there arrive?

Told are failed pages, and every test. Not that a page was taken, which is the rule: whoever asks looks for one that was
(storage/readiness.py).
"""

from __future__ import annotations

from dataclasses import dataclass

from domain.replacing import quick, replace

FAILING_AFTER = 3
"""So many failures with nothing taken in between are failing; it is still used: better tried in vain than never."""


@quick
@dataclass(frozen=True, slots=True)
class DeliveryReported:
    """A message to the device: the final outcome of a page, or of a test."""

    delivery: str
    ok: bool
    reason: str
    at: float
    gone: bool = False
    """The provider says that there is no such address."""


@dataclass(frozen=True, slots=True)
class DeliverySucceeded:
    delivery: str
    at: float


@dataclass(frozen=True, slots=True)
class DeliveryFailed:
    delivery: str
    reason: str
    at: float
    gone: bool = False


@quick
@dataclass(frozen=True, slots=True)
class Health:
    """State of a device."""

    failures: int = 0
    """Since the last success of which it was told."""
    last_success_at: float | None = None
    last_failure_at: float | None = None
    last_reason: str = ""
    gone_since: float | None = None
    """Since when its provider says that it does not exist; None once a page has arrived since."""
    gone_at: float | None = None
    """When it last said so."""

    @property
    def failing(self) -> bool:
        """True when pages to this address have failed again and again."""
        return self.failures >= FAILING_AFTER


def apply(health: Health, event: DeliverySucceeded | DeliveryFailed) -> Health:
    """Health after one outcome."""
    if isinstance(event, DeliverySucceeded):
        return replace(health, failures=0, last_success_at=event.at, gone_since=None, gone_at=None)
    failed = replace(health, failures=health.failures + 1, last_failure_at=event.at, last_reason=event.reason)
    if not event.gone:
        return failed
    return replace(failed, gone_since=event.at if health.gone_since is None else health.gone_since, gone_at=event.at)
