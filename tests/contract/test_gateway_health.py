"""Readiness, figures, request ids, and the headers that protect the pages."""

from __future__ import annotations

import psycopg
import pytest

from gateway.auth import principal
from storage.migrate import known, newest
from tests.contract.conftest import Site, until
from tests.contract.test_api import fired


async def test_readiness_follows_the_schema(site: Site, database: str) -> None:
    older = min(known() - {newest()})
    for revision, status in ((older, 503), ("9999", 200), (newest(), 200)):
        with psycopg.connect(database) as connection:
            connection.execute("update alembic_version set version_num = %s", [revision])
        answer = await site.http.get("/readyz")
        assert answer.status_code == status, revision
        if status == 503:
            assert "sentinel migrate" in answer.json()["reasons"][0]


async def test_every_answer_is_counted_by_route_and_named(site: Site) -> None:
    given = await site.http.get("/api/v1/users", headers={"X-Request-Id": "from-the-proxy"})
    assert given.headers["x-request-id"] == "from-the-proxy"
    made = [(await site.http.get("/api/v1/users/nobody")).headers["x-request-id"] for _ in range(2)]
    assert len(set(made)) == 2 and all(made)
    await site.http.get("/api/not/here")
    text = (await site.http.get("/metrics")).text
    assert 'sentinel_http_requests_total{route="/users/{user_id}",status="404"}' in text
    assert 'sentinel_http_requests_total{route="unmatched",status="404"}' in text
    assert "nobody" not in text, "a metric per id would grow without end"
    assert "sentinel_database_up 1.0" in text


async def test_the_databases_figures_are_asked_once_in_a_while(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = 0
    original = site.services.store.health

    async def counted() -> object:
        nonlocal asked
        asked += 1
        return await original()

    monkeypatch.setattr(site.services.store, "health", counted)
    for _ in range(5):
        assert (await site.http.get("/metrics")).status_code == 200
    assert asked == 1


@pytest.mark.parametrize("path", ["/sign-in", "/outbox"])
async def test_pages_cannot_be_framed_or_scripted_from_elsewhere(site: Site, path: str) -> None:
    headers = (await site.http.get(path)).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy and "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"


async def test_a_note_no_database_can_hold_is_cleaned(live_site: Site) -> None:
    alert = (await fired(live_site))["id"]
    query = "mutation($i: ID!, $n: String!) { acknowledgeAlert(alertId: $i, note: $n) { id } }"
    body = f'{{"query": "{query}", "variables": {{"i": "{alert}", "n": "a\\ud800\\u0000b"}}}}'
    answer = await live_site.http.post("/api/graphql", content=body, headers={"Content-Type": "application/json"})
    assert answer.json()["data"]["acknowledgeAlert"]["id"] == alert, answer.text
    timeline = await live_site.call("GET", f"/alerts/{alert}/timeline")
    assert "ab" in str(timeline)


async def test_who_cannot_be_looked_up_in_an_outage_is_not_called_a_stranger(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(principal, "UNKNOWN_S", 0.3)
    unknown = {"Authorization": "Bearer snt_api_made-after-the-last-refresh"}
    session = {"Authorization": "", "Cookie": "sentinel_session=begun-after-the-last-refresh"}
    await until("who is known", lambda: _known(site))
    async with site.services.engine.begin() as connection:
        await connection.exec_driver_sql("lock table api_keys, sessions in access exclusive mode")
        site.services.outage.not_written("a test")
        answer = await site.http.get("/api/v1/me", headers=unknown)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
        assert answer.headers["content-type"] == "application/problem+json"
        for path in ("/outbox", "/incidents"):
            shown = await site.http.get(path, headers=session)
            assert shown.status_code == 503 and "Who you are cannot be looked up now" in shown.text, shown.text
        assert (await site.http.get("/api/v1/me")).status_code == 200, "who was known before is known"
    assert site.services.outage.away
    assert (await site.http.get("/api/v1/me", headers=unknown)).status_code == 401, "the database was only slow"
    assert (await site.http.get("/incidents", headers=session)).status_code == 303


async def _known(site: Site) -> bool:
    return site.services.config.holder_of(site.keys.admin_key, site.services.time.now()) is not None
