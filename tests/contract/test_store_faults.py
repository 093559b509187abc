"""Races and faults that only a real database has: takeovers, cut and silent connections, two askers at once."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from runtime import connections
from runtime.entity import Effect
from runtime.errors import OutcomeUnknown, StatementRejected, StoreUnavailable
from runtime.postgres import PostgresStore
from runtime.store import Inbound
from tests.contract.test_store import ENTITY, SHARD, mail, own, turn

HUNG_S = 5.0
"""A guard, not a measurement: psycopg's own way of giving up takes ten seconds."""


class Wire:
    """A proxy between a store and its database that can fall silent, lose an answer, or be cut."""

    def __init__(self, dsn: str) -> None:
        self._target = conninfo_to_dict(dsn)
        self._writers: list[asyncio.StreamWriter] = []
        self.silent = False
        self.lose_answers = False
        self.links = 0
        self.lost = asyncio.Event()

    async def link(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.links += 1
        host, port = str(self._target["host"]), self._target.get("port") or 5432
        if host.startswith("/"):
            back = await asyncio.open_unix_connection(f"{host}/.s.PGSQL.{port}")
        else:
            back = await asyncio.open_connection(host, int(port))
        self._writers += [writer, back[1]]
        await asyncio.gather(self._pass(reader, back[1], up=True), self._pass(back[0], writer, up=False))

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, up: bool) -> None:
        try:
            while data := await reader.read(65_536):
                if self.lose_answers and not up:
                    self.lost.set()
                    return
                if not self.silent:
                    writer.write(data)
        except ConnectionError:
            return  # cut from the other side
        finally:
            writer.close()

    def cut(self) -> None:
        for writer in self._writers:
            writer.close()
        self._writers.clear()


@asynccontextmanager
async def wired(dsn: str, **more: Any) -> AsyncIterator[tuple[PostgresStore, Wire]]:
    wire = Wire(dsn)
    server = await asyncio.start_server(wire.link, "127.0.0.1", 0)
    store = PostgresStore(make_conninfo(dsn, host="127.0.0.1", port=server.sockets[0].getsockname()[1]), **more)
    try:
        yield store, wire
    finally:
        await store.close()
        wire.cut()
        server.close()


async def test_a_takeover_waits_for_a_commit_in_progress(database: str) -> None:
    store = PostgresStore(database)
    epochs = await own(store)
    holder = await psycopg.AsyncConnection.connect(database)
    await holder.execute("select id from rt.shard where id = %s and epoch = %s for share", [SHARD, epochs[SHARD]])
    taking = asyncio.create_task(store.claim("h2", epochs, ()))
    done, _ = await asyncio.wait([taking], timeout=0.3)
    assert not done, "the epoch moved while a commit held it"
    await holder.rollback()
    assert await taking == {SHARD: epochs[SHARD] + 1}
    assert (await store.commit(epochs, [turn(0)])).owned == frozenset()
    await holder.close()
    await store.close()


async def test_an_absent_database_is_said_to_be_away_and_found_again() -> None:
    store = PostgresStore("postgresql://nobody@127.0.0.1:1/none", connections=1)
    with pytest.raises(StoreUnavailable):
        await store.append([mail(1)])
    await store.close()


async def test_a_lost_answer_is_unknown_and_the_next_call_works(database: str) -> None:
    store = PostgresStore(database, connections=1)
    epochs = await own(store)
    killer = await psycopg.AsyncConnection.connect(database, autocommit=True)
    await store.commit(epochs, [turn(0)])
    await killer.execute("begin")
    await killer.execute("lock table rt.journal in access exclusive mode")
    late = asyncio.create_task(store.commit(epochs, [turn(1)]))
    waiting = (
        "select pid from pg_stat_activity where wait_event_type = 'Lock' and application_name = 'sentinel-runtime'"
    )
    found: list[Any] = []
    for _ in range(500):
        found = await (await killer.execute(waiting)).fetchall()
        if found:
            break
        await asyncio.sleep(0.001)
    await killer.execute("select pg_terminate_backend(%s)", found[0])
    with pytest.raises(OutcomeUnknown):
        await late
    await killer.execute("rollback")
    assert (await store.commit(epochs, [turn(1)])).owned == {SHARD}
    await killer.close()
    await store.close()


