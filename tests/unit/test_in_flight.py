"""Alerts that are committed and not processed when the database goes away go into the spool; all others do not."""

from __future__ import annotations

import asyncio
from pathlib import Path

from gateway.in_flight import KEPT_S, MAX_MESSAGES, InFlight
from gateway.outage import Outage
from gateway.spool import Spool
from runtime.store import Inbound


class Place:
    """One gateway's memory of what is under way, at a time of our own."""

    def __init__(self, directory: Path) -> None:
        self.now = 0.0
        self.spool = Spool(directory, 64 * 1024 * 1024, lambda: 0.0)
        self.in_flight = InFlight(self.spool, Outage(lambda: 0.0), lambda: self.now)

    async def kept(self) -> list[str]:
        """Dedup ids of what `keep` puts into the spool."""
        self.spool.start()
        await asyncio.sleep(0)
        await self.in_flight.keep()
        messages = [m for s in await self.spool.seal() for m in (await self.spool.read(s)).messages]
        await self.spool.stop()
        return [m.dedup for m in messages]


def message(n: int, halts: bool = False) -> Inbound:
    return Inbound("incident/x", 1, "AlertsReceived", f"d{n}", "{}", halts=halts)


async def test_what_no_host_has_processed_is_kept_in_order(tmp_path: Path) -> None:
    place = Place(tmp_path)
    place.in_flight.committed([1, 2, 3], [message(1), message(2, halts=True), message(3)])
    place.in_flight.processed("inbox:1")
    place.in_flight.processed("timer:step:7")
    assert await place.kept() == ["d2", "d3"]


async def test_a_host_may_be_faster_than_the_answer_to_the_commit(tmp_path: Path) -> None:
    place = Place(tmp_path)
    place.in_flight.processed("inbox:1")
    place.in_flight.committed([1], [message(1)])
    assert await place.kept() == []


async def test_it_is_bounded_in_number_and_age(tmp_path: Path) -> None:
    place = Place(tmp_path)
    place.in_flight.committed([0], [message(0)])
    place.now = KEPT_S + 1
    count = MAX_MESSAGES + 5
    place.in_flight.committed(range(1, count + 1), [message(n) for n in range(1, count + 1)])
    found = await place.kept()
    assert (len(found), found[0]) == (MAX_MESSAGES, "d6")
