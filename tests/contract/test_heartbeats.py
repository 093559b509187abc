"""Heartbeats over the whole way: pings at their address, the actor, an incident that is paged for and resolved."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from runtime.errors import StoreUnavailable
from storage.bootstrap import POLICY
from storage.heartbeats import listening
from tests.contract.conftest import Site, until

BODY = {"name": "Backup", "period_s": 3600, "grace_s": 60, "policy_id": POLICY, "severity": "error"}


async def made(site: Site, **more: Any) -> tuple[str, str]:
    """Its id, and the path to ping."""
    answer = await site.call("POST", "/heartbeats", {**BODY, **more}, 201)
    assert answer["state"]["status"] == "new" and answer["ping_url"].endswith(answer["hint"].strip("…"))
    return answer["id"], "/ping/" + answer["ping_url"].rpartition("/")[2]


async def ping(site: Site, path: str, method: str = "GET", status: int = 200, **more: Any) -> Any:
    answer = await site.http.request(method, path, headers={"Authorization": ""}, **more)
    assert answer.status_code == status, answer.text
    return answer


async def become(site: Site, ident: str, status: str) -> Any:
    async def seen() -> Any:
        shown = await site.call("GET", f"/heartbeats/{ident}")
        return shown if shown["state"]["status"] == status else None

    return (await until(f"a heartbeat that is {status}", seen))["state"]


async def alerts(site: Site) -> list[Any]:
    items: list[Any] = (await site.call("GET", "/alerts"))["items"]
    return items


async def test_a_failure_pages_and_the_next_finished_run_resolves(live_site: Site) -> None:
    site = live_site
    ident, path = await made(site)
    await ping(site, f"{path}/start", "HEAD")
    running = await become(site, ident, "up")
    assert running["running_since"] is not None and running["last_ping"]["kind"] == "start"
    await ping(site, f"{path}/3", "POST", content="disk full\x00")
    state = await become(site, ident, "down")
    assert state["why"] == "Backup reports a failure (exit code 3)"
    assert (state["runs"][0]["ok"], state["runs"][0]["exit_code"]) == (False, 3)

    async def opened() -> Any:
        return await alerts(site)

    (alert,) = await until("the incident", opened)
    assert (alert["title"], alert["severity"], alert["status"]) == (state["why"], "error", "triggered")
    assert alert["integration_id"] == f"heartbeat/{ident}"
    assert "It said: disk full" in (await site.call("GET", f"/alerts/{alert['id']}"))["members"][0]["description"]
    assert state["incident_lines"] == [alert["id"].rpartition("-")[0]]
    await ping(site, f"{path}/0")
    await become(site, ident, "up")

    async def resolved() -> bool:
        return (await alerts(site))[0]["status"] == "resolved"

    await until("the resolution", resolved)
    assert len((await site.call("GET", "/outbox"))["items"]) >= 1


async def test_it_is_armed_and_paused_by_hand_and_silence_is_an_alert(live_site: Site) -> None:
    site = live_site
    ident, path = await made(site, period_s=1, grace_s=1)
    answer = await site.call("POST", f"/heartbeats/{ident}/arm")
    assert answer["state"] == "done" and answer["heartbeat"]["state"]["due_at"] is not None
    assert (await site.call("POST", f"/heartbeats/{ident}/arm"))["state"] == "ignored"
    state = await become(site, ident, "down")
    assert state["why"] == "Backup was not heard from: expected every 1 s"
    paused = await site.call("POST", f"/heartbeats/{ident}/pause")
    assert paused["heartbeat"]["state"]["status"] == "paused"

    async def resolved() -> bool:
        return [a["status"] for a in await alerts(site)] == ["resolved"]

    await until("the resolution", resolved)
    await ping(site, path)

    async def recorded() -> bool:
        return bool((await site.call("GET", f"/heartbeats/{ident}"))["state"]["pings"])

    await until("the ping", recorded)
    await become(site, ident, "paused")


async def test_an_address_works_until_it_is_replaced_or_its_heartbeat_deleted(site: Site) -> None:
    ident, path = await made(site)
    assert (await ping(site, path)).json()["ping"] == "success"
    replaced = await site.call("POST", f"/heartbeats/{ident}/address")
    await ping(site, path, status=404)
    path = "/ping/" + replaced["ping_url"].rpartition("/")[2]
    await ping(site, f"{path}/fail")
    for wrong in ("/done", "/256", "/-1", "/start/x"):
        await ping(site, path + wrong, status=404)
    assert (await ping(site, path, "PUT", 405)).headers["allow"] == "GET, HEAD, POST"
    await site.call("DELETE", f"/policies/{POLICY}", status=409)
    await site.call("DELETE", f"/heartbeats/{ident}", status=204)
    await ping(site, path, status=404)
    async with await psycopg.AsyncConnection.connect(site.services.settings.database_url) as connection:
        rows = await (await connection.execute("select kind, body from rt.inbox order by id")).fetchall()
    assert [r[0] for r in rows] == ["PingReceived", "PingReceived", "HeartbeatChanged"]


async def test_a_ping_is_kept_while_the_database_is_away(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    _, path = await made(site)

    async def away(*_: Any) -> Any:
        raise StoreUnavailable("away")

    with monkeypatch.context() as patch:
        patch.setattr(site.services.store, "append", away)
        answer = await ping(site, f"{path}/start")
        assert answer.headers["sentinel-durability"] == "spool"

    async def replayed() -> Any:
        async with await psycopg.AsyncConnection.connect(site.services.settings.database_url) as connection:
            return await (await connection.execute("select body::jsonb->>'kind' from rt.inbox")).fetchall()

    assert await until("the replay", replayed) == [("start",)]


async def test_after_a_gap_of_the_gateways_those_that_were_due_are_told(site: Site) -> None:
    ident, _ = await made(site)
    assert await listening(site.services.sessions) == []
    async with await psycopg.AsyncConnection.connect(
        site.services.settings.database_url, autocommit=True
    ) as connection:
        await connection.execute("update listening set seen_at = now() - interval '2 minutes'")
        assert len(await listening(site.services.sessions)) == 1
        assert await listening(site.services.sessions) == []
        rows = await (await connection.execute("select entity, body::jsonb from rt.inbox")).fetchall()
    ((entity, body),) = rows
    assert entity == f"heartbeat/{ident}" and 119 < body["until"] - body["since"] < 180


async def test_what_is_refused_names_its_field_and_nothing_is_saved(site: Site) -> None:
    for field, change in (
        ("/period_s", {"cron": "0 2 * * *"}),
        ("/period_s", {"period_s": None}),
        ("/period_s", {"period_s": -1}),
        ("/period_s", {"period_s": 1e12}),
        ("/grace_s", {"grace_s": 0}),
        ("/cron", {"period_s": None, "cron": "61 * * * *"}),
        ("/cron", {"period_s": None, "cron": "0 0 30 2 *"}),
        ("/cron", {"period_s": None, "cron": "9" * 90 + " * * * *"}),
        ("/zone", {"zone": "Mars/Olympus"}),
        ("/policy_id", {"policy_id": "none"}),
        ("/team_id", {"team_id": "none"}),
        ("/service_id", {"service_id": "none"}),
        ("/severity", {"severity": "bad"}),
    ):
        answer = await site.call("POST", "/heartbeats", {**BODY, **change}, 422)
        assert answer["errors"][0]["pointer"] == field, answer
    assert (await site.call("GET", "/heartbeats"))["items"] == []
    ident, _ = await made(site)
    body = {**BODY, "period_s": None, "cron": " 0 2 * * 1-5 ", "zone": "Europe/Berlin", "severity": "info"}
    assert (await site.call("PUT", f"/heartbeats/{ident}", body))["cron"] == "0 2 * * 1-5"
    assert site.services.config.current.heartbeats[ident].period_s is None
