"""Durable timers: rows loaded a few minutes ahead into a heap, fired as ordinary messages.

The row stays until the commit of the turn that took it deletes or replaces it with the same
generation: fired at least once, taken exactly once. A timer never fires early: due means that database time
has reached it.
"""

from __future__ import annotations

import heapq

from runtime.store import TimerRow

HORIZON_S = 3600.0
"""How far ahead timers are kept in memory, and with them what an outage of the store can still fire. Longer: more
memory, longer scans."""
MAX_LOADED = 20_000
"""Timers read in one scan; when there are more, the next scan follows as soon as these are through."""


class TimerHeap:
    """Timers of this host's shards that are due before `horizon` (database time)."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, TimerRow]] = []
        self._count = 0
        self._known: dict[tuple[str, str], TimerRow] = {}
        self.horizon = 0.0

    def __len__(self) -> int:
        return len(self._known)

    def arm(self, timer: TimerRow) -> None:
        """Keep a timer if it falls before the horizon; a later scan finds the others."""
        key = (timer.entity, timer.name)
        if timer.due_at > self.horizon:
            self._known.pop(key, None)
            return
        if self._known.get(key) == timer:
            return
        self._known[key] = timer
        self._count += 1
        heapq.heappush(self._heap, (timer.due_at, self._count, timer))

    def arm_unless_newer(self, timer: TimerRow) -> None:
        """Keep a timer read by a scan; a commit meanwhile may have armed a newer generation, which stays."""
        known = self._known.get((timer.entity, timer.name))
        if known is None or known.gen < timer.gen:
            self.arm(timer)

    def disarm(self, entity: str, name: str, gen: int) -> None:
        """Forget a timer of this generation."""
        known = self._known.get((entity, name))
        if known is not None and known.gen == gen:
            del self._known[(entity, name)]

    def clear(self) -> None:
        """Forget all; the next scan begins anew."""
        self._heap.clear()
        self._known.clear()
        self.horizon = 0.0

    def entities(self) -> set[str]:
        """Those with a timer in memory."""
        return {entity for entity, _ in self._known}

    def soonest(self, limit: int) -> list[TimerRow]:
        """The timers in memory, earliest first."""
        return heapq.nsmallest(limit, self._known.values(), key=lambda t: t.due_at)

    def drop_shard(self, shard: int) -> None:
        """Forget the timers of a shard that went away."""
        for key in [k for k, t in self._known.items() if t.shard == shard]:
            del self._known[key]

    def due(self, now: float, limit: int) -> list[TimerRow]:
        """Take up to `limit` timers that are due, earliest first."""
        out: list[TimerRow] = []
        while self._heap and len(out) < limit and self._heap[0][0] <= now:
            timer = heapq.heappop(self._heap)[2]
            if self._known.get((timer.entity, timer.name)) == timer:
                del self._known[(timer.entity, timer.name)]
                out.append(timer)
        return out

    def next_due(self) -> float | None:
        """Due time of the earliest timer in memory."""
        while self._heap:
            timer = self._heap[0][2]
            if self._known.get((timer.entity, timer.name)) == timer:
                return timer.due_at
            heapq.heappop(self._heap)
        return None
