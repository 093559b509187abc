"""A host: one event loop that runs many entities. Plain asyncio; `runtime.cluster` puts it on Ray.

host = Host(store, registry, SystemClock(), slot="host-0", node="n1", host_id=new_id(), publish=feed.publish)
await host.run()        # until stopped or superseded
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from typing import Any

from runtime.clock import Clock
from runtime.core import Core, Loop, log
from runtime.errors import RuntimeFault
from runtime.firing import TimerLoop
from runtime.ids import SHARDS
from runtime.inbox import InboxLoop
from runtime.lease import LeaseLoop
from runtime.outage import Outage
from runtime.outbox import Outbox
from runtime.pump import LANES, Pump
from runtime.ready import ReadyLoop
from runtime.registry import Registry
from runtime.sendlog import SendLog
from runtime.store import HostRow, Inbound, Store
from runtime.told import ToldPage
from runtime.turns import TurnLoop

PASSIVATE_S = 30.0
SWEPT = 20_000
"""Done inbox rows forgotten a round: some 700 a second and host, in pieces that lock nobody out."""
ENV_S = 1.0


def no_publish(rows: list[dict[str, Any]]) -> None:
    """For a host whose events nobody follows live; they are in the journal all the same."""


def no_poke(shards: Collection[int]) -> None:
    """For a host without peers to wake; they find their mail by polling."""


def no_word() -> None:
    """For a host that has nobody to tell that it reaches the store."""


def no_told(page: ToldPage) -> None:
    """For a host that shares its people with no other."""


class Host:
    """Composition of the loops; see each module for what it promises. Without `sends` it waits in an outage."""

    def __init__(
        self,
        store: Store,
        registry: Registry,
        clock: Clock,
        *,
        slot: str,
        node: str,
        host_id: str,
        started_at: float,
        publish: Callable[[list[dict[str, Any]]], None] = no_publish,
        poke: Callable[[Collection[int]], None] = no_poke,
        say_well: Callable[[], None] = no_word,
        say_told: Callable[[ToldPage], None] = no_told,
        sends: SendLog | None = None,
        scope: Collection[int] = range(SHARDS),
    ) -> None:
        self.core = Core(store, registry, clock, host_id, poke)
        self.outbox = Outbox(self.core, say_told)
        self.pump = Pump(self.core, self.outbox.offer, publish)
        self._turns = TurnLoop(self.core, self.pump)
        self._inbox = InboxLoop(self.core)
        self._timers = TimerLoop(self.core)
        weight = 1.0 if scope == range(SHARDS) else 0.0
        me = HostRow(host_id, slot, node, started_at, 0.0, False, weight)
        self.outage = Outage(self.core, sends, self.outbox.known, self.outbox.lingers)
        self._ready = ReadyLoop(self.core)
        self._say_well = say_well
        self.lease = LeaseLoop(self.core, self.outage, me, scope, self.outbox.in_flight)
        self._tasks: list[asyncio.Task[None]] = []
        self._draining = False

    async def run(self) -> None:
        """Work until `stop` or until a newer incarnation of this slot takes over."""
        await self._first_environment()
        self._tasks = [asyncio.create_task(work, name=name) for name, work in self._duties()]
        try:
            done, _ = await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                if not task.cancelled() and (error := task.exception()) is not None:
                    # A bug in a loop: end the host rather than limp; a new incarnation takes over in seconds.
                    log.error("host_loop_broke", loop=task.get_name(), host=self.core.host_id, why=repr(error))
                    raise error
        finally:
            await self._end_tasks()

    def _duties(self) -> list[tuple[str, Any]]:
        core = self.core
        loops = [
            Loop("lease", core, self._lease_round, 0.3),
            Loop("inbox", core, self._inbox.body),
            Loop("timers", core, self._timers.body),
            Loop("turns", core, self._turns.body, 0.1),
            Loop("outbox", core, self.outbox.body),
            Loop("records", core, self.outbox.record, 0.2),
            Loop("environment", core, self._refresh_environment, ENV_S),
            Loop("passivate", core, self._passivate),
            Loop("outage", core, self.outage.body),
            Loop("ready", core, self._ready.body),
        ]
        duties: list[tuple[str, Any]] = [(loop.name, loop.run()) for loop in loops]
        duties.extend((f"pump-{lane}", self.pump.run(lane)) for lane in range(LANES))
        return duties

    async def _lease_round(self) -> None:
        if self._draining:
            await self.core.clock.sleep(1.0)
            return
        await self.lease.body()
        if self.lease.me.weight > 0:  # others count on whoever says this to take their shards
            self._say_well()
        if self.lease.superseded:
            log.warning("host_superseded", host=self.core.host_id, slot=self.lease.me.slot)
            raise asyncio.CancelledError

    async def _first_environment(self) -> None:
        while self.core.env.version < 0:
            try:
                await self.core.env.refresh()
            except RuntimeFault as fault:
                log.warning("environment_not_loaded", why=str(fault), host=self.core.host_id)
                await self.core.clock.sleep(0.5)

    async def _refresh_environment(self) -> None:
        await self.core.clock.sleep(ENV_S)
        await self.core.env.refresh()

    async def _passivate(self) -> None:
        """Housekeeping: idle memory goes, and inbox rows that are long done."""
        await self.core.clock.sleep(PASSIVATE_S)
        if self.core.unattended:
            return
        self.core.activations.passivate(self.core.timers.entities())
        await self.core.real_store.sweep(SWEPT)

    def poke(self, shards: Collection[int]) -> None:
        """Somebody put mail into the inbox of these shards: look now instead of at the next poll."""
        if not self.core.ownership.epochs.keys().isdisjoint(shards):
            self.core.mail_wanted.set()

    def heard_well(self) -> None:
        """Another host says that the store is well. It does not concern a private shard, which nobody can take over."""
        if self.lease.me.weight > 0:
            self.outage.watch.heard()

    def heard_mail(self, message: Inbound) -> None:
        """A gateway keeps this message until the store is back."""
        self.outage.heard_mail(message)

    async def drain(self) -> None:
        """Hand over all shards in an orderly way, then stop."""
        self._draining = True
        await self.lease.drain()
        await self.stop()

    async def stop(self) -> None:
        """End all loops at once. Whatever was not committed is done again by the next owner."""
        for task in self._tasks:
            task.cancel()

    async def _end_tasks(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.outbox.stop()

    def stats(self) -> dict[str, Any]:
        """Figures for `doctor` and the metrics."""
        core = self.core
        return {
            "host": core.host_id,
            "slot": self.lease.me.slot,
            "shards": len(core.ownership.epochs),
            "active": len(core.activations),
            "mail": core.mailroom.size,
            "timers": len(core.timers),
            "uncommitted": self.pump.depth,
            "env_version": core.env.version,
            "turns": core.counters.turns,
            "commits": core.counters.commits,
            "fenced": core.counters.fenced,
            "unknown_commits": core.counters.unknown_commits,
            "quarantined": core.counters.quarantined,
            "sends": core.counters.sends,
            "unattended": core.unattended,
            "not_in_memory": self.outage.missing if core.unattended else 0,
        }
