"""The promises of runtime/store.py, kept by the store in memory and by Postgres alike."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import psycopg
import pytest

from runtime.entity import Effect, Record
from runtime.errors import StatementRejected
from runtime.memory import MemoryStore
from runtime.postgres import PostgresStore
from runtime.store import HostRow, Inbound, JournalRow, SendResult, Store, TimerRow, Turn

ENTITY, SHARD = "counter/a", 7


@pytest.fixture(params=["memory", "postgres"])
async def store(request: pytest.FixtureRequest) -> AsyncIterator[Store]:
    if request.param == "memory":
        yield MemoryStore(time.time)
        return
    opened = PostgresStore(request.getfixturevalue("database"))
    yield opened
    await opened.close()


def mail(n: int, entity: str = ENTITY, shard: int = SHARD, **more: Any) -> Inbound:
    return Inbound(entity, shard, "Add", f"d{n}", json.dumps({"amount": n}), **more)


def turn(seq: int, entity: str = ENTITY, shard: int = SHARD, **more: Any) -> Turn:
    journal = [JournalRow(seq, "test", "Added", {"amount": seq})]
    return Turn(entity, shard, seq + 1, 1, b"\x00state", False, 1000.0 + seq, journal=journal, **more)


async def own(store: Store, *shards: int, host: str = "h1") -> dict[int, int]:
    view = await store.renew(HostRow(host, host, "n", await store.now(), 0, False), 6.0)
    seen = {s.id: s.epoch for s in view.shards}
    return await store.claim(host, {s: seen[s] for s in shards or (SHARD,)}, ())


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


async def test_a_stale_owner_writes_nothing_at_all(store: Store) -> None:
    old = await own(store, host="h1")
    await own(store, host="h2")
    (ident,) = (await store.append([mail(1)])).ids
    done = await store.commit(old, [turn(0, done=[ident], effects=[Effect("e", "note", "test", {})])])
    assert done.owned == frozenset()
    assert await store.journal_after(0, 10) == []
    assert len(await store.mail([SHARD], [], [], 10)) == 1
    assert await store.sends([SHARD], [], 10) == []


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


async def test_cancelling_a_group_spares_the_effects_of_the_same_turn(store: Store) -> None:
    epochs = await own(store)
    await store.commit(epochs, [turn(0, effects=[Effect("old", "note", "test", {}, "g")])])
    new = Effect("new", "note", "test", {}, "g")
    await store.commit(epochs, [turn(1, cancel_groups=["g"], effects=[new])])
    assert [s.id for s in await store.sends([SHARD], [], 10)] == ["new"]


async def test_an_effect_cancelled_while_it_is_being_sent_is_never_sent_again(store: Store) -> None:
    epochs = await own(store)
    effects = [Effect(e, "note", "test", {}, "g") for e in ("refused", "lost", "taken", "silent")]
    await store.commit(epochs, [turn(0, effects=effects)])
    claimed = await store.claim_sends(epochs, ["refused", "lost", "taken"], "h1", 10.0)
    assert len(claimed) == 3
    await store.claim_sends(epochs, ["silent"], "h1", 0.0)
    await store.commit(epochs, [turn(1, cancel_groups=["g"])])
    results = [
        SendResult("refused", SHARD, "pending", due_at=1.0),
        SendResult("lost", SHARD, "unknown", due_at=1.0, unknown=True),
        SendResult("taken", SHARD, "delivered"),
    ]
    await store.record_sends("h1", results)
    assert await store.claim_sends(epochs, ["refused", "lost", "taken"], "h2", 10.0) == {}
    left = await store.claim_sends(epochs, ["silent"], "h2", 10.0)
    assert [r.withdrawn for r in left.values()] == [True], "its outcome must still be learned"


async def test_a_claim_shows_the_row_as_it_was_and_keeps_others_away(store: Store) -> None:
    epochs = await own(store)
    await store.commit(epochs, [turn(0, effects=[Effect("e", "note", "test", {})])])
    claimed = await store.claim_sends(epochs, ["e", "nonsense"], "h1", 10.0)
    assert [(r.state, r.attempts) for r in claimed.values()] == [("pending", 0)]
    assert await store.claim_sends(epochs, ["e"], "h1", 10.0) == {}
    assert await store.sends([SHARD], [], 10) == []


async def test_an_expired_claim_counts_as_an_unknown_outcome(store: Store) -> None:
    epochs = await own(store)
    await store.commit(epochs, [turn(0, effects=[Effect("e", "note", "test", {})])])
    await store.claim_sends(epochs, ["e"], "h1", 0.0)
    again = (await store.claim_sends(epochs, ["e"], "h2", 0.0))["e"]
    assert (again.state, again.attempts, again.unknowns) == ("sending", 1, 0)
    third = (await store.claim_sends(epochs, ["e"], "h3", 10.0))["e"]
    assert (third.attempts, third.unknowns) == (2, 1)
    await store.record_sends("h2", [SendResult("e", SHARD, "delivered")])
    assert await store.claim_sends(epochs, ["e"], "h4", 1.0) == {}, "only the claimant may record"


async def test_a_waiting_acknowledgement_blocks_every_claim_of_its_entity(store: Store) -> None:
    epochs = await own(store)
    effects = [Effect("e", "note", "test", {}, "pages")]
    await store.commit(epochs, [turn(0, effects=effects)])
    (ack,) = (await store.append([mail(1, halts=True)])).ids
    assert await store.claim_sends(epochs, ["e"], "h1", 10.0) == {}
    await store.commit(epochs, [turn(1, done=[ack])])
    assert set(await store.claim_sends(epochs, ["e"], "h1", 10.0)) == {"e"}


async def test_a_stale_epoch_claims_no_send(store: Store) -> None:
    old = await own(store, host="h1")
    await store.commit(old, [turn(0, effects=[Effect("e", "note", "test", {})])])
    await own(store, host="h2")
    assert await store.claim_sends(old, ["e"], "h1", 10.0) == {}


async def test_a_failed_send_tells_its_entity(store: Store) -> None:
    epochs = await own(store)
    await store.commit(epochs, [turn(0, effects=[Effect("e", "note", "test", {})])])
    await store.claim_sends(epochs, ["e"], "h1", 10.0)
    tell = Inbound(ENTITY, SHARD, "EffectFailed", "f", '{"effect_id": "e"}')
    await store.record_sends("h1", [SendResult("e", SHARD, "failed", "no", tell=tell)])
    assert [m.kind for m in await store.mail([SHARD], [], [], 10)] == ["EffectFailed"]
    assert await store.sends([SHARD], [], 10) == []


async def test_claiming_raises_the_epoch_and_only_at_the_epoch_seen(store: Store) -> None:
    first = await own(store, 1, 2, host="h1")
    assert await store.claim("h2", {1: 0, 2: first[2]}, [2]) == {2: first[2] + 1}
    view = await store.renew(HostRow("h1", "h1", "n", 1.0, 0, False), 6.0)
    row = next(s for s in view.shards if s.id == 2)
    assert (row.owner, row.crashes) == ("h2", 1)
    await store.name_suspect(2, row.epoch, "counter/x#1")
    await store.release("h2", {2: row.epoch})
    view = await store.renew(HostRow("h1", "h1", "n", 1.0, 0, False), 6.0)
    row = next(s for s in view.shards if s.id == 2)
    assert (row.owner, row.crashes, row.suspect) == (None, 0, None)


async def test_a_retired_host_leaves_nothing(store: Store) -> None:
    await own(store, 1, 2)
    await store.retire("h1")
    view = await store.renew(HostRow("h2", "h2", "n", 1.0, 0, False), 6.0)
    assert [h.id for h in view.hosts] == ["h2"]
    assert all(s.owner is None for s in view.shards)


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


async def test_a_private_shard_belongs_to_one_entity(store: Store) -> None:
    first, again, other = [await store.private_shard(e) for e in ("k/1", "k/1", "k/2")]
    assert first == again >= 256 and other != first
    assert await store.private_shards() == {first: "k/1", other: "k/2"}


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


async def test_a_host_long_gone_is_forgotten_unless_it_owns_a_shard(store: Store) -> None:
    await own(store, host="keeper")
    for name in ("keeper", "gone"):
        await store.renew(HostRow(name, name, "n", 1.0, 0, False), -7200.0)
    me = HostRow("me", "me", "n", 1.0, 0, False)
    await store.renew(me, 6.0)
    assert {h.id for h in (await store.renew(me, 6.0)).hosts} == {"keeper", "me"}


async def test_a_new_incarnation_starts_after_the_earlier_ones_of_its_slot_although_the_clock_was_set_back(
    store: Store,
) -> None:
    before = await store.now() + 3600.0
    await store.renew(HostRow("old", "slot", "n", before, 0, False), 6.0)
    view = await store.renew(HostRow("new", "slot", "n", before - 3600.0, 0, False), 6.0)
    assert {h.id: h.started_at for h in view.hosts}["new"] > before
    again = await store.renew(HostRow("new", "slot", "n", before - 3600.0, 0, False), 6.0)
    assert {h.id: h.started_at for h in again.hosts}["new"] == {h.id: h.started_at for h in view.hosts}["new"]


async def test_a_host_says_how_far_its_count_is_from_the_clock(store: Store) -> None:
    me = HostRow("me", "me", "n", 1.0, 0, False)
    (fresh,) = (await store.renew(me, 6.0)).hosts
    (later,) = (await store.renew(me, 6.0, await store.now() + 1800.0)).hosts
    assert fresh.ahead_s == 0.0 and later.ahead_s == pytest.approx(1800.0, abs=5.0)


async def test_a_lease_that_was_given_before_the_clock_was_set_back_ends_all_the_same(store: Store) -> None:
    await store.renew(HostRow("dead", "dead", "n", 1.0, 0, False), 3600.0)
    me = HostRow("me", "me", "n", 1.0, 0, False)
    await store.renew(me, 6.0)
    view = await store.renew(me, 6.0)
    assert {h.id: h.expires_at for h in view.hosts}["dead"] <= view.now + 6.0
    assert {h.id: h.ahead_s for h in view.hosts}["dead"] == pytest.approx(3594.0, abs=5.0), "by the clock as it is now"


async def test_sends_are_due_by_the_callers_count_and_claims_end_although_the_clock_was_set_back(store: Store) -> None:
    epochs = await own(store)
    counted = await store.now() + 1800.0
    later = [Effect(name, "note", "test", {}, due_at=counted - 1.0) for name in ("a", "b")]
    await store.commit(epochs, [turn(0, effects=later)])
    assert await store.sends([SHARD], [], 10) == []
    assert await store.claim_sends(epochs, ["a", "b"], "h1", 10.0) == {}
    assert [s.id for s in await store.sends([SHARD], [], 10, counted)] == ["a", "b"]
    assert list(await store.claim_sends(epochs, ["a"], "h1", 3600.0, counted)) == ["a"]
    assert [s.id for s in await store.sends([SHARD], ["b"], 10, counted)] == ["a"], "no claim is given for an hour"
    assert (await store.claim_sends(epochs, ["a"], "h2", 10.0, counted))["a"].state == "sending"
    assert await store.claim_sends(epochs, ["a"], "h3", 10.0, counted) == {}


async def test_what_is_to_be_sent_at_once_is_due_by_the_count_it_was_decided_by_although_the_clock_was_ahead_then(
    store: Store,
) -> None:
    """Else a page that was ordered while the clock was an hour ahead would lie for an hour once that is put right."""
    epochs, now = await own(store), await store.now()
    for seq, counted in enumerate((now - 3600.0, now + 3600.0)):  # the clock is an hour ahead of it, and an hour behind
        written = replace(turn(seq, effects=[Effect(f"e{seq}", "note", "test", {})]), at=counted)
        await store.commit(epochs, [written])
    due = {s.id: s.due_at for s in await store.sends([SHARD], [], 10)}
    assert due == {"e0": pytest.approx(now - 3600.0, abs=1.0), "e1": pytest.approx(now, abs=60.0)}


async def test_release_is_only_at_the_epoch_and_by_the_owner(store: Store) -> None:
    epochs = await own(store)
    await store.release("h1", {SHARD: epochs[SHARD] - 1})
    await store.release("h2", epochs)
    view = await store.renew(HostRow("h1", "h1", "n", 1.0, 0, False), 6.0)
    assert next(s for s in view.shards if s.id == SHARD).owner == "h1"


async def test_no_suspect_any_more_clears_the_crash_counter(store: Store) -> None:
    epochs = await store.claim("h1", {SHARD: 0}, [SHARD])
    await store.name_suspect(SHARD, epochs[SHARD] + 1, "stale/epoch#1")
    await store.name_suspect(SHARD, epochs[SHARD], "counter/x#1")
    host = HostRow("h1", "h1", "n", 1.0, 0, False)
    row = (await store.renew(host, 6.0)).shards[SHARD]
    assert (row.crashes, row.suspect) == (1, "counter/x#1")
    await store.name_suspect(SHARD, epochs[SHARD], None)
    row = (await store.renew(host, 6.0)).shards[SHARD]
    assert (row.crashes, row.suspect) == (0, None)


async def test_one_position_twice_in_a_batch_refuses_the_whole_statement(store: Store) -> None:
    epochs = await own(store, 7, 8)
    with pytest.raises(StatementRejected):
        await store.commit(epochs, [turn(0, "counter/other", 8), turn(0), turn(0)])
    assert await store.journal_after(0, 10) == []


async def test_only_the_lost_shards_of_a_batch_fall_away(store: Store) -> None:
    old = await own(store, 7, 8, host="h1")
    await own(store, 8, host="h2")
    done = await store.commit(old, [turn(0, "counter/lost", 8), turn(0)])
    assert done.owned == {7}
    assert set(done.positions) == {(ENTITY, 0)}
    assert [e["entity"] for e in await store.journal_after(0, 10)] == [ENTITY]


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


async def test_accepted_sends_of_the_entity_and_channel_can_be_recalled(store: Store) -> None:
    epochs = await own(store)
    effects = [Effect(e, "note", channel, {}) for e, channel in (("a", "sms"), ("b", "mail"), ("c", "sms"))]
    await store.commit(epochs, [turn(0, effects=effects)])
    await store.claim_sends(epochs, ["a", "b", "c"], "h1", 10.0)
    outcomes = [SendResult("a", SHARD, "accepted", provider_id="p-1"), SendResult("b", SHARD, "accepted")]
    await store.record_sends("h1", [*outcomes, SendResult("c", SHARD, "delivered")])
    assert [(r.id, r.provider_id) for r in await store.recallable([ENTITY], ["sms"])] == [("a", "p-1")]
    assert await store.recallable(["counter/other"], ["sms"]) == []


async def test_the_tell_of_a_failed_send_is_kept_as_given(store: Store) -> None:
    epochs = await own(store)
    await store.commit(epochs, [turn(0, effects=[Effect("e", "note", "test", {})])])
    await store.claim_sends(epochs, ["e"], "h1", 10.0)
    tell = mail(5, halts=True, env_version=42)
    await store.record_sends("h1", [SendResult("e", SHARD, "failed", tell=tell), SendResult("nobody", SHARD, "failed")])
    (kept,) = await store.mail([SHARD], [], [], 10)
    assert (kept.halts, kept.env_version) == (True, 42)


async def log_of(store: Store, database: str | None) -> list[tuple[Any, ...]]:
    """The send log: send, attempt, tried, state, provider id."""
    if isinstance(store, MemoryStore):
        return [tuple(r[k] for k in ("send", "attempt", "tried", "state", "provider_id")) for r in store.send_log]
    with psycopg.connect(str(database)) as connection:
        statement = "select send, attempt, tried, state, provider_id from rt.send_log order by position"
        return connection.execute(statement).fetchall()


async def test_every_attempt_is_on_the_send_log_also_one_that_nobody_reported(
    store: Store, request: pytest.FixtureRequest
) -> None:
    epochs = await own(store)
    await store.commit(epochs, [turn(0, effects=[Effect("e", "page", "voice", {})])])
    await store.claim_sends(epochs, ["e"], "h1", 10.0)
    await store.record_sends("h1", [SendResult("e", SHARD, "pending", "busy", due_at=0.0, tried=True)])
    await store.claim_sends(epochs, ["e"], "h1", 0.0)
    await store.claim_sends(epochs, ["e"], "h2", 10.0)
    await store.record_sends("h1", [SendResult("e", SHARD, "delivered", tried=True)])
    await store.record_sends("h2", [SendResult("e", SHARD, "delivered", "found", "p-1")])
    dsn = None if isinstance(store, MemoryStore) else request.getfixturevalue("database")
    assert await log_of(store, dsn) == [
        ("e", 1, True, "pending", None),
        ("e", 2, None, "unknown", None),
        ("e", 3, False, "delivered", "p-1"),
    ]


async def test_a_single_effect_is_cancelled_by_its_id(store: Store) -> None:
    epochs = await own(store)
    effects = [Effect(f"e{n}", "page", "sms", {}, group="g") for n in range(2)]
    await store.commit(epochs, [turn(0, effects=effects)])
    await store.commit(epochs, [turn(1, cancel_groups=["e0"])])
    assert [row.id for row in await store.sends([SHARD], [], 10)] == ["e1"]


async def test_sends_of_an_outage_are_settled_once_and_those_never_ordered_are_named(store: Store) -> None:
    epochs = await own(store)
    effects = [Effect(f"e{n}", "page", "sms", {}, group="g") for n in range(4)]
    await store.commit(epochs, [turn(0, effects=effects)])
    await store.claim_sends(epochs, ["e1"], "h1", 10.0)
    told = Inbound(ENTITY, SHARD, "EffectFailed", "e2-failed", "{}")
    results = [
        SendResult("e0", SHARD, "delivered", provider_id="p", began_at=1000.0),
        SendResult("e1", SHARD, "accepted"),
        SendResult("e2", SHARD, "failed", "refused", tell=told),
        SendResult("e9", SHARD, "accepted"),
    ]
    for _ in range(2):
        assert await store.settle_sends(results) == {"e0", "e1", "e2"}
    assert [row.id for row in await store.sends([SHARD], [], 10)] == ["e3"]
    assert [m.kind for m in await store.mail([SHARD], [], [], 10)] == ["EffectFailed"]


async def test_a_send_of_an_outage_that_an_acknowledgement_cancelled_meanwhile_is_shown_as_sent(store: Store) -> None:
    epochs = await own(store)
    effect = Effect("e0", "page", "sms", {}, group="g")
    await store.commit(epochs, [turn(0, effects=[effect])])
    await store.commit(epochs, [turn(1, cancel_groups=["g"])])
    await store.settle_sends([SendResult("e0", SHARD, "accepted")])
    assert [row.id for row in await store.recallable([ENTITY], ["sms"])] == ["e0"]
