"""The local spool: durable before it is answered, whole after a crash, honest when it is full."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from actors.paging import PageHandler
from channels.guard import Guard
from gateway.breakglass import BreakGlass
from gateway.in_flight import InFlight
from gateway.outage import Outage
from gateway.replay import Replay
from gateway.spool import Spool, SpoolFull
from gateway.writer import InboxWriter
from runtime.errors import OutcomeUnknown, StatementRejected, StoreUnavailable
from runtime.postgres import PostgresStore
from runtime.store import Appended, Inbound
from tests.contract.conftest import until
from tests.unit.desk import organisation

MEBIBYTE = 1024 * 1024


def message(n: int, body: str = "{}") -> Inbound:
    return Inbound("incident/x", 1, "AlertsReceived", f"d{n}", body)


@asynccontextmanager
async def opened(directory: Path, limit: int = MEBIBYTE) -> AsyncIterator[Spool]:
    spool = Spool(directory, limit, lambda: 1_800_000_000.0)
    spool.start()
    await asyncio.sleep(0)
    try:
        yield spool
    finally:
        await spool.stop()


def segments(directory: Path) -> list[Path]:
    return list(directory.glob("*.seg"))


def damaged(directory: Path) -> list[Path]:
    return list(directory.glob("*.damaged"))


async def held(spool: Spool) -> list[str]:
    """Dedup ids in order, read from disk."""
    segments = await spool.seal()
    return [m.dedup for s in segments for m in (await spool.read(s)).messages]


async def test_what_was_kept_is_there_in_order_for_the_next_process(tmp_path: Path) -> None:
    async with opened(tmp_path) as spool:
        await asyncio.gather(*(spool.keep([message(n)]) for n in range(100)))
        assert spool.active
    async with opened(tmp_path) as spool:
        assert spool.active and spool.size > 0
        await spool.keep([message(100)])
        assert await held(spool) == [f"d{n}" for n in range(101)]


async def test_everything_that_waits_goes_into_one_fsync(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced = 0
    original = os.fdatasync

    def counted(descriptor: int) -> None:
        nonlocal synced
        synced += 1
        original(descriptor)

    monkeypatch.setattr(os, "fdatasync", counted)
    async with opened(tmp_path) as spool:
        await asyncio.gather(*(spool.keep([message(n)]) for n in range(200)))
    assert synced == 1


@pytest.mark.parametrize("cut", [1, 5, 30])
async def test_a_torn_tail_costs_only_what_was_torn(tmp_path: Path, cut: int) -> None:
    async with opened(tmp_path) as spool:
        for n in range(3):
            await spool.keep([message(n)])
    (segment,) = segments(tmp_path)
    segment.write_bytes(segment.read_bytes()[:-cut])
    async with opened(tmp_path) as spool:
        await spool.keep([message(3)])
        assert await held(spool) == ["d0", "d1", "d3"]


async def test_a_damaged_record_does_not_take_along_those_behind_it(tmp_path: Path) -> None:
    async with opened(tmp_path) as spool:
        for n in range(5):
            await spool.keep([message(n)])
    (segment,) = segments(tmp_path)
    data = bytearray(segment.read_bytes())
    at = data.index(b"d2")
    data[at : at + 1] = b"\xff"
    segment.write_bytes(bytes(data))
    async with opened(tmp_path) as spool:
        assert await held(spool) == ["d0", "d1", "d3", "d4"]


async def test_beyond_its_limit_it_refuses_and_says_so(tmp_path: Path) -> None:
    kept = 0
    async with opened(tmp_path) as spool:
        with pytest.raises(SpoolFull):
            for n in range(1000):
                await spool.keep([message(n, '"' + "x" * 10_000 + '"')])
                kept += 1
        assert not spool.usable and "SENTINEL_SPOOL_BYTES" in spool.problem
        assert len(await held(spool)) == kept > 50
        assert spool.size <= MEBIBYTE


@pytest.fixture
def small_disk(tmp_path: Path) -> Sequence[Path]:
    """A file system of one megabyte."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)], capture_output=True)
    if mounted.returncode:
        pytest.skip("mounting a small file system takes root")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


