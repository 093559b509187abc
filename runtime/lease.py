"""The lease loop: renew, learn who owns what, claim, hand over.

Renewed from the same event loop that does the work, so a host that cannot run its loop loses its shards. What
the table says about ownership always wins over memory.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace

from runtime.core import Core, Solo, log, wait
from runtime.errors import RuntimeFault
from runtime.outage import Outage
from runtime.ownership import LEASE_S
from runtime.placement import Plan, plan
from runtime.store import HostRow, View

RENEW_S = 1.5
QUICK_S = 0.3
"""Period while shards are waiting to be claimed."""
HANDOVER_S = 1.0
"""Longest wait for claimed sends of a shard that is handed over. One that takes longer is recorded by us all the same,
since the claim is its fence and not the shard, and the next owner leaves it alone for as long as the claim lasts."""
RECORD_S = 6.0
"""A host that ends waits this long for its own sends: one cut off would have to be reconciled."""
SET_S = LEASE_S - RENEW_S
"""A database clock set forward by more than this makes the leases of living hosts look expired."""
RECENT_S = 60.0
"""A host dead for longer has nothing to say on what time it is."""
ORDINARY_S = 1.0
"""Counts differ by the time that answers take."""
SETTLED_S = 60.0
"""A shard held this long without a crash is no longer suspect."""


def ahead_of_clock(view: View, me: HostRow) -> float:
    """Seconds by which the other hosts, or those of a moment ago, are ahead of the store's clock since that was set.

    A host that starts must count as they do: timers that they set would wait for the difference. The greatest counts: a
    page early rather than late, and a host that died before the clock was set back would drag it down.
    """
    others = [_ahead(h, view.now) for h in view.hosts if h.id != me.id and h.expires_at > view.now - RECENT_S]
    agreed = max(others, default=0.0)
    return agreed if abs(agreed) > ORDINARY_S else 0.0


def _ahead(host: HostRow, now: float) -> float:
    """A lease that ends later than any can was given before the clock was set back, by about so much."""
    beyond = host.expires_at - now - LEASE_S
    return host.ahead_s + beyond if beyond > RECENT_S else host.ahead_s


class LeaseLoop:
    """Keeps this host's lease and its set of shards."""

    def __init__(
        self, core: Core, outage: Outage, me: HostRow, scope: Collection[int], in_flight: Callable[[int], bool]
    ) -> None:
        self._core = core
        self._outage = outage
        self._in_flight = in_flight
        self._scope = scope
        self._shaky: dict[int, float] = {}
        self._quick = False
        self._offset: float | None = None
        """Of the database's clock from our monotonic one, as last seen."""
        self.me = me
        self.superseded = False

    async def body(self) -> None:
        """One round: renew, compare, claim, hand over; then wait."""
        core = self._core
        began = core.clock.monotonic()
        try:
            view = await core.real_store.renew(self.me, LEASE_S, self._counted())
        except RuntimeFault:
            self._outage.failed()
            core.renewals.ended(began, answered=False)
            raise
        self._outage.reached(began)
        core.renewals.ended(began, answered=True)
        core.ownership.renewed(began)
        core.time.observe(view.now if core.time.known else view.now + ahead_of_clock(view, self.me))
        self._look_at_clock(view.now, began)
        self.me = next((replace(self.me, started_at=h.started_at) for h in view.hosts if h.id == self.me.id), self.me)
        self._compare(view)
        if not await self._outage.settled():
            await wait(core.lease_wanted, QUICK_S)
            return
        todo = plan(self.me, view, self._scope, core.ownership.epochs, core.ownership.steady())
        self.superseded = todo.superseded
        await self._claim(todo, view)
        for shard in todo.release:
            core.ownership.leaving.setdefault(shard, core.clock.monotonic())
        await self._hand_over()
        await self._clear_settled()
        self._quick = todo.waiting or bool(core.ownership.leaving)
        await wait(core.lease_wanted, QUICK_S if self._quick else RENEW_S)

    def _counted(self) -> float | None:
        return self._core.time.now() if self._core.time.known else None

    def _look_at_clock(self, now: float, began: float) -> None:
        offset, before = now - self._core.clock.monotonic(), self._offset
        self._offset = offset
        if before is None or abs(offset - before) <= SET_S:
            return
        meaning = "hosts follow slowly; see docs/runbook.md#database-clock-set"
        log.error("database_clock_set", host=self.me.id, by_s=round(offset - before), meaning=meaning)
        if offset > before:
            self._core.ownership.doubted(began)

    def _compare(self, view: View) -> None:
        """Forget shards that the table says are not ours at this epoch."""
        core = self._core
        mine = {s.id: s.epoch for s in view.shards if s.owner == self.me.id}
        for shard, epoch in list(core.ownership.epochs.items()):
            if mine.get(shard) != epoch:
                log.warning("shard_lost", shard=shard, epoch=epoch, host=self.me.id)
                core.forget_shard(shard)
            elif shard in core.ownership.doubtful:
                core.forget_shard(shard)  # and claim it anew: then the outcome of that commit is known

    async def _claim(self, todo: Plan, view: View) -> None:
        if not todo.claim:
            return
        core, seen = self._core, {s.id: s for s in view.shards}
        for shard in todo.claim:
            core.forget_shard(shard)
        claimed = await core.real_store.claim(self.me.id, todo.claim, todo.crashed)
        for shard, epoch in claimed.items():
            core.ownership.epochs[shard] = epoch
            crashes = seen[shard].crashes + 1 if shard in todo.crashed else 0
            if crashes:
                self._shaky[shard] = core.clock.monotonic()
            if crashes >= 2:
                core.solo[shard] = Solo(seen[shard].suspect)
                log.warning("shard_suspect", shard=shard, epoch=epoch, crashes=crashes, mark=seen[shard].suspect)
        log.info("shards_claimed", host=self.me.id, count=len(claimed), crashed=len(todo.crashed))
        core.timers.horizon = 0.0
        for event in (core.mail_wanted, core.timers_wanted, core.sends_wanted):
            event.set()

    async def _hand_over(self) -> None:
        """Give up shards whose turns are committed and whose sends are recorded."""
        core, now = self._core, self._core.clock.monotonic()
        ready: dict[int, int] = {}
        for shard, since in list(core.ownership.leaving.items()):
            epoch = core.ownership.epochs.get(shard)
            if epoch is None:
                del core.ownership.leaving[shard]
            elif not core.mailroom.busy(shard) and (not self._in_flight(shard) or now - since > HANDOVER_S):
                ready[shard] = epoch
        if not ready:
            return
        quiet_s = max(now - core.ownership.leaving[shard] for shard in ready)
        for shard in ready:
            core.forget_shard(shard)
        await core.real_store.release(self.me.id, ready)
        log.info("shards_handed_over", host=self.me.id, count=len(ready), quiet_s=round(quiet_s, 3))

    async def _clear_settled(self) -> None:
        """A shard that was taken from a crashed owner and has run well for a while is healthy again."""
        core, now = self._core, self._core.clock.monotonic()
        for shard, since in list(self._shaky.items()):
            epoch = core.ownership.epochs.get(shard)
            if epoch is None:
                del self._shaky[shard]
            elif shard not in core.solo and now - since > SETTLED_S:
                await core.real_store.name_suspect(shard, epoch, None)
                del self._shaky[shard]

    async def drain(self) -> None:
        """Hand everything over and retire; answers when done. Faults of the store end it early: leases lapse."""
        self.me = replace(self.me, draining=True)
        core = self._core
        started = core.clock.monotonic()
        try:
            await core.real_store.renew(self.me, LEASE_S, self._counted())
            for shard in core.ownership.epochs:
                core.ownership.leaving.setdefault(shard, started)
            while core.ownership.leaving and core.clock.monotonic() - started < HANDOVER_S + 1.0:
                await self._hand_over()
                await core.clock.sleep(0.02)
            while any(map(self._in_flight, self._scope)) and core.clock.monotonic() - started < RECORD_S:
                await core.clock.sleep(0.02)
            await core.real_store.retire(self.me.id)
        except RuntimeFault as fault:
            log.warning("drain_incomplete", host=self.me.id, why=str(fault))
