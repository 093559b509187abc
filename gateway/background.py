"""A task for the life of the gateway. One that breaks is logged and begun again; else alerts would hang unseen."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine

import structlog

log = structlog.get_logger("sentinel.gateway")
AGAIN_S = 1.0


class Background:
    """Starts a coroutine, starts it again AGAIN_S after it raised, and ends it."""

    def __init__(self, work: Callable[[], Coroutine[None, None, None]], name: str) -> None:
        self._work = work
        self._name = name
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Call inside the event loop."""
        self._task = asyncio.create_task(self._kept(), name=self._name)

    async def _kept(self) -> None:
        while True:
            try:
                return await self._work()
            except Exception as error:
                log.error("background_task_broke", task=self._name, why=repr(error), exc_info=error)
                await asyncio.sleep(AGAIN_S)

    async def stop(self) -> None:
        """Cancel and wait. Again and again: a driver may turn a cancellation into an error of its own, which the work
        takes for any other and goes on after."""
        if self._task is not None:
            while not self._task.done():
                self._task.cancel()
                await asyncio.wait((self._task,), timeout=AGAIN_S)
            self._task = None