async def test_a_full_disk_refuses_and_what_was_answered_is_whole(small_disk: Path) -> None:
    async with opened(small_disk / "spool", 64 * MEBIBYTE) as spool:
        answers = await asyncio.gather(
            *(_kept(spool, n) for n in range(200)),
        )
        one_by_one = [await _kept(spool, n) for n in range(200, 240)]
        kept = [f"d{n}" for n, yes in enumerate([*answers, *one_by_one]) if yes]
        assert not all(one_by_one) and "spool" in spool.problem
        assert set(kept) <= set(await held(spool)), "answered and not there"
        (small_disk / "spool" / "big").unlink(missing_ok=True)


async def _kept(spool: Spool, n: int) -> bool:
    try:
        await spool.keep([message(n, '"' + "x" * 30_000 + '"')])
    except SpoolFull:
        return False
    return True


async def test_a_second_process_does_not_open_it_and_takes_over_when_the_first_ends(tmp_path: Path) -> None:
    async with opened(tmp_path) as first:
        await first.keep([message(0)])
        async with opened(tmp_path) as second:
            assert not second.usable
            with pytest.raises(SpoolFull):
                await second.keep([message(1)])
            await first.stop()
            await until("the second process to own it", _is_usable(second))
            assert await held(second) == ["d0"]


def _is_usable(spool: Spool) -> object:
    async def usable() -> bool:
        return spool.usable

    return usable


@pytest.mark.parametrize("refused", ['{"note": "\\u0000"}', '{"note": "a\\\\\\u0000"}', '{"note": "\ud800"}'])
async def test_what_no_database_takes_is_refused_while_its_sender_can_be_told(tmp_path: Path, refused: str) -> None:
    async with opened(tmp_path) as spool:
        with pytest.raises(StatementRejected):
            await spool.keep([message(0, refused)])
        await spool.keep([message(1, '{"note": "a\\\\u0000"}')])  # a backslash and text, not the character


# -- with the writer and the replay --------------------------------------------------------------------


class Flaky:
    """A store that can be away, silent, or lose the answer after it has written."""

    def __init__(self) -> None:
        self.mode = "up"
        self.rows: dict[str, int] = {}
        self.order: list[str] = []

    async def append(self, messages: Sequence[Inbound]) -> Appended:
        if self.mode == "away":
            raise StoreUnavailable()
        if self.mode == "silent":
            await asyncio.sleep(3600)
        for m in messages:
            if m.dedup not in self.rows:
                self.rows[m.dedup] = len(self.rows) + 1
                self.order.append(m.dedup)
        if self.mode == "unknown":
            raise OutcomeUnknown()
        return Appended([self.rows[m.dedup] for m in messages], [True] * len(messages), 0.0)

    async def now(self) -> float:
        if self.mode != "up":
            raise StoreUnavailable()
        return 0.0


@asynccontextmanager
async def line(directory: Path, store: object) -> AsyncIterator[tuple[InboxWriter, Spool]]:
    outage = Outage(asyncio.get_running_loop().time)
    async with opened(directory) as spool:
        in_flight = InFlight(spool, outage, asyncio.get_running_loop().time)
        writer = InboxWriter(store, lambda _: None, spool, outage, in_flight, lambda _: None)  # type: ignore[arg-type]
        pager = BreakGlass(
            spool,
            outage,
            organisation,
            PageHandler({}, "", Guard(lambda: 0.0, lambda *_: None)),
            3600.0,
            lambda: 0.0,
            {},
        )
        replay = Replay(store, spool, outage, pager, in_flight, lambda _: None, "gateway")  # type: ignore[arg-type]
        writer.start()
        replay.start()
        yield writer, spool
        await writer.stop()
        await replay.stop()


