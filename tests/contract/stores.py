"""The two stores that keep the promises of runtime/store.py, and short words for what they are given."""

from __future__ import annotations

import json
from typing import Any

from runtime.store import HostRow, Inbound, JournalRow, Store, Turn

ENTITY, SHARD = "counter/a", 7


def mail(n: int, entity: str = ENTITY, shard: int = SHARD, **more: Any) -> Inbound:
    return Inbound(entity, shard, "Add", f"d{n}", json.dumps({"amount": n}), **more)


def turn(seq: int, entity: str = ENTITY, shard: int = SHARD, **more: Any) -> Turn:
    journal = [JournalRow(seq, "test", "Added", {"amount": seq})]
    return Turn(entity, shard, seq + 1, 1, b"\x00state", False, 1000.0 + seq, journal=journal, **more)


async def own(store: Store, *shards: int, host: str = "h1") -> dict[int, int]:
    view = await store.renew(HostRow(host, host, "n", await store.now(), 0, False), 6.0)
    seen = {s.id: s.epoch for s in view.shards}
    return await store.claim(host, {s: seen[s] for s in shards or (SHARD,)}, ())
