"""Keeping in memory what an outage of the store may need: entities whose timers are due within the horizon.

Loaded in the background, soonest first, in small reads; a host that has just taken shards works on its backlog
meanwhile. What is not loaded when the store goes away cannot fire before it is back.
"""

from __future__ import annotations

from runtime.core import Core

ROUND_S = 2.0
"""A restarted host has everything in memory some seconds after its shards."""
PIECE = 500
"""About 30 ms of work a read."""
PAUSE_S = 0.1
MAX_READY = 25_000
"""Entities kept for their timers alone; at some kilobytes each about 100 MB."""


class ReadyLoop:
    """Loads ahead; only for a registry that goes on unattended."""

    def __init__(self, core: Core) -> None:
        self._core = core

    async def body(self) -> None:
        """One look at the timers in memory."""
        core = self._core
        await core.clock.sleep(ROUND_S)
        if core.registry.unattended is None or core.unattended or not core.ownership.alive():
            return
        missing: dict[str, int] = {}
        for timer in core.timers.soonest(MAX_READY):
            if timer.entity not in core.activations:
                missing[timer.entity] = timer.shard
        wanted = list(missing.items())
        for first in range(0, len(wanted), PIECE):
            await self._load(wanted[first : first + PIECE])
            await core.clock.sleep(PAUSE_S)

    async def _load(self, piece: list[tuple[str, int]]) -> None:
        core = self._core
        before = {shard: core.ownership.epochs.get(shard) for _, shard in piece}
        absent = [(entity, shard) for entity, shard in piece if before[shard] is not None]
        await core.activations.ensure(absent)
        for entity, shard in absent:
            if core.ownership.epochs.get(shard) != before[shard] or core.unattended:
                core.activations.drop(entity)
