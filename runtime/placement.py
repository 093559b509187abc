"""Which shards this host should take, keep and give up. Pure: every host computes the same from the same rows.

Rendezvous hashing in two levels, first over the nodes that have live hosts, then over the slots of the chosen node;
no leader. Nodes are the failure domains: each has the same share, whatever the number of its hosts, so losing one loses
1/n of the shards, which then spread over all the others; a host that ends leaves its shards to its own node and moves
nobody else's. Give every node the same number of hosts. Postgres arbitrates the claims by
epoch. A shard may be claimed when it has no owner, when its owner is an earlier incarnation of this very
slot (the two-second path after a crash), or when the owner's lease has ended by the database's clock and this
host has itself been in touch with the database for a whole lease time: after a database outage all leases
look expired, and owners must have the chance to renew first.

A private shard (id 256 and up, isolation="process") has no ring: whoever has it in its scope takes it, and such a
host, of weight 0, takes no part in the ring.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache

from runtime.ids import SHARDS
from runtime.store import HostRow, ShardRow, View

MAX_CLAIMS_PER_TICK = 64
"""Ramp: more at once loads more backlog at once; 64 a tick has 256 shards back within two seconds."""
MAX_RELEASES_PER_TICK = 16
"""Hand-over is cheap but each moved shard is silent until claimed; 16 a tick spreads a join over seconds."""


@dataclass(frozen=True, slots=True)
class Plan:
    """`claim`: shard -> epoch seen. `crashed`: those of them whose owner did not give them up.

    `release`: shards that another live host should have. `superseded`: a newer incarnation of this slot
    lives; this host must stop. `waiting`: something will become claimable soon, look again quickly.
    """

    claim: Mapping[int, int]
    crashed: Collection[int]
    release: Collection[int]
    superseded: bool
    waiting: bool


def plan(me: HostRow, view: View, scope: Collection[int], held: Mapping[int, int], may_take_expired: bool) -> Plan:
    """What host `me` should do now, given all hosts and shards.

    `scope`: the shards it may own at all. `held`: those it has in memory, with their epochs; a shard that is
    its own in the table but not held (the answer of a claim or commit was lost) is claimed anew.
    """
    hosts = {h.id: h for h in view.hosts}
    superseded = any(h.slot == me.slot and h.id != me.id and h.started_at > me.started_at for h in view.hosts)
    ring = [h for h in view.hosts if h.weight > 0 and h.id != me.id and _newest(h, view)]
    live = [h for h in ring if h.expires_at > view.now and not h.draining]
    if me.weight > 0 and not me.draining:
        live.append(me)
    nodes = _by_node(live)
    claim: dict[int, int] = {}
    crashed: list[int] = []
    release: list[int] = []
    waiting = False
    for shard in view.shards:
        if shard.id not in scope:
            continue
        best = _best(shard.id, nodes) if shard.id < SHARDS else None if me.draining else me
        if shard.owner == me.id and shard.id not in held:
            claim[shard.id] = shard.epoch
            continue
        if shard.owner == me.id:
            if best is not None and best.id != me.id and len(release) < MAX_RELEASES_PER_TICK:
                release.append(shard.id)
            continue
        if best is None or best.id != me.id:
            continue
        free = _free(shard, hosts, me, view.now, may_take_expired)
        waiting = waiting or not free
        if free and len(claim) < MAX_CLAIMS_PER_TICK:
            claim[shard.id] = shard.epoch
            if shard.owner is not None:
                crashed.append(shard.id)
    if superseded:
        return Plan({}, (), (), True, False)
    return Plan(claim, tuple(crashed), tuple(release), False, waiting or len(claim) == MAX_CLAIMS_PER_TICK)


def _newest(host: HostRow, view: View) -> bool:
    """False for a leftover incarnation of a slot that has a newer one."""
    return not any(o.slot == host.slot and o.started_at > host.started_at for o in view.hosts)


def _free(shard: ShardRow, hosts: Mapping[str, HostRow], me: HostRow, now: float, may_take_expired: bool) -> bool:
    if shard.owner is None:
        return True
    owner = hosts.get(shard.owner)
    if owner is None:
        return may_take_expired
    if owner.slot == me.slot and owner.started_at < me.started_at:
        return True
    return may_take_expired and owner.expires_at <= now


def _by_node(hosts: Collection[HostRow]) -> dict[str, list[HostRow]]:
    nodes: dict[str, list[HostRow]] = {}
    for host in hosts:
        nodes.setdefault(host.node, []).append(host)
    return nodes


def _best(shard: int, nodes: Mapping[str, Collection[HostRow]]) -> HostRow | None:
    """The host that should have a shard; ties cannot matter, the hash has 64 bits."""
    if not nodes:
        return None
    node = max(nodes, key=lambda name: _score(shard, f"node:{name}", 1.0))
    return max(nodes[node], key=lambda h: _score(shard, h.slot, h.weight))


@lru_cache(maxsize=65_536)
def _score(shard: int, name: str, weight: float) -> float:
    """Weighted rendezvous: -weight / ln(hash)."""
    digest = hashlib.blake2b(f"{shard}:{name}".encode(), digest_size=8).digest()
    unit = (int.from_bytes(digest, "big") + 1) / (2**64 + 1)
    return -weight / math.log(unit)
