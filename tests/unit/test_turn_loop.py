"""Mail that was taken for a turn is never left lying."""

from __future__ import annotations

from typing import Any

import pytest

from runtime.clock import SystemClock
from runtime.codec import json_of
from runtime.core import Core
from runtime.entity import Effect
from runtime.errors import StoreUnavailable
from runtime.ids import EntityId, shard_of
from runtime.memory import MemoryStore
from runtime.pump import Pump
from runtime.registry import Registry
from runtime.turn import Message
from runtime.turns import TurnLoop
from tests.unit.counter import Add, Counter
from tests.unit.test_firing import NoEnvironment, nothing

NOW = 1000.0


class Away(MemoryStore):
    """Loads, and cannot be written to."""

    async def quarantine(self, entity: str, shard: int, epoch: int, reason: str, effect: Effect) -> bool:
        raise StoreUnavailable("away")


def told(entity: str, reason: str, now: float) -> Effect:
    return Effect("q", "note", "test", {})


async def test_when_one_cannot_be_taken_out_of_service_those_taken_with_it_go_on() -> None:
    store = Away(lambda: NOW)
    registry = Registry((Counter(),), {}, NoEnvironment(), told, nothing)  # type: ignore[arg-type]
    core = Core(store, registry, SystemClock(), "h", lambda _: None)
    core.time.observe(NOW)
    core.ownership.go_on(60.0)
    sick, well = EntityId("counter", "sick"), EntityId("counter", "well")
    store.quarantined[str(sick)] = "unreadable"
    for entity in (sick, well):
        core.ownership.epochs[shard_of(entity)] = 1
        message = Message(f"inbox:{entity.key}", "Add", json_of(Add(1)), inbox_id=shard_of(entity))
        core.mailroom.put(str(entity), shard_of(entity), message, 10)
    pump = Pump(core, lambda _: None, lambda _: None)
    core.turns_wanted.set()
    with pytest.raises(StoreUnavailable):
        await TurnLoop(core, pump).body()
    boxes: list[Any] = core.mailroom.take(10)
    assert [box.entity for box in boxes] == [str(well)]
