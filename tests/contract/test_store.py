"""The promises of runtime/store.py on mail, turns and timers, kept by the store in memory and by Postgres alike."""

from __future__ import annotations

import psycopg
import pytest

from runtime.entity import Effect, Record
from runtime.errors import StatementRejected
from runtime.memory import MemoryStore
from runtime.store import Inbound, Store, TimerRow
from tests.contract.stores import ENTITY, SHARD, mail, own, turn


async def test_a_message_with_a_known_dedup_id_is_ignored_and_its_old_id_answered(store: Store) -> None:
    first = await store.append([mail(1), mail(2)])
    again = await store.append([mail(2), mail(3)])
    assert first.fresh == [True, True]
    assert again.fresh == [False, True]
    assert again.ids[0] == first.ids[1]
    assert len(await store.mail([SHARD], [], [], 10)) == 3


async def test_mail_comes_oldest_first_without_what_is_skipped(store: Store) -> None:
    ids = (await store.append([mail(n, f"counter/{n % 3}") for n in range(6)])).ids
    got = await store.mail([SHARD], [ids[0]], ["counter/1"], 3)
    assert [m.id for m in got] == [ids[2], ids[3], ids[5]]
    assert await store.mail([SHARD + 1], [], [], 10) == []


async def test_a_commit_writes_everything_of_a_turn(store: Store) -> None:
    epochs = await own(store)
    (ident,) = (await store.append([mail(1)])).ids
    now = await store.now()
    armed = TimerRow(ENTITY, SHARD, "t", 0, now + 50)
    written = turn(
        0,
        set_timers=[armed],
        effects=[Effect("e1", "note", "test", {"x": "ü\u2028"}, "g")],
        tells=[Inbound("counter/b", 9, "Add", "told", '{"amount": 1}')],
        records=[Record("r", {"f": 1}, {"b": 2})],
        done=[ident],
        replies={ident: {"ok": True}},
    )
    done = await store.commit(epochs, [written])
    assert done.owned == {SHARD}
    assert await store.outcomes([ident]) == {ident: {"ok": True}}
    loaded = (await store.load([ENTITY, "counter/new"]))[ENTITY]
    assert (loaded.seq, loaded.state, loaded.version) == (1, b"\x00state", 1)
    assert loaded.timers["t"].gen == 0 and abs(loaded.timers["t"].due_at - armed.due_at) < 0.001
    assert [t.name for t in await store.timers([SHARD], now + 100, 10)] == ["t"]
    assert await store.timers([SHARD], now + 10, 10) == []
    assert [m.entity for m in await store.mail([9], [], [], 10)] == ["counter/b"]
    (send,) = await store.sends([SHARD], [], 10)
    assert (send.id, send.state, send.body) == ("e1", "pending", {"x": "ü\u2028"})
    (event,) = await store.journal_after(0, 10)
    assert (event["entity"], event["seq"], event["body"]) == (ENTITY, 0, {"amount": 0})
    assert done.positions == {(ENTITY, 0): event["position"]}
    assert await store.newest_position() == event["position"]


async def test_a_taken_journal_position_refuses_the_whole_statement(store: Store) -> None:
    epochs = await own(store, 7, 8)
    await store.commit(epochs, [turn(0)])
    with pytest.raises(StatementRejected):
        await store.commit(epochs, [turn(0, "counter/other", 8), turn(0)])
    assert len(await store.journal_after(0, 10)) == 1


async def test_a_timer_is_dropped_only_with_its_generation(store: Store) -> None:
    epochs = await own(store)
    await store.commit(epochs, [turn(0, set_timers=[TimerRow(ENTITY, SHARD, "t", 0, 5.0)])])
    await store.commit(epochs, [turn(1, set_timers=[TimerRow(ENTITY, SHARD, "t", 1, 6.0)])])
    await store.commit(epochs, [turn(2, drop_timers=[("t", 0)])])
    assert [t.gen for t in await store.timers([SHARD], 10.0, 10)] == [1]
    await store.commit(epochs, [turn(3, drop_timers=[("t", 1)])])
    assert await store.timers([SHARD], 10.0, 10) == []


