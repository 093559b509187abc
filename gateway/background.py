"""A task for the life of the gateway."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine


class Background:
    """Starts a coroutine once and ends it."""

    def __init__(self, work: Callable[[], Coroutine[None, None, None]], name: str) -> None:
        self._work = work
        self._name = name
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Call inside the event loop."""
        self._task = asyncio.create_task(self._work(), name=self._name)

    async def stop(self) -> None:
        """Cancel and wait."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
