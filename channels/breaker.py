"""A circuit breaker for one provider: when it plainly fails, pages go another way at once. Pure; `now` in seconds.

    state       a send is                              becomes
    closed      made                                   open, at FAILURES failures in WINDOW_S that are half of all
    open        refused at once                        half-open, OPEN_S after it opened
    half-open   made, one at a time (the probe)        closed if the provider answers, open again if not

A failure is a provider that refuses for now (no connection, 5xx, 429) or does not answer. "No such address" is the
answer of a provider that works.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

FAILURES = 5
"""Fewer would open on one greylisted recipient, more would make that many people wait for the retries."""
WINDOW_S = 30.0
OPEN_S = 10.0
PROBE_S = 10.0
"""A probe that has not reported by then is lost; the next one may go."""

State = Literal["closed", "open", "half-open"]


@dataclass(frozen=True, slots=True)
class Second:
    """Sends whose outcome came in one second, and how many of them failed."""

    at: int
    sends: int
    failures: int


@dataclass(frozen=True, slots=True)
class Breaker:
    """`recent`: the last WINDOW_S by the second, oldest first: a send costs the same however many there were."""

    recent: tuple[Second, ...] = ()
    opened_at: float | None = None
    probed_at: float | None = None
    why: str = ""

    def state(self, now: float) -> State:
        """As a send that comes now finds it."""
        if self.opened_at is None:
            return "closed"
        return "half-open" if now - self.opened_at >= OPEN_S else "open"


def admit(breaker: Breaker, now: float) -> tuple[Breaker, bool]:
    """Whether a send may be made now; in half-open it is the probe."""
    state = breaker.state(now)
    if state == "half-open" and (breaker.probed_at is None or now - breaker.probed_at >= PROBE_S):
        return replace(breaker, probed_at=now), True
    return breaker, state == "closed"


def note(breaker: Breaker, failed: bool, why: str, now: float) -> Breaker:
    """The breaker after the outcome of a send that was made, admitted or not: every answer is news."""
    if breaker.opened_at is not None:
        return replace(breaker, opened_at=now, probed_at=None, why=why) if failed else Breaker()
    recent = _counted(breaker.recent, failed, int(now))
    failures = sum(s.failures for s in recent)
    if failures >= FAILURES and 2 * failures >= sum(s.sends for s in recent):
        return Breaker(opened_at=now, why=why)
    return Breaker(recent)


def _counted(recent: tuple[Second, ...], failed: bool, at: int) -> tuple[Second, ...]:
    last = recent[-1] if recent else None
    if last is not None and last.at == at:
        return (*recent[:-1], Second(at, last.sends + 1, last.failures + failed))
    return (*(s for s in recent if at - s.at < WINDOW_S), Second(at, 1, int(failed)))
