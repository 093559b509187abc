"""What this host owns, and whether it may act on it.

A host may decide and send only while its last successful lease renewal *began* less than ACT_S ago by
its own monotonic clock; the lease itself lasts LEASE_S on the database's clock, so it stops by itself before
another host can take over. The epoch fence in the commit is the proof; this is the courtesy. While the store is
away it may be given leave to go on (runtime/unattended.py), for a moment at a time.
"""

from __future__ import annotations

from runtime.clock import Clock

LEASE_S = 6.0
"""Lease time: a dead host's shards move after this. Shorter: faster failover, more false alarms."""
ACT_S = 4.0
"""No turn and no send starts later than this after the last renewal began."""
RETURN_S = 2.0
"""After a break in touch with the database no timer fires and no send starts for this long: acknowledgements that
gateways kept meanwhile come first. Longer: later steps after an outage; shorter: pages that somebody had stopped."""


class Ownership:
    """Epochs of the shards held, and the age of the lease."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.epochs: dict[int, int] = {}
        self.leaving: dict[int, float] = {}
        """Shards being handed over, since when (monotonic): nothing new starts in them."""
        self.doubtful: dict[int, None] = {}
        """Shards with a commit of unknown outcome: nothing new starts until they are claimed anew."""
        self.renewed_at: float | None = None
        """When the last good renewal began, monotonic."""
        self._leave_until = float("-inf")
        self._steady_since: float | None = None
        self._returned_at = float("-inf")

    def renewed(self, began: float) -> None:
        """A renewal that began at monotonic `began` succeeded."""
        if self.renewed_at is None or began - self.renewed_at > LEASE_S:
            self._steady_since = began
        if self.renewed_at is not None and began - self.renewed_at > ACT_S:
            self.returned()
        self.renewed_at = began

    def returned(self) -> None:
        """The database is back after a break; `renewed` cannot know of one before its first call."""
        self._returned_at = self._clock.monotonic()

    def doubted(self, began: float) -> None:
        """As of monotonic `began` no lease can be judged: owners have a whole lease time to renew theirs."""
        self._steady_since = began

    def go_on(self, seconds: float) -> None:
        """Leave to act without a lease for this long."""
        self._leave_until = self._clock.monotonic() + seconds

    def stop(self) -> None:
        """The leave is over."""
        self._leave_until = float("-inf")

    def alive(self) -> bool:
        """True while this host may start turns and sends."""
        now = self._clock.monotonic()
        return now < self._leave_until or (self.renewed_at is not None and now - self.renewed_at < ACT_S)

    def settled(self) -> bool:
        """True while this host may fire timers and send: alive, and not just back from an outage."""
        return self.alive() and self._clock.monotonic() - self._returned_at >= RETURN_S

    def steady(self) -> bool:
        """True once in touch with the database for a whole lease time without a break."""
        return self._steady_since is not None and self._clock.monotonic() - self._steady_since >= LEASE_S

    def takes(self, shard: int) -> bool:
        """True if new work of the shard may start here."""
        return shard in self.epochs and shard not in self.leaving and shard not in self.doubtful

    def holds(self, shard: int) -> bool:
        """True if this host believes it owns the shard."""
        return shard in self.epochs
