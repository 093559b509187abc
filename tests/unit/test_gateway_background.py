"""A gateway's background work does not end unseen."""

from __future__ import annotations

import asyncio

from gateway.background import Background


async def test_work_that_breaks_is_begun_again_and_stop_ends_it() -> None:
    begun, again = 0, asyncio.Event()

    async def work() -> None:
        nonlocal begun
        begun += 1
        if begun == 1:
            raise RuntimeError("unforeseen")
        again.set()
        await asyncio.Event().wait()

    background = Background(work, "work")
    background.start()
    async with asyncio.timeout(10):
        await again.wait()
        await background.stop()
    assert begun == 2
