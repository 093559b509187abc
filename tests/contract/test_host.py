"""One host on a real database, with an entity that counts: it stands without on-call."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from runtime.clock import SystemClock
from runtime.codec import json_of
from runtime.effects import Accepted, CannotTell, Rejected, Send
from runtime.entity import Effect
from runtime.host import Host
from runtime.ids import SHARDS, EntityId, derived_id, shard_of
from runtime.postgres import PostgresStore
from runtime.registry import Registry
from runtime.store import Inbound
from tests.contract.conftest import until
from tests.unit.counter import Add, Break, Counter, Forward, Later, Stop


class Isolated(Counter):
    kind = "isolated"
    isolation = "process"


class NoEnv:
    version_number = 1

    async def version(self) -> int:
        return 1

    async def load(self) -> Any:
        return type("Env", (), {"version": 1})()


class Notes:
    """Remembers effects; refuses while told to."""

    def __init__(self) -> None:
        self.sent: list[Send] = []
        self.refuse: Rejected | None = None

    def dedupes(self, channel: str) -> bool:
        return True

    def can_cancel(self, channel: str) -> bool:
        return False

    async def send(self, send: Send, env: Any, timeout_s: float) -> Any:
        self.sent.append(send)
        return self.refuse or Accepted(send.id, final=True)

    async def reconcile(self, send: Send, env: Any, timeout_s: float) -> Any:
        return CannotTell()

    async def cancel(self, send: Send, env: Any, timeout_s: float) -> None:
        return None


def quarantined(entity: str, reason: str, now: float) -> Effect:
    return Effect(derived_id("q", entity), "note", "fallback", {"entity": entity, "reason": reason})


async def nothing() -> None:
    return None


class Bench:
    """Hosts on one database, and a way to send them mail."""

    def __init__(self, database: str) -> None:
        self.database = database
        self.store = PostgresStore(database)
        self.notes = Notes()
        self._sent = 0

    @asynccontextmanager
    async def host(self, slot: str = "host-0", number: int = 1, **more: Any) -> AsyncIterator[Host]:
        registry = Registry((Counter(), Isolated()), {"note": self.notes}, NoEnv(), quarantined, nothing)
        store = PostgresStore(self.database)
        host = Host(
            store,
            registry,
            SystemClock(),
            slot=slot,
            node="n",
            host_id=f"{slot}/{number}",
            started_at=await store.now(),
            **more,
        )
        running = asyncio.create_task(host.run())
        try:
            yield host
        finally:
            await host.stop()
            await asyncio.gather(running, return_exceptions=True)
            await store.close()

    async def send(self, key: str, value: Any, kind: str = "counter") -> int:
        self._sent += 1
        entity = EntityId(kind, key)
        row = Inbound(str(entity), shard_of(entity), type(value).__name__, f"m{self._sent}", json_of(value))
        return (await self.store.append([row])).ids[0]

    async def reply(self, ident: int) -> Any:
        async def done() -> Any:
            return (await self.store.outcomes([ident])).get(ident)

        return await until(f"the answer to {ident}", done)

    async def kinds(self) -> list[str]:
        return [f"{e['kind']}:{e['body'].get('what', '')}" for e in await self.store.journal_after(0, 1000)]


async def test_messages_are_answered_in_order_and_survive_a_change_of_hosts(database: str) -> None:
    bench = Bench(database)
    async with bench.host():
        for n in range(1, 4):
            assert await bench.reply(await bench.send("a", Add(n))) == {"value": n * (n + 1) // 2}
    async with bench.host(number=2):
        assert await bench.reply(await bench.send("a", Add(4))) == {"value": 10}
    await bench.store.close()


async def test_a_timer_set_by_one_host_fires_on_another_and_its_effect_is_sent_once(database: str) -> None:
    bench = Bench(database)
    async with bench.host():
        await bench.send("a", Later(1.0))
        await until("the timer row", lambda: bench.store.timers(range(SHARDS), 1e11, 10))
    async with bench.host(number=2):

        async def sent() -> Any:
            return bench.notes.sent

        (note,) = await until("the effect", sent)
    assert note.attempt == 1
    await bench.store.close()


async def test_a_timer_that_memory_lost_is_read_again_and_fires_although_the_store_rounds_its_time(
    database: str,
) -> None:
    """A host that takes shards forgets how far it has read: a timer committed just then is armed by the next scan."""
    bench = Bench(database)
    async with bench.host() as host:
        for n in range(8):
            await bench.send(f"round-{n}", Later(1.0))

        async def set_all() -> bool:
            return len(await bench.store.timers(range(SHARDS), 1e11, 10)) == 8

        await until("the timer rows", set_all)
        host.core.timers.clear()

        async def sent() -> bool:
            return len(bench.notes.sent) == 8

        await until("every effect", sent)
    await bench.store.close()


async def test_a_tell_reaches_the_other_entity_and_a_cancelled_timer_never_fires(database: str) -> None:
    bench = Bench(database)
    async with bench.host():
        await bench.send("a", Later(0.4))
        await bench.send("a", Stop())
        await bench.send("a", Forward("b"))

        async def told() -> bool:
            return "Added:" in await bench.kinds()

        await until("b was told", told)
        assert await bench.reply(await bench.send("b", Add(1))) == {"value": 2}
        assert await bench.store.timers(range(SHARDS), 1e11, 10) == []
    assert bench.notes.sent == []
    await bench.store.close()


async def test_an_effect_given_up_is_told_to_its_entity(database: str) -> None:
    bench = Bench(database)
    bench.notes.refuse = Rejected("no such address")
    async with bench.host():
        await bench.send("a", Later(0.0))

        async def told() -> bool:
            return "Noted:effect failed" in await bench.kinds()

        await until("the failure", told)
    await bench.store.close()


async def test_an_entity_that_cannot_decide_is_quarantined_its_neighbours_go_on_and_a_human_is_told(
    database: str,
) -> None:
    bench = Bench(database)
    async with bench.host() as host:
        before = await bench.send("a", Add(1))
        broken = await bench.send("a", Break())
        assert await bench.reply(before) == {"value": 1}

        async def told() -> Any:
            return [s for s in bench.notes.sent if s.channel == "fallback"]

        (notice,) = await until("the notice", told)
        assert notice.body["entity"] == "counter/a" and "cannot be digested" in notice.body["reason"]
        assert await bench.reply(await bench.send("b", Add(5))) == {"value": 5}
        assert host.core.counters.quarantined == 1
    assert await bench.store.outcomes([broken]) == {}, "its mail is kept"
    await bench.store.close()


async def test_two_hosts_share_the_shards_and_one_takes_over_from_the_other(database: str) -> None:
    bench = Bench(database)
    async with bench.host("host-0") as first:
        async with bench.host("host-1") as second:

            async def shared() -> bool:
                counts = len(first.core.ownership.epochs), len(second.core.ownership.epochs)
                return sum(counts) == SHARDS and min(counts) > 60

            await until("a fair share", shared, 30)

        async def taken() -> bool:
            return len(first.core.ownership.epochs) == SHARDS

        await until("the takeover after the lease", taken, 30)
    await bench.store.close()


async def test_a_process_isolated_entity_is_handed_on_to_the_host_of_its_private_shard(database: str) -> None:
    bench = Bench(database)
    async with bench.host():
        await bench.send("x", Add(3), "isolated")

        async def private() -> Any:
            return await bench.store.private_shards()

        shards = await until("a private shard", private)
        assert list(shards.values()) == ["isolated/x"]
        (shard,) = shards
        async with bench.host(f"private-{shard}", scope=(shard,)) as alone:

            async def counted() -> bool:
                return (await bench.store.load(["isolated/x"]))["isolated/x"].seq == 1

            await until("the message processed", counted)
            await bench.send("x", Add(4), "isolated")

            async def again() -> bool:
                return (await bench.store.load(["isolated/x"]))["isolated/x"].seq == 2

            await until("the second message", again)
            assert list(alone.core.ownership.epochs) == [shard]
    await bench.store.close()
