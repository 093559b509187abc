"""A whole installation in one process on virtual time: hosts, store, provider, senders, people, one seed.

The hosts are the real `runtime.host.Host`; only the clock, the store behind its protocol and the provider are
of the simulator. The same seed gives the same run.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

from domain.storm import HOLD_S
from runtime import sendlog
from runtime.codec import json_of
from runtime.entity import Effect
from runtime.errors import RuntimeFault
from runtime.host import Host
from runtime.ids import EntityId, derived_id, shard_of
from runtime.memory import MemoryStore
from runtime.registry import Registry, Unattended
from runtime.sendlog import SendLog
from runtime.store import Inbound, OutboxRow, SendResult
from tests.sim.faults import HostStore, Process, ProcessClock, Rates, random_rates
from tests.sim.pager import STEPS, Ack, Alert, Pager, SentMeanwhile
from tests.sim.provider import Provider, SimHandler, storming
from tests.sim.virtual import EPOCH, VirtualLoop

HOSTS = 3
INCIDENTS = 12
FAULTY_S = 330.0
GRACE_S = 15.0
LATE_S = 2.0
"""A page due in an outage goes out no later than this after it is due and the grace is over."""
QUIET_S = 240.0
"""Without faults at the end, so that whatever can still be done is done."""


@dataclass(frozen=True, slots=True)
class Expected:
    """A step that falls due in an outage, and the host that has all it needs to page: by `due`, virtual seconds."""

    entity: str
    due: float
    process: Process


@dataclass(frozen=True, slots=True)
class NoConfiguration:
    version: int = 0


class StaticSource:
    async def version(self) -> int:
        return 0

    async def load(self) -> NoConfiguration:
        return NoConfiguration()


class SimSendLog:
    """The send logs of one machine, which outlive its processes."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._files: dict[str, tuple[Process, list[sendlog.Line]]] = process.world.disk

    async def begin(self, rows: Sequence[OutboxRow], now: float) -> None:
        await self._write([sendlog.Line(begun=sendlog.begun(row, now)) for row in rows])

    async def outcomes(self, results: Sequence[SendResult]) -> None:
        outcomes = [sendlog.Outcome(r.id, r.state, r.detail, r.provider_id, r.tried) for r in results]
        await self._write([sendlog.Line(outcome=o) for o in outcomes])

    async def _write(self, lines: list[sendlog.Line]) -> None:
        await self._process.point("before the send log")
        await asyncio.sleep(self._process.world.rng.uniform(0.001, 0.01))
        self._files.setdefault(self._process.name, (self._process, []))[1].extend(lines)
        self._process.world.logged(self._process, lines)
        await self._process.point("after the send log")

    async def left(self) -> list[sendlog.Left]:
        taken = self._process.world.taken
        found = []
        for name, (who, lines) in self._files.items():
            taker = taken.get(name, who)
            if taker is self._process or taker.dead:  # a file is locked by whoever took it, for as long as that lives
                taken[name] = self._process
                found.append(sendlog.Left(name, sendlog.fold(lines)))
        return found

    async def forget(self, name: str, refused: str = "") -> None:
        await self._process.point("before the send log is forgotten")
        world = self._process.world
        for sent in sendlog.fold(self._files.pop(name)[1]):
            world.settled[sent.id] = world.loop.time()
            if sent.state == "unknown":
                world.unsure.add(sent.id)


def telling(entity: str, sends: Sequence[sendlog.Sent], source: str) -> SentMeanwhile:
    known = {"delivered": "accepted", "accepted": "accepted", "failed": "rejected", "pending": "rejected"}
    return SentMeanwhile(tuple((int(s.body["step"]), s.id, known.get(s.state, "unknown")) for s in sends))


