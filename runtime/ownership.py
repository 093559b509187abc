"""What this host owns, and whether it may act on it.

A host may decide and send only while its last successful lease renewal *began* less than ACT_S ago by
its own monotonic clock; the lease itself lasts LEASE_S on the database's clock, so it stops by itself before
another host can take over. The epoch fence in the commit is the proof; this is the courtesy.
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
        self._renewed_at: float | None = None
        self._steady_since: float | None = None
        self._returned_at = float("-inf")

    def renewed(self, began: float) -> None:
        """A renewal that began at monotonic `began` succeeded."""
        if self._renewed_at is None or began - self._renewed_at > LEASE_S:
            self._steady_since = began
        if self._renewed_at is not None and began - self._renewed_at > ACT_S:
            self._returned_at = self._clock.monotonic()
        self._renewed_at = began

    def alive(self) -> bool:
        """True while this host may start turns and sends."""
        return self._renewed_at is not None and self._clock.monotonic() - self._renewed_at < ACT_S

    def settled(self) -> bool:
        """True while this host may fire timers and send: alive, and not just back from an outage."""
        return self.alive() and self._clock.monotonic() - self._returned_at >= RETURN_S

    def steady(self) -> bool:
        """True once in touch with the database for a whole lease time without a break."""
        return self._steady_since is not None and self._clock.monotonic() - self._steady_since >= LEASE_S

    def takes(self, shard: int) -> bool:
        """True if new work of the shard may start here."""
        return shard in self.epochs and shard not in self.leaving

    def holds(self, shard: int) -> bool:
        """True if this host believes it owns the shard."""
        return shard in self.epochs
