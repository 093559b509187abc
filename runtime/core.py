"""What the loops of one host share."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field

import structlog

from runtime.activation import Activations
from runtime.clock import Clock, DatabaseTime
from runtime.codec import Kinds
from runtime.environment import Environment
from runtime.errors import RuntimeFault
from runtime.going_out import Renewals
from runtime.mailbox import Mailroom
from runtime.ownership import Ownership
from runtime.registry import Registry
from runtime.store import Store
from runtime.timers import TimerHeap

log = structlog.get_logger("sentinel.runtime")


@dataclass(slots=True)
class Solo:
    """A shard taken from a host that crashed again and again: its backlog runs one entity at a time.

    `mark`: "entity#n" as left by the crashed owner, if one was running. `scanned`: the whole backlog is in memory.
    """

    mark: str | None
    scanned: bool = False


@dataclass(slots=True)
class Counters:
    """Totals since the start of this host, for `stats()` and the metrics."""

    turns: int = 0
    commits: int = 0
    fenced: int = 0
    unknown_commits: int = 0
    quarantined: int = 0
    sends: int = 0
    claims: int = 0


class Core:
    """Memory of a host; every part of it may be dropped at any time without loss."""

    def __init__(
        self,
        store: Store,
        registry: Registry,
        clock: Clock,
        host_id: str,
        poke: Callable[[Collection[int]], None],
    ) -> None:
        self.store = store
        """What the loops work on: the real store, or this host's own memory while that is away (runtime/outage.py)."""
        self.real_store = store
        self.registry = registry
        self.clock = clock
        self.host_id = host_id
        self.poke = poke
        self.time = DatabaseTime(clock)
        self.kinds = Kinds(registry.entities)
        self.ownership = Ownership(clock)
        self.renewals = Renewals(clock)
        self.mailroom = Mailroom()
        self.activations = Activations(lambda: self.store, self.kinds, clock)
        self.timers = TimerHeap()
        self.env = Environment(registry.env)
        self.solo: dict[int, Solo] = {}
        self.quarantined: dict[str, float] = {}
        self.failures: dict[str, int] = {}
        self.counters = Counters()
        self.mail_wanted = asyncio.Event()
        self.turns_wanted = asyncio.Event()
        self.timers_wanted = asyncio.Event()
        self.sends_wanted = asyncio.Event()
        self.lease_wanted = asyncio.Event()
        self.store_changed = asyncio.Event()
        """Set when `store` becomes another one, and then replaced."""
        self.backlog = False
        """True while the inbox is known to hold mail that memory had no room for."""
        self.on_forget: list[Callable[[int], None]] = []
        self.halted: dict[str, float] = {}
        """Entities that somebody stopped although the store does not show it yet; until when (monotonic)."""

    def work_on(self, store: Store) -> None:
        """From now on the loops work on this store."""
        self.store = store
        self.store_changed.set()
        self.store_changed = asyncio.Event()

    def forget_shard(self, shard: int) -> None:
        """Drop all memory of a shard: it went to another host, or must be claimed and read again."""
        self.ownership.epochs.pop(shard, None)
        self.ownership.leaving.pop(shard, None)
        self.ownership.doubtful.pop(shard, None)
        self.mailroom.drop_shard(shard)
        self.activations.drop_shard(shard)
        self.timers.drop_shard(shard)
        self.solo.pop(shard, None)
        for forget in self.on_forget:
            forget(shard)

    def forget_all(self) -> None:
        """Drop all memory of every shard."""
        shards = list(self.ownership.epochs)
        for memory in (self.ownership.epochs, self.ownership.leaving, self.ownership.doubtful, self.solo):
            memory.clear()
        self.mailroom.clear()
        self.activations.clear()
        self.timers.clear()
        for forget in self.on_forget:
            for shard in shards:
                forget(shard)

    @property
    def unattended(self) -> bool:
        """True while the loops work on memory because the store is away."""
        return self.store is not self.real_store

    def is_halted(self, entity: str) -> bool:
        """True if sends of the entity must wait for mail that is known to be on its way."""
        until = self.halted.get(entity)
        if until is not None and until <= self.clock.monotonic():
            del self.halted[entity]
            return False
        return until is not None

    def max_pending(self, entity: str) -> int:
        """Mailbox bound of an entity's kind."""
        return self.kinds.of(entity.partition("/")[0]).entity.max_pending

    async def quarantine(self, entity: str, shard: int, reason: str) -> None:
        """Take an entity out of service and have a human told; its mail stays in the inbox.

        Repeated for as long as mail keeps waiting: the effect's id changes every ten minutes.
        """
        epoch = self.ownership.epochs.get(shard)
        if epoch is None:
            return
        effect = self.registry.quarantined(entity, reason, self.time.now())
        log.error("entity_quarantined", entity=entity, shard=shard, reason=reason, hint="sentinel doctor lists it")
        self.mailroom.drop(entity)
        self.activations.drop(entity)
        self.quarantined[entity] = self.clock.monotonic() + 60.0
        self.counters.quarantined += 1
        await self.store.quarantine(entity, shard, epoch, reason, effect)
        self.sends_wanted.set()

    def skipped(self) -> list[str]:
        """Entities in quarantine; looked at again after a minute in case they were released."""
        now = self.clock.monotonic()
        for entity in [e for e, until in self.quarantined.items() if until <= now]:
            del self.quarantined[entity]
        return list(self.quarantined)


class Pace:
    """Keeps at least `gap_s` between two beginnings: what comes in meanwhile is done in one go.

    Idle, nothing waits; under load the database answers few large statements instead of many small ones.
    """

    def __init__(self, clock: Clock, gap_s: float) -> None:
        self._clock = clock
        self._gap_s = gap_s
        self._last = float("-inf")

    async def turn(self) -> None:
        """Until it is time to begin."""
        rest = self._last + self._gap_s - self._clock.monotonic()
        if rest > 0:
            await self._clock.sleep(rest)
        self._last = self._clock.monotonic()


async def wait(event: asyncio.Event, timeout_s: float) -> None:
    """Until the event is set or the time has passed; clears it."""
    try:
        async with asyncio.timeout(timeout_s):
            await event.wait()
    except TimeoutError:
        pass
    event.clear()


@dataclass(slots=True)
class Loop:
    """A duty repeated for the life of the host; a fault of the store is logged and the next round tries again."""

    name: str
    core: Core
    body: Callable[[], Awaitable[None]]
    pause_s: float = 0.5
    failing: bool = field(default=False)

    async def run(self) -> None:
        """Repeat `body`; it does its own waiting."""
        while True:
            try:
                await self.body()
                if self.failing:
                    log.info("loop_recovered", loop=self.name, host=self.core.host_id)
                self.failing = False
            except RuntimeFault as fault:
                if not self.failing:
                    log.warning("loop_waits_for_store", loop=self.name, host=self.core.host_id, why=str(fault))
                self.failing = True
                await self.core.clock.sleep(self.pause_s)
