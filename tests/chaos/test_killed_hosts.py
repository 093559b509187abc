"""kill -9 of hosts at the worst moments: no accepted alert missing, no due step skipped, duplicates counted."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from runtime.ids import EntityId, shard_of
from tests.fakes.http_sink import HttpSink
from tests.product import Product, step, until

pytestmark = pytest.mark.e2e


def owner_of(product: Product, line: str) -> str:
    """Slot of the host that owns an incident line."""
    shard = shard_of(EntityId("incident", line))
    ((slot,),) = product.sql("select h.slot from rt.shard s join rt.host h on h.id = s.owner where s.id = %s", shard)
    return str(slot)


def test_during_a_wait_step_the_next_step_still_comes(product: Product) -> None:
    with HttpSink() as sink:
        first = product.person("Gil", "webhook", f"{sink.url}/gil")
        second = product.person("Hana", "webhook", f"{sink.url}/hana")
        url = product.integration("kill wait", "generic", [step(first, 5), step(second, 300)])
        line = product.post(url, {"title": "Waits while its host dies"}).json()["incident_lines"][0]
        until("the first page", lambda: sink.received)
        slot = owner_of(product, line)
        killed = product.kill_host(slot)
        until("the second step", lambda: any(r.path == "/hana" for r in sink.received), 60)
        until("the host's return", lambda: product.hosts().get(slot, killed) != killed, 60)
        assert Counter(r.json["delivery_id"] for r in sink.received).most_common(1)[0][1] == 1


def test_between_decision_and_send_the_page_is_still_sent(product: Product) -> None:
    """The sink holds its answer: the host dies with the send in flight, and the next owner must settle it."""
    with HttpSink(hold_s=3.0) as sink:
        user = product.person("Ivo", "webhook", sink.url)
        url = product.integration("kill send", "generic", [step(user, 300)])
        line = product.post(url, {"title": "Its host dies in mid-send"}).json()["incident_lines"][0]
        until("the send in flight", lambda: sink.received)
        product.kill_host(owner_of(product, line))
        sink.hold_s = 0.0

        def delivered() -> bool:
            items = product.call("GET", f"/outbox?user={user}")["items"]
            return [i["state"] for i in items] == ["delivered"]

        until("the page settled", delivered, 60)
        copies = Counter(r.headers["idempotency-key"] for r in sink.received)
        print(f"duplicates of the page in flight: {copies.total() - len(copies)} (allowed: 1)")
        assert copies.total() - len(copies) <= 1


def test_in_a_burst_of_2000_alerts_none_is_lost_and_every_one_pages(product: Product) -> None:
    with HttpSink() as sink:
        user = product.person("Juna", "webhook", sink.url)
        url = product.integration("kill burst", "generic", [step(user, 600)])
        until("both hosts", lambda: len(product.hosts()) == 2, 60)

        def post(n: int) -> str:
            answer = product.post(url, {"title": f"Burst {n}", "dedup_key": f"burst-{n}"})
            assert answer.status_code == 202, answer.text
            if n == 700:
                product.kill_host("host-0")
            if n == 1400:
                product.kill_host("host-1")
            return str(answer.json()["incident_lines"][0])

        with ThreadPoolExecutor(16) as pool:
            lines = list(pool.map(post, range(2000)))
        assert len(set(lines)) == 2000

        def paged() -> int:
            return len({r.json["incident"]["title"] for r in sink.received})

        until("2000 incidents paged", lambda: paged() == 2000, 120)
        stored = product.sql(
            "select count(*) from rt.journal where kind = 'Triggered' and body->>'title' like 'Burst %'"
        )
        assert stored == [(2000,)]
        until(
            "an empty inbox", lambda: product.sql("select count(*) from rt.inbox where done_at is null") == [(0,)], 60
        )
        steps = product.sql(
            "select max(n) from (select count(*) as n from rt.journal where kind = 'StepStarted'"
            " and entity = any(%s) group by entity) s",
            [f"incident/{line}" for line in lines],
        )
        assert steps == [(1,)], "a step was taken twice"
        copies = Counter(r.headers["idempotency-key"] for r in sink.received)
        print(f"pages: {copies.total()}, duplicates: {copies.total() - len(copies)}")
        unknown = product.sql("select coalesce(sum(unknowns), 0)::int from rt.outbox where body->>'user_id' = %s", user)
        assert copies.total() - len(copies) <= unknown[0][0], "more duplicates than unknown outcomes"
