"""An event loop whose time is virtual: when nothing can run, time jumps to the next timer.

The runtime's real asyncio code runs on it unchanged and deterministically: one thread, no I/O, FIFO
scheduling, every random choice from the world's seeded generator.
"""

from __future__ import annotations

import asyncio
import selectors
from typing import Any

EPOCH = 1_800_000_000.0
"""Database time at virtual second 0."""


class _Jump(selectors.BaseSelector):
    """A selector that has no files: selecting lets virtual time pass."""

    def __init__(self) -> None:
        self.loop: VirtualLoop | None = None

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return selectors.SelectorKey(fileobj, 0, events, data)

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return selectors.SelectorKey(fileobj, 0, 0, None)

    def get_map(self) -> dict[Any, Any]:
        return {}

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout is None:
            raise RuntimeError("simulation deadlock: no task can run and no timer is armed")
        if self.loop is not None and timeout > 0:
            self.loop.virtual_now += timeout
        return []

    def close(self) -> None:
        return None


class VirtualLoop(asyncio.SelectorEventLoop):
    """asyncio with virtual seconds."""

    def __init__(self) -> None:
        self.virtual_now = 0.0
        jump = _Jump()
        super().__init__(jump)
        jump.loop = self

    def time(self) -> float:
        return self.virtual_now

    def database_now(self) -> float:
        """The store's clock, UTC epoch seconds."""
        return EPOCH + self.virtual_now


class VirtualClock:
    """`runtime.clock.Clock` on a virtual loop."""

    def __init__(self, loop: VirtualLoop) -> None:
        self._loop = loop

    def monotonic(self) -> float:
        return self._loop.virtual_now

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
