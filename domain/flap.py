"""An incident line that comes and goes: what is remembered of it, and when that is called flapping. Pure.

A cycle is that everything in the line was over at its source and something fires again. Times are UTC epoch seconds.
"""

from __future__ import annotations

from dataclasses import dataclass

from domain.alert import Severity
from domain.replacing import replace

MAX_REFIRES = 20


@dataclass(frozen=True, slots=True)
class Flapping:
    """`refires` cycles within `within_s` are flapping; it is over when fewer than half as many are left of them.

    `settle_s`: a flapping incident resolves when nothing has fired for so long.
    """

    refires: int = 3
    within_s: float = 1800.0
    settle_s: float = 600.0


@dataclass(frozen=True, slots=True)
class Flap:
    """`fired`: when the line began to fire after it was clear, newest last. `since`: flapping, in the open incident.

    `settles_at`: it flaps, nothing fires, and it resolves then. `seen`: the worst severity that a page of the incident
    told, or that somebody acknowledged or snoozed.
    """

    fired: tuple[float, ...] = ()
    clear: bool = True
    since: float | None = None
    settles_at: float | None = None
    seen: Severity | None = None


def fires(flap: Flap, at: float) -> Flap:
    """Something fires."""
    fired = (*flap.fired, at)[-MAX_REFIRES - 1 :] if flap.clear else flap.fired
    return replace(flap, fired=fired, clear=False, settles_at=None)


def saw(flap: Flap, severity: Severity) -> Flap:
    """A human was told of, or had, an incident this bad."""
    worse = flap.seen is None or severity.rank > flap.seen.rank
    return replace(flap, seen=severity) if worse else flap


def ended(flap: Flap) -> Flap:
    """It flaps no more; what is remembered of its course stays."""
    return replace(flap, since=None, settles_at=None)


def cycles(flap: Flap, within_s: float, now: float) -> int:
    """How often it was over and fired again, of late."""
    return max(0, sum(at > now - within_s for at in flap.fired) - 1)
