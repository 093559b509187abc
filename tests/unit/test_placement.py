"""Who takes which shard: every host computes the same, nothing is taken from the living."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from runtime.placement import MAX_RELEASES_PER_TICK, plan
from runtime.store import HostRow, ShardRow, View

NOW = 1000.0
SHARDS = range(256)


def host(name: str, expires: float = NOW + 5, started: float = 1.0, **more: object) -> HostRow:
    return replace(HostRow(f"{name}/x", name, "n", started, expires, False), **more)  # type: ignore[arg-type]


def owned(owner: str | None) -> list[ShardRow]:
    return [ShardRow(n, 1, owner) for n in SHARDS]


def test_two_hosts_share_all_shards_without_overlap() -> None:
    a, b = host("a"), host("b")
    view = View(NOW, [a, b], owned(None))
    mine = {n for _ in range(4) for n in plan(a, view, SHARDS, {}, True).claim}
    wanted_by_a = {n for n in SHARDS if n not in _wanted(b, view)}
    assert wanted_by_a | _wanted(b, view) == set(SHARDS)
    assert mine <= wanted_by_a
    assert 90 < len(wanted_by_a) < 166


def _wanted(me: HostRow, view: View) -> set[int]:
    """All that `me` would claim, tick by tick."""
    taken: set[int] = set()
    shards = list(view.shards)
    for _ in range(8):
        claim = plan(me, View(view.now, view.hosts, shards), SHARDS, dict.fromkeys(taken, 2), True).claim
        taken |= set(claim)
        shards = [replace(s, owner=me.id, epoch=2) if s.id in taken else s for s in shards]
    return taken


def owners(hosts: list[HostRow]) -> dict[int, str]:
    """Shard -> slot, as each host computes its own part."""
    view = View(NOW, hosts, owned(None))
    found = {shard: me.slot for me in hosts for shard in _wanted(me, view)}
    assert len(found) == 256
    return found


def cluster(**hosts: int) -> list[HostRow]:
    """So many hosts on each node; no two slots alike."""
    return [host(f"{node}{n}", node=node) for node, count in hosts.items() for n in range(count)]


def shares(placed: dict[int, str]) -> Counter[str]:
    """Shards by node."""
    return Counter(slot[0] for slot in placed.values())


def test_every_node_has_a_like_share_whatever_the_number_of_its_hosts() -> None:
    for hosts in (cluster(a=2, b=2, c=2), cluster(a=3, b=1, c=1)):
        found = shares(owners(hosts))
        assert set(found) == {"a", "b", "c"}
        assert all(60 <= count <= 110 for count in found.values()), found


def test_a_lost_node_leaves_its_shards_to_all_others_and_moves_no_other_shard() -> None:
    before, after = owners(cluster(a=2, b=2, c=2)), owners(cluster(a=2, b=2))
    moved = {shard for shard in SHARDS if before[shard] != after[shard]}
    assert moved == {shard for shard, slot in before.items() if slot[0] == "c"}
    heirs = Counter(after[shard][0] for shard in moved)
    assert set(heirs) == {"a", "b"} and min(heirs.values()) > len(moved) // 4


def test_a_lost_host_leaves_its_shards_to_its_own_node() -> None:
    hosts = cluster(a=2, b=2, c=2)
    before, after = owners(hosts), owners([h for h in hosts if h.slot != "a1"])
    moved = {shard for shard in SHARDS if before[shard] != after[shard]}
    assert moved == {shard for shard, slot in before.items() if slot == "a1"}
    assert {after[shard] for shard in moved} == {"a0"}


def test_a_living_owner_keeps_its_shards_until_it_releases_them() -> None:
    a, b = host("a"), host("b")
    view = View(NOW, [a, b], owned(a.id))
    assert plan(b, view, SHARDS, {}, True).claim == {}
    assert len(plan(a, view, SHARDS, dict.fromkeys(SHARDS, 1), True).release) == MAX_RELEASES_PER_TICK


def test_an_expired_owner_loses_them_only_to_a_host_long_in_touch_with_the_database() -> None:
    a, b = host("a", expires=NOW - 1), host("b")
    view = View(NOW, [a, b], owned(a.id))
    assert plan(b, view, SHARDS, {}, may_take_expired=False).claim == {}
    todo = plan(b, view, SHARDS, {}, may_take_expired=True)
    assert todo.claim and set(todo.crashed) == set(todo.claim)


def test_a_new_incarnation_takes_its_slots_shards_at_once() -> None:
    old, new = host("a"), replace(host("a", started=2.0), id="a/y")
    todo = plan(new, View(NOW, [old, new], owned(old.id)), SHARDS, {}, may_take_expired=False)
    assert todo.claim and set(todo.crashed) == set(todo.claim)
    assert plan(old, View(NOW, [old, new], owned(old.id)), SHARDS, {}, True).superseded


def test_a_shard_that_is_ours_in_the_table_but_not_in_memory_is_claimed_anew() -> None:
    a = host("a")
    view = View(NOW, [a], owned(a.id))
    assert plan(a, view, SHARDS, {n: 1 for n in SHARDS if n != 5}, True).claim == {5: 1}
