"""A whole installation in one process on virtual time: hosts, store, provider, senders, people, one seed.

The hosts are the real `runtime.host.Host`; only the clock, the store behind its protocol and the provider are
of the simulator. The same seed gives the same run.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import structlog

from runtime.codec import json_of
from runtime.effects import Accepted, CannotTell, NotFound, Rejected, Send, Unknown
from runtime.entity import Effect
from runtime.errors import RuntimeFault
from runtime.host import Host
from runtime.ids import EntityId, derived_id, shard_of
from runtime.memory import MemoryStore
from runtime.registry import Registry
from runtime.store import Inbound
from tests.sim.faults import HostStore, Process, Rates, random_rates
from tests.sim.pager import Ack, Alert, Pager
from tests.sim.virtual import VirtualClock, VirtualLoop

HOSTS = 3
INCIDENTS = 12
FAULTY_S = 330.0
QUIET_S = 240.0
"""Without faults at the end, so that whatever can still be done is done."""


@dataclass(frozen=True, slots=True)
class Sent:
    """The provider took this page at `at` (virtual seconds)."""

    at: float
    delivery: str
    entity: str
    to: str


@dataclass(frozen=True, slots=True)
class NoConfiguration:
    version: int = 0


class StaticSource:
    async def version(self) -> int:
        return 0

    async def load(self) -> NoConfiguration:
        return NoConfiguration()


class Provider:
    """A telephone company: refuses, loses requests, loses answers, can be asked what it has."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.log: list[Sent] = []
        self.doubt: dict[str, int] = {}
        """Times the look-up of a delivery could not tell: each allows one more send."""

    def take(self, send: Send) -> Accepted | Rejected | Unknown:
        rng, rates = self._world.rng, self._world.rates
        draw = rng.random()
        if rates is not None and draw < rates.provider_refuses:
            return Rejected("busy", retryable=True)
        if rates is not None and draw < rates.provider_refuses + rates.provider_loses / 2:
            return Unknown("request lost")
        self.log.append(Sent(self._world.loop.time(), send.id, send.entity, str(send.body["to"])))
        if rates is not None and draw < rates.provider_refuses + rates.provider_loses:
            return Unknown("answer lost")
        return Accepted(f"p-{len(self.log)}", final=True)

    def look_up(self, send: Send) -> Accepted | NotFound | CannotTell:
        rates = self._world.rates
        if rates is not None and self._world.rng.random() < 0.1:
            self.doubt[send.id] = self.doubt.get(send.id, 0) + 1
            return CannotTell()
        return Accepted("found", final=True) if any(s.delivery == send.id for s in self.log) else NotFound()


class SimHandler:
    """The effect handler inside one host process."""

    def __init__(self, process: Process, provider: Provider) -> None:
        self._process = process
        self._provider = provider

    def dedupes(self, channel: str) -> bool:
        return False

    def can_cancel(self, channel: str) -> bool:
        return False

    async def send(self, send: Send, env: Any, timeout_s: float) -> Accepted | Rejected | Unknown:
        # No fault point before the provider takes it: the check of the claim's deadline and the system
        # call are one step for us, as runtime-design says honestly.
        outcome = self._provider.take(send)
        await asyncio.sleep(self._process.world.rng.uniform(0.01, 0.5))
        await self._process.point("after send")
        return outcome

    async def reconcile(self, send: Send, env: Any, timeout_s: float) -> Accepted | NotFound | CannotTell:
        await asyncio.sleep(self._process.world.rng.uniform(0.01, 0.2))
        answer = self._provider.look_up(send)
        await self._process.point("after reconcile")
        return answer

    async def cancel(self, send: Send, env: Any, timeout_s: float) -> None:
        return None


