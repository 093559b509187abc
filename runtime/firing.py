"""The timer loop: loads durable timers ahead of time and fires those that are due into mailboxes."""

from __future__ import annotations

from runtime.core import Core, wait
from runtime.mailbox import MAX_MAIL
from runtime.timers import HORIZON_S, MAX_LOADED
from runtime.turn import Message

RESCAN_S = 60.0
"""Full rescan period: finds a timer that memory lost for whatever reason."""
PARTIAL_S = 0.2
"""Shortest time between scans while more timers are due than one scan reads."""


class TimerLoop:
    """Fires due timers; never early, because due means that database time has reached it."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._scanned_at = float("-inf")

    async def body(self) -> None:
        """Scan when the horizon comes near, fire what is due, wait until the next."""
        core = self._core
        if core.ownership.epochs and core.time.known:
            if self._must_scan():
                await self._scan()
            self._fire()
        await wait(core.timers_wanted, self._pause())

    def _pause(self) -> float:
        core = self._core
        due = core.timers.next_due() if core.time.known else None
        if due is None or core.mailroom.size >= MAX_MAIL:
            return 0.2
        return max(0.005, min(0.5, due - core.time.now()))

    def _must_scan(self) -> bool:
        timers, age = self._core.timers, self._core.clock.monotonic() - self._scanned_at
        if timers.horizon == 0.0 or age > RESCAN_S:
            return True
        near = timers.horizon - self._core.time.now() < 1.0
        return near and age > PARTIAL_S and len(timers) < MAX_LOADED // 4

    async def _scan(self) -> None:
        core = self._core
        shards = dict(core.ownership.epochs)
        until = core.time.now() + HORIZON_S
        # Before the read: a timer committed while it runs is then armed by its commit, or found by it.
        core.timers.horizon = until
        try:
            rows = await core.store.timers(list(shards), until, MAX_LOADED)
        except BaseException:  # also a cancellation: what was not loaded is looked for again
            core.timers.horizon = 0.0
            raise
        if len(rows) >= MAX_LOADED:
            core.timers.horizon = rows[-1].due_at
        self._scanned_at = core.clock.monotonic()
        for row in rows:
            ours = core.ownership.epochs.get(row.shard) == shards.get(row.shard)
            if ours and not core.mailroom.pending_timer(row.entity, row.name, row.gen):
                core.timers.arm_unless_newer(row)

    def _fire(self) -> None:
        core = self._core
        if not core.ownership.settled():
            return
        fired = core.timers.due(core.time.now(), max(0, MAX_MAIL - core.mailroom.size))
        rules = core.registry.unattended
        if rules is not None and core.store is not core.real_store:  # they come back with the store, and fire late
            fired = [timer for timer in fired if timer.name not in rules.asleep]
        for timer in fired:
            message = Message(f"timer:{timer.name}:{timer.gen}", "TimerFired", "", timer=timer)
            core.mailroom.put(timer.entity, timer.shard, message, MAX_MAIL)
        if fired:
            core.turns_wanted.set()