@pytest.mark.parametrize("mode", ["away", "silent", "unknown"])
async def test_whatever_the_database_does_a_message_is_kept_once_and_nothing_overtakes(
    tmp_path: Path, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.writer.SPOOL_AFTER_S", 0.2)
    store = Flaky()
    async with line(tmp_path, store) as (writer, spool):
        assert await writer.put([message(0)]) == [1]
        store.mode = mode
        for n in range(1, 6):
            assert await writer.put([message(n)]) == [], "kept in the spool"
        store.mode = "up"
        later = 6
        while spool.active:
            await writer.put([message(later)])
            later += 1
        assert await writer.put([message(later)]) == [later + 1], "written directly again"
    assert store.order == [f"d{n}" for n in range(later + 1)]


async def test_an_acknowledgement_committed_just_before_an_outage_is_told_to_the_hosts_memory(tmp_path: Path) -> None:
    store, told = Flaky(), list[Inbound]()
    outage = Outage(asyncio.get_running_loop().time)
    async with opened(tmp_path) as spool:
        in_flight = InFlight(spool, outage, asyncio.get_running_loop().time)
        writer = InboxWriter(store, lambda _: None, spool, outage, in_flight, told.extend)  # type: ignore[arg-type]
        writer.start()
        acknowledgement = replace(message(0), halts=True)
        await writer.put([acknowledgement])
        await writer.put([message(1)])
        assert told == [], "the hosts read it in the database"
        store.mode = "away"
        assert await writer.put([message(2)]) == []
        assert told == [acknowledgement, message(2)]
        await writer.stop()


async def test_the_spool_of_a_killed_process_is_replayed_and_repeating_it_changes_nothing(
    tmp_path: Path, database: str
) -> None:
    async with opened(tmp_path) as spool:
        await spool.keep([message(n, f'{{"n": {n}}}') for n in range(2500)])
    store = PostgresStore(database)
    await store.append([message(n, "{}") for n in range(10)])  # the killed process had begun to replay
    async with line(tmp_path, store) as (_, spool):

        async def drained() -> bool:
            return not spool.active

        await until("the spool to be empty", drained)
    rows = await store.mail([1], [], [], 5000)
    assert len(rows) == 2500 and segments(tmp_path) == []
    await store.close()


async def test_a_damaged_segment_is_replayed_as_far_as_it_can_be_read_and_kept_for_a_human(
    tmp_path: Path, database: str
) -> None:
    async with opened(tmp_path) as spool:
        await spool.keep([message(0), message(1), message(2)])
    (segment,) = segments(tmp_path)
    data = bytearray(segment.read_bytes())
    data[data.index(b"d1")] ^= 0xFF
    segment.write_bytes(bytes(data))
    store = PostgresStore(database)
    async with line(tmp_path, store) as (_, spool):

        async def drained() -> bool:
            return not spool.active

        await until("the spool to be empty", drained)
    assert [m.kind for m in await store.mail([1], [], [], 10)] == ["AlertsReceived"] * 2
    assert len(damaged(tmp_path)) == 1
    await store.close()


async def test_a_message_the_database_refuses_after_all_is_set_aside_and_the_others_go_in(
    tmp_path: Path, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.spool.check_storable", lambda _: None)
    async with opened(tmp_path) as spool:
        await spool.keep([message(0), message(1, '"\\u0000"'), message(2)])
    store = PostgresStore(database)
    async with line(tmp_path, store) as (_, spool):

        async def drained() -> bool:
            return not spool.active

        await until("the spool to be empty", drained)
    assert len(await store.mail([1], [], [], 10)) == 2
    assert (tmp_path / "refused.records").stat().st_size > 0
    await store.close()


async def test_acknowledgements_of_incidents_open_before_go_in_first(tmp_path: Path) -> None:
    store = Flaky()
    store.mode = "away"
    async with line(tmp_path, store) as (writer, spool):
        for n in range(3):
            await writer.put([message(n)])
        await writer.put([Inbound("incident/before", 2, "Acknowledge", "ack", "{}", halts=True)])
        store.mode = "up"

        async def drained() -> bool:
            return not spool.active

        await until("the spool to be empty", drained)
    assert store.order == ["ack", "d0", "d1", "d2"]