async def test_quarantine_takes_an_entity_out_and_orders_its_notice_once(store: Store) -> None:
    epochs = await own(store)
    await store.commit(epochs, [turn(0, set_timers=[TimerRow(ENTITY, SHARD, "t", 0, 5.0)])])
    notice = Effect("q", "quarantined", "fallback", {"why": "x"})
    assert await store.quarantine(ENTITY, SHARD, epochs[SHARD], "broken", notice)
    assert await store.quarantine(ENTITY, SHARD, epochs[SHARD], "broken", notice)
    assert not await store.quarantine("counter/z", SHARD, epochs[SHARD] + 1, "broken", notice)
    assert (await store.load([ENTITY]))[ENTITY].quarantined
    assert await store.timers([SHARD], 10.0, 10) == []
    assert [s.id for s in await store.sends([SHARD], [], 10)] == ["q"]
    await store.append([mail(1, halts=True)])
    assert list(await store.claim_sends(epochs, ["q"], "h1", 10.0)) == ["q"], "told although an acknowledgement waits"


async def test_sweeping_spares_what_is_young_or_undone(store: Store) -> None:
    epochs = await own(store)
    done, undone = (await store.append([mail(1), mail(2)])).ids
    await store.commit(epochs, [turn(0, done=[done])])
    await store.sweep(10)
    assert set(await store.outcomes([done, undone])) == {done}
    assert (await store.append([mail(1)])).fresh == [False]


async def test_of_two_equal_messages_in_one_batch_the_first_is_new(store: Store) -> None:
    given = await store.append([mail(1), mail(2), mail(1)])
    assert given.fresh == [True, True, False]
    assert given.ids[0] == given.ids[2] != given.ids[1]


async def test_an_outcome_without_a_reply_is_none_and_undone_ones_are_absent(store: Store) -> None:
    epochs = await own(store)
    done, undone = (await store.append([mail(1), mail(2)])).ids
    await store.commit(epochs, [turn(0, done=[done])])
    assert await store.outcomes([done, undone, 10_000]) == {done: None}


async def test_one_position_twice_in_a_batch_refuses_the_whole_statement(store: Store) -> None:
    epochs = await own(store, 7, 8)
    with pytest.raises(StatementRejected):
        await store.commit(epochs, [turn(0, "counter/other", 8), turn(0), turn(0)])
    assert await store.journal_after(0, 10) == []


async def test_a_record_given_twice_in_a_turn_keeps_the_last(store: Store, request: pytest.FixtureRequest) -> None:
    epochs = await own(store)
    rows = [Record("r", {"f": n}, {"b": n}) for n in (1, 2)]
    assert (await store.commit(epochs, [turn(0, records=rows)])).owned == {SHARD}
    if isinstance(store, MemoryStore):
        kept = store.records["r"]["body"]
    else:
        async with await psycopg.AsyncConnection.connect(request.getfixturevalue("database")) as reader:
            ((kept,),) = await (await reader.execute("select body from rt.record where id = 'r'")).fetchall()
    assert kept == {"b": 2}


async def test_any_bytes_are_kept_as_state(store: Store) -> None:
    epochs = await own(store)
    written = turn(0)
    written.state = bytes(range(256))
    await store.commit(epochs, [written])
    assert (await store.load([ENTITY]))[ENTITY].state == bytes(range(256))


async def test_the_journal_is_read_upwards_from_a_position(store: Store) -> None:
    epochs = await own(store)
    for n in range(3):
        await store.commit(epochs, [turn(n)])
    first, *rest = await store.journal_after(0, 10)
    assert [e["seq"] for e in await store.journal_after(first["position"], 1)] == [1]
    assert [e["seq"] for e in rest] == [1, 2]


async def test_due_timers_come_earliest_first(store: Store) -> None:
    epochs = await own(store)
    armed = [TimerRow(ENTITY, SHARD, name, 0, due) for name, due in (("late", 9.0), ("soon", 3.0), ("mid", 5.0))]
    await store.commit(epochs, [turn(0, set_timers=armed)])
    assert [t.name for t in await store.timers([SHARD], 9.0, 10)] == ["soon", "mid"]
    assert [t.name for t in await store.timers([SHARD], 10.0, 1)] == ["soon"]
