"""The promises of runtime/store.py on what is sent, kept by the store in memory and by Postgres alike."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import psycopg
import pytest

from runtime.entity import Effect
from runtime.memory import MemoryStore
from runtime.store import Inbound, SendResult, Store
from tests.contract.stores import ENTITY, SHARD, mail, own, turn


async def log_of(store: Store, database: str | None) -> list[tuple[Any, ...]]:
    """The send log: send, attempt, tried, state, provider id."""
    if isinstance(store, MemoryStore):
        return [tuple(r[k] for k in ("send", "attempt", "tried", "state", "provider_id")) for r in store.send_log]
    with psycopg.connect(str(database)) as connection:
        statement = "select send, attempt, tried, state, provider_id from rt.send_log order by position"
        return connection.execute(statement).fetchall()


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
