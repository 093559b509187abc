"""The REST API, GraphQL and the feed, with a host that processes what is sent."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
import uvicorn
from websockets.asyncio.client import connect

from runtime.ids import new_id
from storage import access, bootstrap
from tests.contract.conftest import Site, until
from tests.fakes.ports import free_port


async def fired(site: Site, **more: Any) -> dict[str, Any]:
    body = {"title": "Disk full", "dedup_key": new_id(), **more}
    await site.call("POST", "/alerts", body, 202)

    async def listed() -> Any:
        items = (await site.call("GET", "/alerts?limit=500"))["items"]
        return [a for a in items if a["members"][0]["key"] == body["dedup_key"]]

    alert: dict[str, Any] = (await until("the alert processed", listed))[0]
    return alert


async def test_an_alert_can_be_raised_worked_on_and_read_back(live_site: Site) -> None:
    alert = await fired(live_site, severity="warning", labels={"host": "db1"})
    path = f"/alerts/{alert['id']}"
    assert (alert["status"], alert["severity"]) == ("triggered", "warning")
    assert (await live_site.call("POST", f"{path}/acknowledge", {"note": "mine"}))["alert"]["status"] == "acknowledged"
    again = await live_site.call("POST", f"{path}/acknowledge")
    assert (again["state"], "already" in again["why"]) == ("ignored", True)
    assert (await live_site.call("POST", f"{path}/unacknowledge"))["alert"]["status"] == "triggered"
    assert (await live_site.call("POST", f"{path}/notes", {"note": "hm"}))["state"] == "done"
    assert (await live_site.call("POST", f"{path}/snooze", {"minutes": 5}))["alert"]["status"] == "snoozed"
    assert (await live_site.call("POST", f"{path}/escalate"))["alert"]["status"] == "triggered"
    users = (await live_site.call("GET", "/users"))["items"]
    targets = {"targets": [{"kind": "user", "id": users[0]["id"]}]}
    reached = await live_site.call("POST", f"{path}/reassign", targets)
    assert (reached["state"], reached["why"]) == ("done", "")
    bare = await live_site.call("POST", "/users", {"name": "Bare", "email": "bare@example.org"})
    await until("the gateway's configuration", lambda: _has(live_site, bare["id"]))
    nobody = {"targets": [{"kind": "user", "id": bare["id"]}]}
    in_vain = await live_site.call("POST", f"{path}/reassign", nobody)
    assert (in_vain["state"], in_vain["why"]) == (
        "done",
        "none of them can be reached: the policy goes on at once",
    )
    assert (await live_site.call("POST", f"{path}/resolve"))["alert"]["status"] == "resolved"
    late = await live_site.call("POST", f"{path}/acknowledge")
    assert (late["state"], late["why"]) == ("ignored", "the incident is resolved")
    timeline = (await live_site.call("GET", f"{path}/timeline"))["items"]
    kinds = {e["kind"] for e in timeline}
    assert {
        "Triggered",
        "Acknowledged",
        "Unacknowledged",
        "Noted",
        "Snoozed",
        "Escalated",
        "Reassigned",
        "Resolved",
    } <= kinds
    assert any(e["text"].startswith("Page to Administrator by outbox") for e in timeline)
    assert any("to people who cannot be reached" in e["text"] for e in timeline)
    exported = await live_site.http.get(f"/api/v1{path}/export")
    assert exported.headers["content-type"].startswith("text/markdown")
    assert f"- Id: {alert['id']}" in exported.text and "Resolved by" in exported.text


async def _has(site: Site, user_id: str) -> bool:
    return user_id in site.services.config.current.users


async def test_lists_filter_and_page(live_site: Site) -> None:
    for n in range(5):
        await fired(live_site, title=f"Disk {n} full", severity="critical" if n % 2 else "warning")
    first = await live_site.call("GET", "/alerts?limit=3")
    rest = await live_site.call("GET", f"/alerts?limit=3&cursor={first['next_cursor']}")
    titles = [a["title"] for a in first["items"] + rest["items"]]
    assert sorted(titles) == [f"Disk {n} full" for n in range(5)]
    assert rest["next_cursor"] is None
    assert len((await live_site.call("GET", "/alerts?severity=warning"))["items"]) == 3
    assert [a["title"] for a in (await live_site.call("GET", "/alerts?q=disk 4"))["items"]] == ["Disk 4 full"]
    assert (await live_site.call("GET", "/alerts?status=resolved"))["items"] == []
    await live_site.call("GET", "/alerts?cursor=nonsense", status=422)


async def test_an_unknown_alert_is_404_and_a_command_without_host_is_recorded(site: Site) -> None:
    await site.call("GET", "/alerts/0123456789abcdef0123-1", status=404)
    await site.call("POST", "/alerts/nonsense/acknowledge", status=404)
    answer = await site.call("POST", "/alerts", {"title": "x"}, 202)
    assert (answer["status"], answer["alert"]) == ("accepted", None)


async def test_people_teams_schedules_policies_and_integrations_can_be_managed(live_site: Site) -> None:
    call = live_site.call
    user = await call("POST", "/users", {"name": "Ada", "email": "ada@example.org"}, 201)
    await call("POST", "/users", {"name": "Twin", "email": "ADA@example.org"}, 409)
    base = f"/users/{user['id']}"
    contact = await call("POST", f"{base}/contact-methods", {"channel": "email", "address": "ada@example.org"}, 201)
    hook = {"channel": "webhook", "address": "https://hooks.example.org/secret-part", "secret": "s"}
    shown = await call("POST", f"{base}/contact-methods", hook, 201)
    assert "secret-part" not in json.dumps(shown)
    rules = {"urgent": [{"contact_method_id": contact["id"], "delay_s": 60}], "normal": []}
    assert await call("PUT", f"{base}/notification-rules", rules) == rules
    bad = {"urgent": [{"contact_method_id": "nope", "delay_s": 0}], "normal": []}
    problem = await call("PUT", f"{base}/notification-rules", bad, 422)
    assert problem["errors"][0]["pointer"] == "/urgent/0/contact_method_id"
    assert await call("GET", f"{base}/notification-rules") == rules, "nothing half-saved"
    team = await call("POST", "/teams", {"name": "Ops", "member_ids": [user["id"]]}, 201)
    layer = {
        "name": "l",
        "rotation": {"unit": "week", "every": 1, "start": "2026-01-05T09:00:00", "users": [user["id"]]},
    }
    body = {"name": "Primary", "zone": "Europe/Berlin", "layers": [layer], "team_id": team["id"]}
    schedule = await call("POST", "/schedules", body, 201)
    problem = await call("POST", "/schedules", {**body, "name": "B", "zone": "Mars/Base"}, 422)
    assert problem["errors"] == [{"pointer": "/zone", "detail": problem["detail"]}]
    on_call = (await call("GET", "/on-call"))["items"][0]
    assert (on_call["users"], on_call["schedule"]) == (["Ada"], "Primary")
    steps = [{"targets": [{"kind": "schedule", "id": schedule["id"]}], "wait_s": 60}]
    policy = await call("POST", "/policies", {"name": "P", "steps": steps}, 201)
    assert (await call("PUT", f"/policies/{policy['id']}", {"name": "P", "steps": steps, "repeat": 1}))["version"] == 2
    await call("POST", "/policies", {"name": "N", "steps": [{"wait_s": -1}]}, 422)
    refused = await call("DELETE", f"/schedules/{schedule['id']}", status=409)
    assert "policy P" in refused["detail"]
    made = await call("POST", "/integrations", {"name": "I", "type": "generic", "policy_id": policy["id"]}, 201)
    key = await call("POST", f"/integrations/{made['id']}/keys", status=201)
    path = key["webhook_url"].partition("/api/")[2]
    assert (
        await live_site.http.post(f"/api/{path}", json={"title": "x"}, headers={"Authorization": ""})
    ).status_code == 202
    await call("DELETE", f"/integrations/{made['id']}/keys/{key['id']}", status=204)
    assert (
        await live_site.http.post(f"/api/{path}", json={"title": "x"}, headers={"Authorization": ""})
    ).status_code == 401


async def test_a_preview_saves_nothing_and_shows_overrides_and_gaps(site: Site) -> None:
    layer = {"name": "l", "rotation": {"unit": "day", "every": 1, "start": "2026-03-28T09:00:00", "users": ["a", "b"]}}
    body = {
        "schedule": {"name": "New", "zone": "Europe/Berlin", "layers": [layer]},
        "overrides": [{"user_id": "c", "start": "2026-03-29T10:00:00Z", "end": "2026-03-29T12:00:00Z"}],
        "start": "2026-03-28T00:00:00Z",
        "end": "2026-03-30T07:00:00Z",
    }
    shown = await site.call("POST", "/schedules/preview", body)
    assert [s["user_id"] for s in shown["shifts"]] == ["a", "b", "c", "b"]
    assert shown["gaps"] == [{"start": "2026-03-28T00:00:00Z", "end": "2026-03-28T08:00:00Z"}]
    assert shown["shifts"][0]["end"] == "2026-03-29T07:00:00Z", "nine o'clock summer time"
    assert (await site.call("GET", "/schedules"))["items"] == []


async def test_rights_are_enforced(site: Site) -> None:
    reader = (await site.call("POST", "/api-keys", {"name": "r", "scopes": ["read"]}, 201))["key"]
    headers = {"Authorization": f"Bearer {reader}"}
    assert (await site.http.get("/api/v1/alerts", headers=headers)).status_code == 200
    for method, path, body in (
        ("POST", "/api/v1/alerts", {"title": "x"}),
        ("POST", "/api/v1/teams", {"name": "x"}),
        ("POST", "/api/v1/api-keys", {"name": "x", "scopes": ["read"]}),
    ):
        assert (await site.http.request(method, path, json=body, headers=headers)).status_code == 403
    assert (await site.http.get("/api/v1/alerts", headers={"Authorization": "Bearer nope"})).status_code == 401
    keys = (await site.call("GET", "/api-keys"))["items"]
    assert reader not in json.dumps(keys)
    await site.call("DELETE", f"/api-keys/{next(k['id'] for k in keys if k['name'] == 'r')}", status=204)
    assert (await site.http.get("/api/v1/alerts", headers=headers)).status_code == 401


async def test_graphql_lists_acknowledges_and_refuses_strangers(live_site: Site) -> None:
    alert = await fired(live_site)
    query = 'mutation($id: ID!) { acknowledgeAlert(alertId: $id, note: "gq") { id status acknowledgedBy } }'
    body = {"query": query, "variables": {"id": alert["id"]}}
    answer = (await live_site.http.post("/api/graphql", json=body)).json()
    assert answer["data"]["acknowledgeAlert"]["id"] == alert["id"]

    async def acknowledged() -> bool:
        return str((await live_site.call("GET", f"/alerts/{alert['id']}"))["status"]) == "acknowledged"

    await until("the acknowledgement processed", acknowledged)
    listed = (
        await live_site.http.post("/api/graphql", json={"query": "{ alerts(status: [acknowledged], limit: 5) { id } }"})
    ).json()
    assert [a["id"] for a in listed["data"]["alerts"]] == [alert["id"]]
    refused = await live_site.http.post(
        "/api/graphql", json={"query": "{ alerts { id } }"}, headers={"Authorization": ""}
    )
    assert "Send an API key" in refused.text and refused.json()["data"] is None


@pytest.fixture
async def served(live_site: Site) -> Any:
    """The gateway behind a real socket, for websockets."""
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(live_site.app, port=port, lifespan="off", log_level="error"))
    task = asyncio.create_task(server.serve())
    await until("the server", lambda: _started(server))
    yield live_site, port
    server.should_exit = True
    await task


async def _started(server: uvicorn.Server) -> bool:
    return server.started


async def test_the_feed_sends_what_is_committed_and_resumes_by_cursor(served: tuple[Site, int]) -> None:
    site, port = served
    url = f"ws://127.0.0.1:{port}/api/v1/feed?token={site.keys.admin_key}"
    async with asyncio.timeout(20):
        async with connect(url) as socket:
            assert json.loads(await socket.recv())["type"] == "hello"
            alert = await fired(site)
            event = json.loads(await socket.recv())
        assert (event["kind"], event["incident_id"]) == ("Triggered", alert["id"])
        await site.call("POST", f"/alerts/{alert['id']}/acknowledge")
        kinds = []
        async with connect(f"{url}&cursor={event['cursor']}") as socket:
            while "Acknowledged" not in kinds:
                kinds.append(json.loads(await socket.recv()).get("kind"))
        async with connect(f"ws://127.0.0.1:{port}/api/v1/feed?token=wrong") as socket:
            await socket.wait_closed()
            assert socket.close_code == 4401


async def test_a_graphql_subscription_hears_of_a_new_alert(served: tuple[Site, int]) -> None:
    site, port = served
    async with asyncio.timeout(20):
        async with connect(f"ws://127.0.0.1:{port}/api/graphql", subprotocols=["graphql-transport-ws"]) as socket:  # type: ignore[list-item]
            await socket.send(json.dumps({"type": "connection_init", "payload": {"token": site.keys.admin_key}}))
            assert json.loads(await socket.recv())["type"] == "connection_ack"
            query = "subscription { alertCreated { id title status } }"
            await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": {"query": query}}))
            waiting = asyncio.create_task(socket.recv())
            while not waiting.done():
                await fired(site, title="New one")
                await asyncio.wait([waiting], timeout=0.2)
            heard = json.loads(waiting.result())
    assert heard["payload"]["data"]["alertCreated"]["title"] == "New one"


async def test_the_one_time_link_works_once_and_only_when_the_button_is_pressed(site: Site) -> None:
    from_link = await _sign_in_token(site)
    http = site.http
    http.headers.pop("Authorization")
    assert (await http.get("/outbox")).status_code == 303
    for _ in range(2):
        assert (await http.get(f"/sign-in/{from_link}")).status_code == 200
    foreign = await http.post(f"/sign-in/{from_link}", headers={"Origin": "https://evil.example"})
    assert foreign.status_code == 401
    entered = await http.post(f"/sign-in/{from_link}")
    assert "HttpOnly" in entered.headers["set-cookie"] and "SameSite=strict" in entered.headers["set-cookie"]
    shown = await http.get("/outbox")
    assert shown.status_code == 200 and "frame-ancestors 'none'" in shown.headers["content-security-policy"]
    http.cookies.clear()
    assert (await http.post(f"/sign-in/{from_link}")).status_code == 401


async def test_the_outbox_shows_the_clock_of_whoever_looks(live_site: Site) -> None:
    await fired(live_site)
    http = live_site.http
    key = http.headers.pop("Authorization")
    await http.post(f"/sign-in/{await _sign_in_token(live_site)}")
    me = (await http.get("/api/v1/me")).json()
    mail = {"name": me["name"], "email": "admin@example.org", "zone": "Asia/Tokyo"}
    assert (await http.put("/api/v1/me", json=mail)).is_success

    async def there() -> Any:
        shown = (await http.get("/outbox")).text
        return shown if "Asia/Tokyo" in shown else None

    shown = await until("the configuration", there)
    assert "Time (Asia/Tokyo)" in shown and "JST</span></time>" in shown and "+09:00" in shown
    http.headers["Authorization"] = key


async def _sign_in_token(site: Site) -> str:
    return await access.create_sign_in(site.services.sessions, bootstrap.ADMIN)


async def test_health_and_metrics(live_site: Site) -> None:
    assert (await live_site.http.get("/healthz")).json() == {"status": "alive"}
    ready = await until("the host", lambda: _hosts(live_site))
    assert ready["status"] == "ready"
    assert "sentinel_hosts_alive 1.0" in (await live_site.http.get("/metrics")).text


async def _hosts(site: Site) -> Any:
    answer = (await site.http.get("/readyz")).json()
    return answer if answer["hosts"] == 1 else None


async def test_a_password_signs_in_and_guessing_is_slowed_down(site: Site) -> None:
    user = {"name": "Ada", "email": "ada@example.org", "password": "correct horse battery"}
    await site.call("POST", "/users", user, 201)
    site.http.headers.pop("Authorization")
    form = {"email": "Ada@Example.org", "password": "correct horse battery"}
    assert (await site.http.post("/sign-in", data=form)).status_code == 303
    answers = [
        (await site.http.post("/sign-in", data={**form, "password": f"guess {n}"})).status_code for n in range(6)
    ]
    assert answers == [401] * 5 + [429]
