"""When a host goes on without the store: after a grace, and only while nobody else can do its work.

    the store         somebody else says that it is well     this host
    answers           -                                      works as ever
    away < grace      -                                      waits: nothing starts
    away >= grace     no                                     acts from memory
    away >= grace     heard within SILENT_S                  is silent: others take its shards over
    away >= grace     heard for a whole lease time           forgets its shards: others have them

Away means that renewals of the lease began to fail, not that time has passed. A process that did not run for longer
than its lease, and had not seen the store fail before, cannot know who held its shards when the store went away: it
waits. Only this machine's monotonic clock is read.
"""

from __future__ import annotations

from enum import Enum

from runtime.clock import Clock
from runtime.ownership import ACT_S, LEASE_S, Ownership

BEAT_S = 0.25
"""How often it is looked at."""
FRESH_S = 1.0
"""Leave to act is given for this long at a time, so that a process that stops loses it."""
GAP_S = ACT_S
"""A longer pause between two looks means that the process did not run: the store must then fail for a while anew.
Shorter than a lease: within one nobody can have taken over after the store's return."""
SILENT_S = 5.0
"""How long the word of another host counts; they give it with every renewal."""


class Verdict(Enum):
    """What to do now."""

    WAIT = "wait"
    ACT = "act"
    FORGET = "forget"


class Watch:
    """Collects the signs. `grace_s` None: never acts without the store."""

    def __init__(self, clock: Clock, ownership: Ownership, grace_s: float | None) -> None:
        self._clock = clock
        self._ownership = ownership
        self._grace_s = grace_s
        self._failing_since: float | None = None
        self._heard_since = float("-inf")
        self._heard_at = float("-inf")
        self._looked_at: float | None = None
        self._overslept = False

    @property
    def away(self) -> bool:
        """True while renewals fail."""
        return self._failing_since is not None

    def reached(self) -> None:
        """The store answered."""
        self._failing_since = None
        self._overslept = False

    def failed(self) -> None:
        """A renewal failed."""
        if self._failing_since is None:
            self._failing_since = self._clock.monotonic()

    def heard(self) -> None:
        """Another host says that it reaches the store."""
        now = self._clock.monotonic()
        if now - self._heard_at > SILENT_S:
            self._heard_since = now
        self._heard_at = now

    def look(self) -> Verdict:
        """To be called every BEAT_S."""
        now, renewed = self._clock.monotonic(), self._ownership.renewed_at
        if renewed is not None and self._looked_at is not None and now - self._looked_at > GAP_S:
            self._overslept = self._overslept or (not self.away and now - renewed > LEASE_S)
            self._failing_since = now if self.away else None
        self._looked_at = now
        if self._failing_since is None or self._grace_s is None or renewed is None or self._overslept:
            return Verdict.WAIT
        lapsed = renewed + LEASE_S
        if self._heard_at > lapsed and now - self._heard_at <= SILENT_S:
            return Verdict.FORGET if now - max(self._heard_since, lapsed) >= LEASE_S else Verdict.WAIT
        long = now - renewed >= self._grace_s and now - self._failing_since >= self._grace_s / 2
        return Verdict.ACT if long else Verdict.WAIT
