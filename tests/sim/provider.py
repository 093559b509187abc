"""The telephone company of the simulator, and the effect handler that speaks with it from inside a host's process."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from domain import storm
from runtime import going_out
from runtime.bundles import Bundling
from runtime.effects import Accepted, CannotTell, NotFound, Rejected, Send, Unknown
from runtime.ids import EntityId, shard_of
from runtime.store import OutboxRow
from tests.sim.faults import Process

if TYPE_CHECKING:
    from tests.sim.world import World


@dataclass(frozen=True, slots=True)
class Sent:
    """The provider took this page at `at` (virtual seconds)."""

    at: float
    delivery: str
    entity: str
    to: str
    host: str
    message: str = ""
    """Id of the message that carried it, together with others perhaps."""


class Provider:
    """A telephone company: refuses, loses requests, loses answers, can be asked what it has."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.log: list[Sent] = []
        self.tried: list[Sent] = []
        """Every request that a host made, taken or not."""
        self.doubt: dict[str, int] = {}
        """Times the look-up of a delivery could not tell: each allows one more send."""

    def take(self, message: str, sends: Sequence[Send], host: str) -> Accepted | Rejected | Unknown:
        now = self._world.loop.time()
        sent = [Sent(now, send.id, send.entity, str(send.body["to"]), host, message) for send in sends]
        self.tried += sent
        rng, rates = self._world.rng, self._world.rates
        draw = rng.random()
        if rates is not None and draw < rates.provider_refuses:
            return Rejected("busy", retryable=True)
        if rates is not None and draw < rates.provider_refuses + rates.provider_loses / 2:
            return Unknown("request lost")
        self.log += sent
        if rates is not None and draw < rates.provider_refuses + rates.provider_loses:
            return Unknown("answer lost")
        return Accepted(f"p-{len(self.log)}", final=True)

    def look_up(self, send: Send) -> Accepted | NotFound | CannotTell:
        rates = self._world.rates
        if rates is not None and self._world.rng.random() < 0.1:
            self.doubt[send.id] = self.doubt.get(send.id, 0) + 1
            return CannotTell()
        return Accepted("found", final=True) if any(s.message == send.id for s in self.log) else NotFound()


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
        if not await self._process.world.connected(self._process):
            return Rejected("cannot connect", retryable=True)
        await going_out.leave()
        # No fault point before the provider takes it: the check of the claim's deadline and the system
        # call are one step for us, as runtime-design says honestly.
        return await self.together(send.id, [send], env, timeout_s)

    async def together(
        self, bundle: str, sends: Sequence[Send], env: Any, timeout_s: float
    ) -> Accepted | Rejected | Unknown:
        outcome = self._provider.take(bundle, sends, self._process.name)
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


def storming(handler: SimHandler, hold_s: float) -> Bundling:
    """The product's rule, so that already the second page to a person within a minute waits; every other is worse."""

    def key(row: OutboxRow) -> str:
        return "" if row.body["to"] == "fallback" else str(row.body["to"])

    def rank(row: OutboxRow) -> int:
        return shard_of(EntityId("pager", row.entity.partition("/")[2])) % 2

    def sort(told: Sequence[tuple[float, int]], due: Sequence[tuple[str, int, float]], now: float) -> storm.Sorted:
        rules = storm.Rules(after=1, hold_s=hold_s)
        return storm.sort([storm.Told(*t) for t in told], [storm.Due(*d) for d in due], now, rules)

    return Bundling(key, rank, sort, handler.together)
