"""Where a simulated process may be hurt.

Every call a host makes to the outside goes through its `Process`: before and after it the process may
crash (it never runs again, its memory is gone) or freeze (it runs on later with its old memory), and the
network may delay, lose the request or lose the answer. A request lost and an answer lost look the same to the caller.
"""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass
from typing import Any

from runtime.errors import OutcomeUnknown, StoreUnavailable
from tests.sim.virtual import VirtualClock, VirtualLoop

READS = frozenset({"mail", "load", "timers", "sends", "recallable", "journal_after", "outcomes"})


@dataclass(frozen=True, slots=True)
class Rates:
    """Chances per call. `crash`/`freeze` per point; the others per call."""

    crash: float = 0.0008
    freeze: float = 0.0008
    lose_request: float = 0.002
    lose_answer: float = 0.004
    provider_refuses: float = 0.03
    provider_loses: float = 0.05


class Process:
    """One incarnation of a host process, or a gateway."""

    def __init__(self, world: Any, name: str, mortal: bool = True) -> None:
        self.world = world
        self.name = name
        self.mortal = mortal
        self.dead = False
        self._thaw_at = 0.0
        self.stops: list[tuple[float, float]] = []
        """When it did not run."""
        self._started = world.loop.time()

    @property
    def _loop(self) -> VirtualLoop:
        loop: VirtualLoop = self.world.loop
        return loop

    @property
    def frozen_for(self) -> float:
        """Seconds until it runs again."""
        return max(0.0, self._thaw_at - self._loop.time())

    def ran(self, at: float) -> bool:
        """True if it was running then."""
        return self._started <= at and not any(start <= at < end for start, end in self.stops)

    async def point(self, label: str) -> None:
        """A moment between two instructions: crash, freeze or go on."""
        rng, rates = self.world.rng, self.world.rates
        if self.mortal and not self.dead and rates is not None:
            draw = rng.random()
            if draw < rates.crash:
                self.world.crashed(self, label)
            elif draw < rates.crash + rates.freeze:
                self._thaw_at = self._loop.time() + rng.uniform(5, 25)
                self.stops.append((self._loop.time(), self._thaw_at))
                self.world.note("freeze", self.name, label)
        await self.runs()

    async def runs(self) -> None:
        """At once, when it is thawed, or never."""
        if not self.dead and self._loop.time() < self._thaw_at:
            await asyncio.sleep(self._thaw_at - self._loop.time())
        if self.dead:
            await self._loop.create_future()  # a dead process never continues


class ProcessClock(VirtualClock):
    """The clock of a process: while that is frozen, none of its pauses ends."""

    def __init__(self, process: Process) -> None:
        super().__init__(process.world.loop)
        self._process = process

    async def sleep(self, seconds: float) -> None:
        await super().sleep(seconds)
        await self._process.runs()


class HostStore:
    """The store as one process reaches it. Any method of `Store`; see runtime/store.py."""

    def __init__(self, process: Process, store: Any) -> None:
        self._process = process
        self._store = store

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._store, name)

        async def call(*args: Any, **kwargs: Any) -> Any:
            world, process = self._process.world, self._process
            rng: random.Random = world.rng
            await process.point(f"before {name}")
            await asyncio.sleep(rng.uniform(0.0005, 0.004))
            if world.store_down() or world.cut_off(process):
                raise StoreUnavailable("the store is away")
            rates = world.rates
            began = world.loop.time()
            if rates is not None and rng.random() < rates.lose_request:
                world.note("lost request", process.name, name)
                raise self._lost(name)
            result = await method(*args, **kwargs)
            await asyncio.sleep(rng.uniform(0.0005, 0.004))
            await process.point(f"after {name}")
            if world.went_away(began, process):
                raise self._lost(name)
            if rates is not None and rng.random() < rates.lose_answer:
                world.note("lost answer", process.name, name)
                raise self._lost(name)
            return result

        return call

    @staticmethod
    def _lost(name: str) -> Exception:
        return StoreUnavailable("read lost") if name in READS else OutcomeUnknown("answer lost")


def random_rates(rng: random.Random) -> Rates:
    """Fault rates are swept: some bugs need many faults, some need few."""
    return scaled(rng.choice((0.3, 1.0, 3.0)))


def scaled(scale: float) -> Rates:
    """The usual rates, `scale` times as high."""
    base = Rates()
    return Rates(
        base.crash * scale,
        base.freeze * scale,
        base.lose_request * scale,
        base.lose_answer * scale,
        base.provider_refuses,
        base.provider_loses * scale,
    )
