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


async def test_work_that_takes_its_end_for_an_error_ends_all_the_same() -> None:
    goes_on = asyncio.Event()

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:  # as a driver does that was cancelled in the middle of a statement
            goes_on.set()
        await asyncio.Event().wait()

    background = Background(work, "work")
    background.start()
    await asyncio.sleep(0)
    async with asyncio.timeout(10):
        await background.stop()
    assert goes_on.is_set()