def quarantine_effect(entity: str, reason: str, now: float) -> Effect:
    return Effect(derived_id(entity, int(now // 600)), "page", "voice", {"to": "fallback", "step": -1})


@dataclass(slots=True)
class Mutation:
    """A safety line removed on purpose; each must turn seeds red (tests/sim/test_mutations.py)."""

    name: str = "as specified"
    wrap_store: Callable[[World, Process, Any], Any] | None = None
    patch: dict[str, Any] = field(default_factory=dict)


class World:
    """One run."""

    def __init__(self, seed: int, mutation: Mutation | None = None, rates: Rates | None = None) -> None:
        self.seed = seed
        self.rng = random.Random(seed)
        self.rates: Rates | None = rates or random_rates(self.rng)
        self.mutation = mutation or Mutation()
        self.loop = VirtualLoop()
        self.store = MemoryStore(self.loop.database_now)
        self.provider = Provider(self)
        self.accepted: dict[int, tuple[float, str]] = {}
        self.acked: dict[str, float] = {}
        self.faults: list[tuple[float, str, str, str]] = []
        self._incarnations = 0
        self._down: tuple[float, float] = (0.0, 0.0)
        self._tasks: dict[asyncio.Task[None], None] = {}

    def note(self, what: str, who: str, where: str) -> None:
        """Remember a fault for the story of a failing seed."""
        self.faults.append((self.loop.time(), what, who, where))

    def store_down(self) -> bool:
        """True during the store's outage of this run."""
        return self._down[0] <= self.loop.time() < self._down[1]

    def crashed(self, process: Process, label: str) -> None:
        """The process is gone; Ray starts another one in its slot about two seconds later."""
        process.dead = True
        self.note("crash", process.name, label)
        slot = process.name.partition("#")[0]
        self.loop.call_later(self.rng.uniform(1.5, 3.0), self._start_host, slot)

    def _start_host(self, slot: str) -> None:
        self._incarnations += 1
        process = Process(self, f"{slot}#{self._incarnations}")
        handler = SimHandler(process, self.provider)

        async def nothing() -> None:
            return None

        registry = Registry((Pager(),), {"page": handler}, StaticSource(), quarantine_effect, nothing)
        store: Any = self.store
        if self.mutation.wrap_store is not None:
            store = self.mutation.wrap_store(self, process, store)
        host = Host(
            HostStore(process, store),  # type: ignore[arg-type]
            registry,
            VirtualClock(self.loop),
            slot=slot,
            node="n1",
            host_id=process.name,
            started_at=self.loop.database_now(),
        )
        self._spawn(self._life(host, slot, process))

    async def _life(self, host: Host, slot: str, process: Process) -> None:
        await host.run()
        if not process.dead:
            self.note("ended", process.name, "superseded")
            process.dead = True

    def _spawn(self, work: Any) -> None:
        task = self.loop.create_task(work)
        self._tasks[task] = None

    # -- the outside -------------------------------------------------------------------------------------

    async def _deliver(self, entity: EntityId, message: Any, dedup: str, halts: bool = False) -> None:
        """A gateway: repeats until the store has it; only then the sender is told 2xx."""
        gateway = HostStore(Process(self, "gateway", mortal=False), self.store)
        row = Inbound(str(entity), shard_of(entity), type(message).__name__, dedup, json_of(message), halts)
        while True:
            try:
                await gateway.append([row])
                return
            except RuntimeFault:
                await asyncio.sleep(0.5)

    async def _sender(self, number: int, entity: EntityId, at: float) -> None:
        await asyncio.sleep(at)
        await self._deliver(entity, Alert(number), f"alert-{number}")
        self.accepted[number] = (self.loop.time(), str(entity))

    async def _human(self, entity: EntityId, at: float) -> None:
        await asyncio.sleep(at)
        await self._deliver(entity, Ack("human"), f"ack-{entity}", halts=True)
        self.acked[str(entity)] = self.loop.time()

    def run(self) -> None:
        """Faults for FAULTY_S, then peace for QUIET_S."""
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
        rng = self.rng
        for slot in range(HOSTS):
            self.loop.call_later(rng.random(), self._start_host, f"h{slot}")
        if rng.random() < 0.3:
            start = rng.uniform(50, 250)
            self._down = (start, start + 60)
        number = 0
        for n in range(INCIDENTS):
            entity, at = EntityId("pager", f"i{n}"), rng.uniform(0, 60)
            for again in range(rng.choice((1, 1, 3))):
                self._spawn(self._sender(number, entity, at + again * rng.uniform(0, 100)))
                number += 1
            if rng.random() < 0.5:
                self._spawn(self._human(entity, at + rng.uniform(5, 220)))
        asyncio.set_event_loop(self.loop)
        try:
            self.loop.run_until_complete(asyncio.sleep(FAULTY_S))
            self.rates = None
            self.loop.run_until_complete(asyncio.sleep(QUIET_S))
        finally:
            self._close()

    def _close(self) -> None:
        pending = asyncio.all_tasks(self.loop)
        for task in pending:
            task.cancel()
        self.loop.run_until_complete(asyncio.gather(*pending, return_exceptions=True))
        asyncio.set_event_loop(None)
        self.loop.close()
