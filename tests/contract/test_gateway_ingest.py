"""The hot path: stored before it is answered, never lost with a neighbour, clear about what it refuses."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from gateway.in_flight import InFlight
from gateway.ingest import Ingest
from gateway.outage import Outage
from gateway.spool import Spool, SpoolFull
from gateway.writer import MAX_WAITING_BYTES, InboxWriter
from integrations.registry import TYPES
from runtime.errors import OutcomeUnknown, StatementRejected, StoreUnavailable
from runtime.postgres import PostgresStore
from runtime.store import Appended, Inbound
from tests.contract.conftest import Site, opened

SAMPLES = Path(__file__).parents[2] / "integrations" / "samples" / "prometheus"


def writer_on(store: object) -> InboxWriter:
    """An inbox without a usable spool."""
    spool = Spool(Path("/nowhere"), 0, lambda: 0.0)
    outage = Outage(lambda: 0.0)
    in_flight = InFlight(spool, outage, lambda: 0.0)
    return InboxWriter(store, lambda _: None, spool, outage, in_flight, lambda _: None)  # type: ignore[arg-type]


async def stored(site: Site) -> int:
    async with await psycopg.AsyncConnection.connect(site.services.settings.database_url) as connection:
        row = await (await connection.execute("select count(*) from rt.inbox")).fetchone()
        assert row is not None
        return int(row[0])


@pytest.mark.parametrize("sample", sorted(p.name for p in SAMPLES.glob("*.json") if "expected" not in p.name))
async def test_every_captured_body_is_accepted(site: Site, sample: str) -> None:
    answer = await site.http.post(site.webhook("prometheus"), content=(SAMPLES / sample).read_bytes())
    assert answer.status_code == 202, answer.text
    assert await stored(site) == len(answer.json()["incident_lines"]) == 1


async def test_the_key_may_come_three_ways(site: Site) -> None:
    key, url = site.keys.integrations["generic"], "/api/v1/webhooks/generic"
    body = {"title": "x"}
    for how in ({"url": f"{url}/{key}/"}, {"url": url, "headers": {"Authorization": f"Bearer {key}"}}):
        assert (await site.http.post(json=body, **how)).status_code == 202  # type: ignore[arg-type]
    assert (await site.http.post(url, json=body, auth=("anything", key))).status_code == 202
    assert (await site.http.post(url, json=body, auth=(key, ""))).status_code == 202


@pytest.mark.parametrize(
    ("path", "content", "status"),
    [
        ("generic/wrong", b"{}", 401),
        ("nagios/KEY", b"{}", 404),
        ("generic/KEY", b"not json", 422),
        ("generic/KEY", b"{}", 422),
        ("generic/KEY", b'{"title": "x", "status": "maybe"}', 422),
        ("generic/KEY", b'{"title": "x"}' + b" " * 9_000_000, 413),
        ("generic/KEY", b"[" * 40 + b"]" * 40, 422),
        ("generic/KEY", b"[" * 200_000, 422),
        ("prometheus/KEY", b'{"custom": 1}', 422),
        ("grafana/GENERIC", b"{}", 403),
    ],
)
async def test_what_is_refused_is_a_problem_and_stores_nothing(
    site: Site, path: str, content: bytes, status: int
) -> None:
    kind = path.partition("/")[0]
    path = path.replace("KEY", site.keys.integrations.get(kind, "k")).replace(
        "GENERIC", site.keys.integrations["generic"]
    )
    answer = await site.http.post(f"/api/v1/webhooks/{path}", content=content, headers={"Authorization": ""})
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert {"type", "title", "status", "detail"} <= answer.json().keys()
    assert await stored(site) == 0


async def test_a_packed_body_is_unpacked_and_a_bomb_is_not(site: Site) -> None:
    headers = {"Content-Encoding": "gzip"}
    packed = gzip.compress(json.dumps({"title": "packed"}).encode())
    assert (await site.http.post(site.webhook("generic"), content=packed, headers=headers)).status_code == 202
    bomb = gzip.compress(b" " * 50_000_000)
    assert (await site.http.post(site.webhook("generic"), content=bomb, headers=headers)).status_code == 413


async def test_an_idempotency_key_makes_a_retry_the_same_request(site: Site) -> None:
    headers = {"Idempotency-Key": "once"}
    for _ in range(3):
        assert (await site.http.post(site.webhook("generic"), json={"title": "x"}, headers=headers)).status_code == 202
    assert await stored(site) == 1


async def test_one_fixed_idempotency_key_on_everything_loses_nothing(site: Site) -> None:
    headers = {"Idempotency-Key": "fixed"}
    for status in ("firing", "resolved"):
        body = {"title": "x", "dedup_key": "x", "status": status}
        assert (await site.http.post(site.webhook("generic"), json=body, headers=headers)).status_code == 202
    assert await stored(site) == 2


async def test_the_receipt_finds_what_was_stored(site: Site) -> None:
    headers = {"X-Request-Id": "theirs"}
    answer = await site.http.post(site.webhook("generic"), json={"title": "x"}, headers=headers)
    assert answer.headers["x-request-id"] == "theirs"
    async with await psycopg.AsyncConnection.connect(site.services.settings.database_url) as connection:
        row = await (await connection.execute("select dedup from rt.inbox")).fetchone()
    assert row is not None and row[0].startswith(answer.json()["receipt"] + "/")


async def test_a_group_of_thousands_is_taken_whole(site: Site) -> None:
    alerts = [{"labels": {"alertname": "Down", "instance": f"h{n}"}, "status": "firing"} for n in range(3000)]
    body = {"version": "4", "groupKey": "g", "status": "firing", "alerts": alerts}
    answer = await site.http.post(site.webhook("prometheus"), json=body)
    assert answer.json()["alerts"] == 3000
    assert await stored(site) == 6, "chunks of 500 in order"


async def test_five_hundred_posts_at_once_are_each_stored_once(site: Site) -> None:
    posts = [site.http.post(site.webhook("generic"), json={"title": f"t{n}", "dedup_key": str(n)}) for n in range(500)]
    assert {a.status_code for a in await asyncio.gather(*posts)} == {202}
    assert await stored(site) == 500


async def test_with_database_and_spool_away_the_answer_is_503_and_never_429(
    database: str, valkey_url: str, tmp_path: Path
) -> None:
    async with opened(database, valkey_url, tmp_path) as site:
        dead = writer_on(PostgresStore("postgresql://x@127.0.0.1:1/x", connections=1))
        dead.start()
        with pytest.raises(SpoolFull):
            await dead.put([Inbound("incident/x", 1, "AlertsReceived", "d", "{}")])
        from_dead = (await _posted_to(site, dead)).status_code
        await dead.stop()
    assert from_dead == 503


async def _posted_to(site: Site, inbox: InboxWriter) -> Any:
    """The same gateway with an inbox whose database is away."""
    ingest = Ingest(site.services.config, inbox, 1_000_000, lambda: 0.0, lambda *_: None, lambda *_: None)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=ingest), base_url="http://t") as http:  # type: ignore[arg-type]
        answer = await http.post(site.webhook("generic"), json={"title": "x"})
    assert answer.headers["retry-after"] == "2"
    return answer


async def test_one_bad_message_does_not_take_its_neighbours_along(site: Site) -> None:
    writer = site.services.inbox
    good = [writer.put([Inbound("incident/x", 1, "AlertsReceived", f"d{n}", json.dumps({"n": n}))]) for n in range(5)]
    bad = writer.put([Inbound("incident/x", 1, "AlertsReceived", "bad", '{"nul": "\\u0000"}')])
    results = await asyncio.gather(*good, bad, return_exceptions=True)
    assert [isinstance(r, Exception) for r in results] == [False] * 5 + [True]
    assert await stored(site) == 5


@pytest.mark.parametrize("refused", ['{"note": "\\u0000"}', '{"note": "\\ud800"}', '{"note": "\ud800"}', "no JSON"])
async def test_content_that_cannot_be_stored_fails_alone_and_the_next_is_taken(site: Site, refused: str) -> None:
    """A lone surrogate breaks before the database sees it; it once ended the writer and hung every webhook."""
    writer = site.services.inbox
    bad = writer.put([Inbound("incident/x", 1, "Acknowledge", "bad", refused)], 10)
    good = writer.put([Inbound("incident/x", 1, "AlertsReceived", "good", "{}")], 10)
    async with asyncio.timeout(10):
        results = await asyncio.gather(bad, good, return_exceptions=True)
        assert isinstance(results[0], StatementRejected) and isinstance(results[1], list)
        assert (await site.http.post(site.webhook("generic"), json={"title": "after"})).status_code == 202
    assert (await stored(site), writer.waiting) == (2, 0)


async def test_a_note_the_database_refuses_does_not_stop_the_webhooks(live_site: Site) -> None:
    alert = (await live_site.call("POST", "/alerts", {"title": "x"}, 202))["alert"]
    query = "mutation($id: ID!, $note: String!) { acknowledgeAlert(alertId: $id, note: $note) { id } }"
    body = json.dumps({"query": query, "variables": {"id": alert["id"], "note": "\ud800"}})
    async with asyncio.timeout(10):
        await live_site.http.post("/api/graphql", content=body, headers={"Content-Type": "application/json"})
        assert (await live_site.http.post(live_site.webhook("generic"), json={"title": "y"})).status_code == 202


class Breaking:
    """A store that breaks in a way nobody foresaw, once it is let."""

    def __init__(self, let: asyncio.Event) -> None:
        self._let = let

    async def append(self, messages: Sequence[Inbound]) -> Appended:
        await self._let.wait()
        raise RuntimeError("unforeseen")


async def test_whatever_breaks_those_who_wait_are_told_to_come_again(site: Site) -> None:
    let = asyncio.Event()
    let.set()
    writer = writer_on(Breaking(let))
    writer.start()
    async with asyncio.timeout(10):
        for _ in range(2):
            assert (await _posted_to(site, writer)).status_code == 503
        await writer.stop()


async def test_stopping_answers_those_whose_commit_is_under_way() -> None:
    let = asyncio.Event()
    writer = writer_on(Breaking(let))
    writer.start()
    waiting = asyncio.create_task(writer.put([Inbound("incident/x", 1, "AlertsReceived", "d", "{}")]))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    stopping = asyncio.create_task(writer.stop())
    await asyncio.sleep(0)
    let.set()
    async with asyncio.timeout(10):
        with pytest.raises(OutcomeUnknown):
            await waiting
        await stopping


async def test_more_bytes_than_fit_are_refused_at_once() -> None:
    let = asyncio.Event()
    writer = writer_on(Breaking(let))
    first = asyncio.create_task(writer.put([Inbound("incident/x", 1, "AlertsReceived", "d", "{}")], MAX_WAITING_BYTES))
    await asyncio.sleep(0)
    async with asyncio.timeout(10):
        with pytest.raises(StoreUnavailable):
            await writer.put([Inbound("incident/x", 1, "AlertsReceived", "e", "{}")], 1)
    first.cancel()


async def test_a_parser_that_breaks_is_a_problem_with_an_id(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken:
        type = "generic"

        def parse(self, headers: Any, body: bytes, received_at: float) -> Any:
            raise OverflowError("unforeseen")

    monkeypatch.setitem(TYPES, "generic", Broken())
    answer = await site.http.post(site.webhook("generic"), json={"title": "x"})
    assert (answer.status_code, answer.headers["content-type"]) == (500, "application/problem+json")
    assert "unforeseen" not in answer.text
    assert await stored(site) == 0
