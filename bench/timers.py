"""How long until the timers of a killed host run again."""

from __future__ import annotations

import time

from runtime.ids import EntityId, shard_of
from tests.product import Product, until


def recovery(product: Product, count: int) -> dict[str, float]:
    """`count` timers far in the future, and one per second soon; a host is killed; when do its timers fire again?

    The far ones are rows of quiet incidents (a snoozed line's state, cloned); the measure is the first late timer of a shard the
    killed host owned.
    """
    _clone(product, count)
    slot = sorted(product.hosts())[0]
    owned = {
        r[0]
        for r in product.sql("select s.id from rt.shard s join rt.host h on h.id = s.owner where h.slot = %s", slot)
    }
    probes = [f"incident/probe{n}" for n in range(4000) if shard_of(EntityId("incident", f"probe{n}")) in owned][:40]
    now = product.sql("select extract(epoch from now())::float8")[0][0]
    for n, entity in enumerate(probes):
        product.sql(
            "with a as (insert into rt.timer (entity, name, shard, gen, due_at) values (%s, 'none', %s, 0, to_timestamp(%s)) returning 1)"
            " select 1 from a",
            entity,
            shard_of(EntityId.parse(entity)),
            now + 2 + n * 0.5,
        )
    time.sleep(1)
    began = time.monotonic()
    product.kill_host(slot)
    killed_at = product.sql("select extract(epoch from now())::float8")[0][0]

    def back() -> bool:
        rows = product.sql(
            "select count(*) from rt.shard s join rt.host h on h.id = s.owner"
            " where h.expires_at > now() and s.id = any(%s) and h.started_at > to_timestamp(%s) - interval '1 hour'"
            " and not (h.slot = %s and h.started_at < to_timestamp(%s))",
            list(owned),
            killed_at,
            slot,
            killed_at,
        )
        return rows == [(len(owned),)]

    until("the shards claimed again", back, 60)
    return {
        "timers": count,
        "shards": len(owned),
        "claimed_again_s": time.monotonic() - began,
        "fired_s": _fired(product, began),
    }


def _clone(product: Product, count: int) -> None:
    product.sql(
        "with many as (select 'incident/far' || n as entity, n from generate_series(1, %s) n),"
        " a as (insert into rt.timer (entity, name, shard, gen, due_at)"
        "       select entity, 'none', n %% 256, 0, now() + interval '4 minutes' from many returning 1) select count(*) from a",
        count,
    )


def _fired(product: Product, began: float) -> float:
    """Seconds until a page ordered through a shard of the killed host comes out; by a real alert."""
    user = product.call("GET", "/users")["items"][0]["id"]
    url = product.integration(
        "bench recovery", "generic", [{"targets": [{"kind": "user", "id": user}], "wait_s": 3600}]
    )
    for n in range(50):
        product.post(url, {"title": f"After the kill {n}", "dedup_key": f"after-{n}"})
    until(
        "all processed",
        lambda: len(product.call("GET", "/alerts?q=After the kill&limit=100")["items"]) == 50,
        60,
    )
    return time.monotonic() - began
