"""Timers that conclude from what did not come sleep while the store is away."""

from __future__ import annotations

from pathlib import Path

import pytest

from runtime.clock import SystemClock
from runtime.core import Core
from runtime.firing import TimerLoop
from runtime.memory import MemoryStore
from runtime.registry import Registry, Unattended
from runtime.store import TimerRow
from tests.unit.counter import Counter

NOW = 1000.0


class NoEnvironment:
    async def version(self) -> int:
        return 0

    async def load(self) -> None:
        return None


async def nothing() -> None:
    return None


@pytest.mark.parametrize("away", [False, True])
async def test_a_timer_that_is_asleep_fires_only_with_the_store(away: bool) -> None:
    rules = Unattended(15.0, frozenset(), lambda *_: None, dict, Path(), asleep=frozenset({"unheard"}))
    registry = Registry((Counter(),), {}, NoEnvironment(), lambda *_: None, nothing, rules)  # type: ignore[arg-type, return-value]
    core = Core(MemoryStore(lambda: NOW), registry, SystemClock(), "h", lambda _: None)
    core.time.observe(NOW)
    core.ownership.epochs[7] = 3
    core.ownership.go_on(60.0)
    core.timers.horizon = NOW + 100
    for name in ("unheard", "step"):
        core.timers.arm(TimerRow("counter/a", 7, name, 1, NOW - 1))
    if away:
        core.store = MemoryStore(lambda: NOW)
    TimerLoop(core)._fire()
    fired = {name for name in ("unheard", "step") if core.mailroom.pending_timer("counter/a", name, 1)}
    assert fired == ({"step"} if away else {"step", "unheard"})
