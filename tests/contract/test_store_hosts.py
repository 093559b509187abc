"""The promises of runtime/store.py on hosts, shards and clocks, kept by the store in memory and by Postgres alike."""

from __future__ import annotations

import pytest

from runtime.entity import Effect
from runtime.store import HostRow, Store
from tests.contract.stores import ENTITY, SHARD, mail, own, turn


async def test_a_stale_owner_writes_nothing_at_all(store: Store) -> None:
    old = await own(store, host="h1")
    await own(store, host="h2")
    (ident,) = (await store.append([mail(1)])).ids
    done = await store.commit(old, [turn(0, done=[ident], effects=[Effect("e", "note", "test", {})])])
    assert done.owned == frozenset()
    assert await store.journal_after(0, 10) == []
    assert len(await store.mail([SHARD], [], [], 10)) == 1
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


async def test_a_private_shard_belongs_to_one_entity(store: Store) -> None:
    first, again, other = [await store.private_shard(e) for e in ("k/1", "k/1", "k/2")]
    assert first == again >= 256 and other != first
    assert await store.private_shards() == {first: "k/1", other: "k/2"}


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


async def test_only_the_lost_shards_of_a_batch_fall_away(store: Store) -> None:
    old = await own(store, 7, 8, host="h1")
    await own(store, 8, host="h2")
    done = await store.commit(old, [turn(0, "counter/lost", 8), turn(0)])
    assert done.owned == {7}
    assert set(done.positions) == {(ENTITY, 0)}
    assert [e["entity"] for e in await store.journal_after(0, 10)] == [ENTITY]