async def test_a_hundred_turns_in_one_statement(database: str) -> None:
    store = PostgresStore(database)
    shards = range(100)
    epochs = await own(store, *shards)
    turns = [turn(0, f"counter/{n}", n, effects=[Effect(f"e{n}", "note", "test", {})]) for n in shards]
    assert (await store.commit(epochs, turns)).owned == set(shards)
    assert len(await store.journal_after(0, 200)) == 100
    await store.close()


async def test_a_commit_whose_answer_was_lost_is_unknown_and_reading_at_a_higher_epoch_tells(database: str) -> None:
    async with wired(database, connections=1) as (store, wire):
        epochs = await own(store)
        wire.lose_answers = True
        with pytest.raises(OutcomeUnknown):
            await store.commit(epochs, [turn(0, effects=[Effect("e", "note", "test", {})])])
        assert wire.lost.is_set()
        wire.lose_answers = False
        raised = await store.claim("h1", epochs, ())
        assert (await store.load([ENTITY]))[ENTITY].seq == 1
        with pytest.raises(StatementRejected):
            await store.commit(raised, [turn(0)])
        assert [s.id for s in await store.sends([SHARD], [], 10)] == ["e"]


async def test_a_message_whose_answer_was_lost_may_be_appended_again(database: str) -> None:
    async with wired(database, connections=1) as (store, wire):
        await store.now()
        wire.lose_answers = True
        with pytest.raises(OutcomeUnknown):
            await store.append([mail(1)])
        wire.lose_answers = False
        assert (await store.append([mail(1)])).fresh == [False]
        assert len(await store.mail([SHARD], [], [], 10)) == 1


async def test_connections_cut_while_idle_are_replaced_before_anything_is_sent(database: str) -> None:
    async with wired(database, connections=3) as (store, wire):
        await asyncio.gather(*(store.now() for _ in range(3)))
        wire.cut()
        await asyncio.sleep(0)
        assert (await store.append([mail(1)])).fresh == [True]
        assert (await store.append([mail(2)])).fresh == [True]
        assert (await store.append([mail(3)])).fresh == [True]


async def test_when_one_connection_is_lost_those_of_its_time_are_not_used_again(database: str) -> None:
    async with wired(database, connections=2) as (store, wire):
        await asyncio.gather(store.now(), store.now())
        wire.lose_answers = True
        with pytest.raises(StoreUnavailable):
            await store.now()
        wire.lose_answers = False
        assert wire.links == 2
        await asyncio.gather(store.now(), store.now())
        await asyncio.gather(store.now(), store.now())
        assert wire.links == 4


async def test_a_silent_database_holds_nobody(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "CONNECT_S", 1.0)
    monkeypatch.setattr(connections, "ANSWER_S", 0.2)
    async with wired(database, connections=1) as (store, wire):
        await store.now()
        wire.silent = True
        async with asyncio.timeout(HUNG_S):
            with pytest.raises(OutcomeUnknown):
                await store.append([mail(1)])
            with pytest.raises(StoreUnavailable):
                await store.append([mail(2)])
        wire.silent = False
        assert (await store.append([mail(3)])).fresh == [True]


async def test_a_caller_who_gives_up_on_a_silent_database_is_let_go(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "ANSWER_S", 60.0)  # so that only the caller's own patience counts
    async with wired(database, connections=1) as (store, wire):
        await store.now()
        wire.silent = True
        waiting = asyncio.create_task(store.append([mail(1)]))
        await asyncio.wait([waiting], timeout=0.1)
        waiting.cancel()
        done, _ = await asyncio.wait([waiting], timeout=HUNG_S)
        assert done and waiting.cancelled()
        wire.silent = False
        assert (await store.append([mail(2)])).fresh == [True], "its connection is free again"


async def test_entities_asking_for_private_shards_at_once_all_get_their_own(database: str) -> None:
    store = PostgresStore(database)
    got = await asyncio.gather(*(store.private_shard(f"k/{n % 6}") for n in range(12)))
    assert got[:6] == got[6:] and len(set(got)) == 6
    await store.close()


@pytest.mark.parametrize("broken", [{"v": "\ud800"}, {"v": "\x00"}])
async def test_content_the_database_cannot_hold_is_rejected(database: str, broken: dict[str, Any]) -> None:
    store = PostgresStore(database)
    epochs = await own(store)
    with pytest.raises(StatementRejected):
        await store.append([Inbound(ENTITY, SHARD, "Add", "bad", json.dumps(broken))])
    with pytest.raises(StatementRejected):
        await store.commit(epochs, [turn(0, effects=[Effect("e", "note", "test", broken)])])
    assert await store.journal_after(0, 10) == []
    await store.close()
