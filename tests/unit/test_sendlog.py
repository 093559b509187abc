"""Sends without the store are on this machine's disk before they start, and are told to the store when it is back."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from actors.outage import labelled, telling
from domain.outage import PagesSentInOutage
from runtime.entity import Effect
from runtime.errors import StatementRejected, StoreUnavailable
from runtime.memory import MemoryStore
from runtime.sendlog import FileSendLog, Left
from runtime.settlement import settle
from runtime.store import Inbound, OutboxRow, SendResult

ENTITY, SHARD = "incident/abc", 7
BODY: dict[str, Any] = {
    "incident_id": "abc-3",
    "user_id": "kim",
    "contact_method_id": "kim-sms",
    "subject": "[CRITICAL] Down",
    "text": "CRITICAL: Down",
    "why": {"step": 1, "round": 0, "last_resort": False},
}


def row(ident: str, **body: Any) -> OutboxRow:
    return OutboxRow(ident, ENTITY, SHARD, "page", "sms", {**BODY, **body}, "pending", 0, 0, 1000.0)


async def page(
    sends: FileSendLog, ident: str, state: str | None = "accepted", at: float = 1000.0, tried: bool = True
) -> None:
    """One send from memory; `state` None: its process ended before it knew the outcome."""
    await sends.begin([row(ident)], at)
    if state is not None:
        await sends.outcomes([SendResult(ident, SHARD, state, provider_id=f"p-{ident}", tried=tried)])


def sends_of(found: Sequence[Left]) -> dict[str, str]:
    return {s.id: s.state for left in found for s in left.sends}


def tear(directory: Path) -> None:
    with next(directory.iterdir()).open("ab") as file:
        file.write(b'{"begun": {"id": "b", "ent')


def suffixes(directory: Path) -> list[str]:
    return [path.suffix for path in directory.iterdir()]


async def test_a_send_without_an_outcome_is_unknown_and_a_retry_keeps_the_time_of_the_first(tmp_path: Path) -> None:
    sends = FileSendLog(tmp_path / "outage", "host-0/1/a")
    await page(sends, "a")
    await page(sends, "b", None)
    await page(sends, "c", "pending", at=1000.0)
    await page(sends, "c", "delivered", at=1010.0)
    (left,) = await sends.left()
    assert sends_of([left]) == {"a": "accepted", "b": "unknown", "c": "delivered"}
    assert [s.began_at for s in left.sends if s.id == "c"] == [1000.0]
    assert oct((tmp_path / "outage").stat().st_mode)[-3:] == "700", "it holds the texts of pages"
    await sends.forget(left.name)
    assert await sends.left() == [] and suffixes(tmp_path / "outage") == []


async def test_what_a_killed_process_sent_is_found_by_the_next_and_a_living_one_keeps_its_own(tmp_path: Path) -> None:
    code = (
        "import asyncio, os, sys; from pathlib import Path; from runtime.sendlog import FileSendLog\n"
        "from tests.unit.test_sendlog import page\n"
        "asyncio.run(page(FileSendLog(Path(sys.argv[1]), 'host-0/1/dead'), 'a', None)); os._exit(9)"
    )
    await asyncio.to_thread(subprocess.run, [sys.executable, "-c", code, str(tmp_path)], cwd=Path.cwd())
    living, mine = FileSendLog(tmp_path, "host-1/2/b"), FileSendLog(tmp_path, "host-0/3/c")
    await page(living, "b")
    assert sends_of(await mine.left()) == {"a": "unknown"}
    assert sends_of(await mine.left()) == {"a": "unknown"}, "until it is settled it stays"
    assert sends_of(await living.left()) == {"b": "accepted"}, "the dead one's is taken already"


async def test_a_line_torn_by_a_crash_loses_only_itself(tmp_path: Path) -> None:
    sends = FileSendLog(tmp_path, "host-0/1/a")
    await page(sends, "a")
    tear(tmp_path)
    assert sends_of(await sends.left()) == {"a": "accepted"}


async def test_a_disk_that_refuses_stops_no_page(tmp_path: Path) -> None:
    (tmp_path / "outage").write_text("a file where the directory should be")
    await page(FileSendLog(tmp_path / "outage", "host-0/1/a"), "a")


async def test_ordered_sends_take_their_outcome_and_others_are_told_to_their_incident_which_halts_its_sends(
    tmp_path: Path,
) -> None:
    store, sends = MemoryStore(lambda: 2000.0), FileSendLog(tmp_path, "host-0/1/a")
    store.add_effect(ENTITY, SHARD, Effect("a", "page", "sms", BODY, "page:3"))
    for ident, state in (("a", "accepted"), ("b", "delivered"), ("c", None), ("d", "failed")):
        await page(sends, ident, state)
    settled = await settle(store, sends, telling, 2000.0)
    assert (settled.recorded, settled.told) == (1, 3)
    assert store.outbox["a"].row.state == "accepted" and store.outbox["a"].row.provider_id == "p-a"
    (mail,) = await store.mail([SHARD], [], [], 10)
    assert (mail.entity, mail.kind, mail.halts) == (ENTITY, "PagesSentInOutage", True)
    told = msgspec.json.decode(mail.body, type=PagesSentInOutage)
    assert [(p.delivery, p.state, p.episode, p.step, p.at) for p in told.pages] == [
        ("b", "accepted", 3, 1, 1000.0),
        ("c", "unknown", 3, 1, 1000.0),
        ("d", "rejected", 3, 1, 1000.0),
    ]
    assert await settle(store, sends, telling, 2000.0) == type(settled)(), "once"


async def test_of_a_page_that_never_left_nobody_is_told(tmp_path: Path) -> None:
    store, sends = MemoryStore(lambda: 2000.0), FileSendLog(tmp_path, "host-0/1/a")
    await page(sends, "withheld", "pending", tried=False)
    await page(sends, "withheld", "pending", tried=False)
    for before in ("pending", None):  # refused; or claimed anew without an outcome of the first time
        await page(sends, f"then withheld {before}", before)
        await page(sends, f"then withheld {before}", "pending", tried=False)
    assert (await settle(store, sends, telling, 2000.0)).told == 2
    (mail,) = await store.mail([SHARD], [], [], 10)
    told = msgspec.json.decode(mail.body, type=PagesSentInOutage)
    assert [p.delivery for p in told.pages] == ["then withheld pending", "then withheld None"]


async def test_settling_again_after_a_lost_answer_tells_nobody_twice(tmp_path: Path) -> None:
    class Deaf(MemoryStore):
        async def append(self, messages: Sequence[Inbound]) -> Any:
            await super().append(messages)
            raise StoreUnavailable("answer lost")

    store, sends = Deaf(lambda: 2000.0), FileSendLog(tmp_path, "host-0/1/a")
    await page(sends, "a")
    for _ in range(2):
        with pytest.raises(StoreUnavailable):
            await settle(store, sends, telling, 2000.0)
    assert len(await store.mail([SHARD], [], [], 10)) == 1


async def test_a_file_that_the_store_refuses_is_set_aside_and_its_neighbours_are_settled(tmp_path: Path) -> None:
    class Picky(MemoryStore):
        async def settle_sends(self, results: Sequence[SendResult]) -> set[str]:
            raise StatementRejected("no")

    sends = FileSendLog(tmp_path, "host-0/1/a")
    await page(sends, "a")
    await settle(Picky(lambda: 2000.0), sends, telling, 2000.0)
    assert suffixes(tmp_path) == [".refused"]
    await page(sends, "b")
    assert sends_of(await sends.left()) == {"b": "accepted"}, "the log goes on in a new file"


def test_a_page_from_memory_says_so() -> None:
    body = labelled(BODY)
    assert "Sent from memory, because the database is away" in body["text"] and body["text"].startswith(BODY["text"])
    assert body["why"] == {**BODY["why"], "without_database": True}