def quarantine_effect(entity: str, reason: str, now: float) -> Effect:
    return Effect(derived_id(entity, int(now // 600)), "page", "voice", {"to": "fallback", "step": -1})


@dataclass(slots=True)
class Mutation:
    """A safety line removed on purpose; each must turn seeds red (tests/sim/test_mutations.py)."""

    name: str = "as specified"
    wrap_store: Callable[[World, Process, Any], Any] | None = None
    sends: Callable[[Process], SendLog] = SimSendLog
    hold_s: float = HOLD_S


class World:
    """One run."""

    def __init__(
        self,
        seed: int,
        mutation: Mutation | None = None,
        rates: Rates | None = None,
        cut: tuple[str, float, float] | None = None,
    ) -> None:
        """`cut`: the slot of a host that is cut off from everything, provider included, and from when until when."""
        self.seed = seed
        self._cut_by_hand = cut
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
        self.disk: dict[str, tuple[Process, list[sendlog.Line]]] = {}
        self.taken: dict[str, Process] = {}
        """Send log of a dead process -> the host that settles it."""
        self.unattended: dict[str, list[Process]] = {}
        """Delivery -> the hosts that logged it while the store was away."""
        self.settled: dict[str, float] = {}
        """Delivery -> when its log was settled with the store."""
        self.unsure: set[str] = set()
        """Deliveries settled without a known outcome: sent again, and labelled."""
        self.expected: list[Expected] = []
        self.outage: tuple[float, float] = (0.0, 0.0)
        self._cut: tuple[str, float, float] = ("", 0.0, 0.0)
        self._valkey = True
        self._hosts: dict[str, tuple[Process, Host]] = {}
        self._tasks: dict[asyncio.Task[None], None] = {}

    def note(self, what: str, who: str, where: str) -> None:
        """Remember a fault for the story of a failing seed."""
        self.faults.append((self.loop.time(), what, who, where))

    def store_down(self) -> bool:
        """True during the store's outage of this run."""
        return self.outage[0] <= self.loop.time() < self.outage[1]

    @property
    def cut(self) -> tuple[float, float]:
        """While one host alone cannot reach the store."""
        return self._cut[1:]

    def cut_off(self, process: Process) -> bool:
        """True while this host alone cannot reach the store."""
        slot, start, end = self._cut
        return process.name.partition("#")[0] == slot and start <= self.loop.time() < end

    def alone(self, process: Process, at: float) -> bool:
        """True if this host could not reach the store at `at`, and heard of no other that could: none ran, or no Valkey."""
        slot, start, end = self._cut
        unheard = not self._valkey or not any(
            other.ran(at) for other, _ in self._hosts.values() if other is not process
        )
        return unheard and process.name.partition("#")[0] == slot and start <= at < end + 0.01

    async def connected(self, process: Process) -> bool:
        """A connection to the provider, which a host without any network tries to make for a while."""
        for _ in range(40):
            if self._cut_by_hand is None or not self.cut_off(process):
                return True
            await asyncio.sleep(0.1)
        return False

    def process(self, name: str) -> Process:
        """An incarnation of a host by its id."""
        return self._hosts[name][0]

    def went_away(self, began: float, process: Process) -> bool:
        """True if the store went away from the process since `began`."""
        return (began < self.outage[0] and self.store_down()) or (began < self._cut[1] and self.cut_off(process))

    def logged(self, process: Process, lines: Sequence[sendlog.Line]) -> None:
        """A host recorded sends of its own before it made them."""
        for line in lines:
            if line.begun is not None:
                self.unattended.setdefault(line.begun.id, []).append(process)

    def _announce(self, what: Callable[[Host], None], but: Process | None = None) -> None:
        """Valkey: everybody who listens hears it a moment later; a frozen process when it runs again."""
        if not self._valkey:
            return
        for process, host in list(self._hosts.values()):
            if process is not but and not process.dead:
                delay = self.rng.uniform(0.005, 0.2) + process.frozen_for
                self.loop.call_later(delay, self._tell, process, host, what)

    @staticmethod
    def _tell(process: Process, host: Host, what: Callable[[Host], None]) -> None:
        if not process.dead:
            what(host)

    def _look_ahead(self) -> None:
        """The store goes away for long: which steps fall due meanwhile, and is their host able to take them?"""
        start, end = self.outage
        for timer in self.store.armed.values():
            owner = self._hosts.get(self.store.shards[timer.shard].owner or "")
            due = max(timer.due_at - EPOCH, start + GRACE_S)
            if owner is None or due + LATE_S > end or timer.due_at < EPOCH + start - 2.0:
                continue
            process, host = owner
            held = host.core.ownership.epochs.get(timer.shard) == self.store.shards[timer.shard].epoch
            known = host.core.activations.get(timer.entity)
            if known is None or known.position.state.step + 1 == len(STEPS):
                continue
            if held and host.core.ownership.alive() and not process.dead:
                self.expected.append(Expected(timer.entity, due, process))

    def crashed(self, process: Process, label: str) -> None:
        """The process is gone; Ray starts another one in its slot about two seconds later."""
        process.dead = True
        process.stops.append((self.loop.time(), float("inf")))
        self.note("crash", process.name, label)
        slot = process.name.partition("#")[0]
        self.loop.call_later(self.rng.uniform(1.5, 3.0), self._start_host, slot)

    def _start_host(self, slot: str) -> None:
        self._incarnations += 1
        process = Process(self, f"{slot}#{self._incarnations}")
        handler = SimHandler(process, self.provider)

        async def nothing() -> None:
            return None

        rules = Unattended(GRACE_S, frozenset({"page"}), telling, dict, Path())
        bundling = storming(handler, self.mutation.hold_s)
        registry = Registry(
            (Pager(),), {"page": handler}, StaticSource(), quarantine_effect, nothing, rules, bundling=bundling
        )
        store: Any = self.store
        if self.mutation.wrap_store is not None:
            store = self.mutation.wrap_store(self, process, store)
        host = Host(
            HostStore(process, store),
            registry,
            ProcessClock(process),
            slot=slot,
            node="n1",
            host_id=process.name,
            started_at=self.loop.database_now(),
            say_well=lambda: self._announce(Host.heard_well, process),
            sends=self.mutation.sends(process),
        )
        self._hosts[process.name] = (process, host)
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
        """A gateway: repeats until the store has it; only then the sender is told 2xx.

        What a human does in an outage it keeps on its disk, answers and tells the hosts: see `_human`.
        """
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
        if self.store_down() and self._valkey:
            row = Inbound(str(entity), shard_of(entity), "Ack", f"ack-{entity}", json_of(Ack("human")), True)
            self._announce(lambda host: host.heard_mail(row))
            self.acked[str(entity)] = self.loop.time()
        await self._deliver(entity, Ack("human"), f"ack-{entity}", halts=True)
        self.acked.setdefault(str(entity), self.loop.time())

    def run(self) -> None:
        """Faults for FAULTY_S, then peace for QUIET_S."""
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
        rng = self.rng
        for slot in range(HOSTS):
            self.loop.call_later(rng.random(), self._start_host, f"h{slot}")
        self._valkey = rng.random() < 0.8
        if rng.random() < 0.5:
            start = rng.uniform(50, 220)
            self.outage = (start, start + rng.choice((8.0, 60.0, 100.0)))
            self.loop.call_later(start, self._look_ahead)
        elif rng.random() < 0.4:
            start = rng.uniform(50, 250)
            self._cut = (f"h{rng.randrange(HOSTS)}", start, start + rng.uniform(10, 60))
        if self._cut_by_hand is not None:
            self._cut, self.outage, self._valkey = self._cut_by_hand, (0.0, 0.0), False
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
