"""What comes again and again goes on while what it needs is away, and says so once."""

from __future__ import annotations

import asyncio

import pytest
from structlog.testing import capture_logs

from gateway.periodic import Periodic


async def test_what_is_away_is_said_once_and_tried_again() -> None:
    answers = [OSError("away"), OSError("away"), None]
    done = asyncio.Event()

    async def work() -> None:
        answer = answers.pop(0) if answers else done.set()
        if answer is not None:
            raise answer

    with capture_logs() as logs:
        periodic = Periodic(work, "looking", 0.001, "nothing is looked at", at_once=True)
        periodic.start()
        async with asyncio.timeout(10):
            await done.wait()
            await periodic.stop()
    said = [(entry["event"], entry.get("meaning", "")) for entry in logs]
    assert said == [("work_waits", "nothing is looked at"), ("work_goes_on", "")]


async def test_a_fault_of_ours_is_not_taken_for_something_away() -> None:
    async def work() -> None:
        raise KeyError("a fault")

    with pytest.raises(KeyError):
        await Periodic(work, "looking", 1.0, "nothing").once()
