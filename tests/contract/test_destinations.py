"""Destinations end to end: a step sends a signed page to one, and nothing leads inside the network unasked."""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path
from typing import Any

import yaml

from tests.contract.conftest import Site, opened, until
from tests.fakes.http_sink import HttpSink

SECRET = "a secret of the automation"


async def test_a_step_sends_a_signed_page_to_an_automation_and_calls_people_besides(live_site: Site) -> None:
    me = (await live_site.call("GET", "/users"))["items"][0]["id"]
    with HttpSink() as sink:
        hook = {"name": "Restart", "kind": "webhook", "address": sink.url, "secret": SECRET}
        wrong = await live_site.call("POST", "/destinations", {**hook, "secret": ""}, 422)
        assert wrong["errors"][0]["pointer"] == "/secret"
        made = await live_site.call("POST", "/destinations", hook, 201)
        assert (made["signed"], "127.0.0.1" in made["address_hint"]) == (True, True) and SECRET not in str(made)
        kept = await live_site.call("PUT", f"/destinations/{made['id']}", {"name": "Reboot", "kind": "webhook"})
        assert (kept["name"], kept["signed"]) == ("Reboot", True), "what is left empty stays"

        targets = [{"kind": "destination", "id": made["id"]}, {"kind": "user", "id": me}]
        policy = await live_site.call(
            "POST", "/policies", {"name": "P", "steps": [{"targets": targets, "wait_s": 300}]}
        )
        await live_site.call("DELETE", f"/destinations/{made['id']}", status=409)
        for path, body in (
            ("/last-resort", {"targets": targets}),
            ("/policies", {"name": "Q", "steps": [{"targets": targets, "round_robin": True}]}),
        ):
            await live_site.call("PUT" if path == "/last-resort" else "POST", path, body, 422)

        alert = {"title": "Shop down", "policy_id": policy["id"], "labels": {"host": "web1"}}
        await live_site.call("POST", "/alerts", alert)

        async def arrived() -> Any:
            return sink.received

        (got,) = await until("the page", arrived)
        ident = got.json["incident"]["id"]
        stamp, _, given = got.headers["x-sentinel-signature"].partition(",v1=")
        signed = stamp.removeprefix("t=").encode() + b"." + got.body
        assert hmac.compare_digest(given, hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest())
        assert (got.json["user"], got.json["incident"]["labels"]) == ("Reboot", {"host": "web1"})

        async def told() -> Any:
            entries = (await live_site.call("GET", f"/alerts/{ident}/timeline"))["items"]
            return any(entry["text"].startswith("Page to Reboot by webhook: delivered") for entry in entries)

        await until("its outcome", told)
        shown = await live_site.call("GET", f"/alerts/{ident}")
        assert (shown["status"], shown["assignees"]) == ("triggered", [me]), "that it arrived is no answer"
        why = await live_site.call("GET", f"/incidents/{ident}/explain")
        assert why["unexplained"] == {} and any("Paged Reboot by" in page["sentence"] for page in why["pages"])
        await live_site.call("POST", f"/alerts/{ident}/reassign", {"targets": targets[:1]}, 422)

        exported = await live_site.http.get("/api/v1/configuration/export")
        tree = yaml.safe_load(exported.text)
        assert tree["destinations"]["Reboot"] == {
            "kind": "webhook",
            "address": {"secret": "keep"},
            "secret": {"secret": "keep"},
        }
        assert {"destination": "Reboot"} in tree["policies"]["P"]["steps"][0]["targets"]
        tree["destinations"]["Room"] = {"kind": "slack", "address": sink.url, "mention": True}
        applied = await live_site.http.post("/api/v1/configuration/apply", content=yaml.safe_dump(tree))
        assert applied.is_success, applied.text
        room = {d["name"]: d for d in (await live_site.call("GET", "/destinations"))["items"]}["Room"]
        assert room["mention"]
        await live_site.call("DELETE", f"/destinations/{room['id']}", status=204)


async def test_a_destination_is_tested_without_an_incident_and_says_what_was_answered(site: Site) -> None:
    async def test(ident: str, status: int | None = None) -> Any:
        return await site.call("POST", f"/destinations/{ident}/test", status=status)

    with HttpSink() as sink:
        hook = {"name": "Restart", "kind": "webhook", "address": sink.url, "secret": SECRET}
        automation = (await site.call("POST", "/destinations", hook, 201))["id"]
        assert await test(automation) == {"outcome": "accepted", "detail": "answered 200"}
        (got,) = sink.received
        assert (got.json["user"], got.json["incident_id"], got.json["incident"]) == ("Restart", "", {"test": True})
        assert "x-sentinel-signature" in got.headers
        refused = await test(automation, 429)
        assert "can be sent in" in refused["detail"] and len(sink.received) == 1

        room = {"name": "Room", "kind": "slack", "address": sink.url, "mention": True}
        channel = (await site.call("POST", "/destinations", room, 201))["id"]
        sink.status = 404
        answer = await test(channel)
        assert answer["outcome"] == "rejected" and "404" in answer["detail"]
        assert b"<!channel>" not in sink.received[1].body, "nobody is woken by a test"
    gone = {"name": "Gone", "kind": "webhook", "address": "http://127.0.0.1:9/token", "secret": SECRET}
    answer = await test((await site.call("POST", "/destinations", gone, 201))["id"])
    assert answer["outcome"] == "rejected" and "token" not in answer["detail"]
    await test("nobody", 404)
    assert (await site.call("GET", "/alerts"))["items"] == []
    tested = [e["subject"] for e in (await site.call("GET", "/audit?kind=destination&action=test"))["items"]]
    assert len(tested) == 3 and f"destination/{automation}" in tested, "one that was refused is none"
    looking = (await site.call("POST", "/api-keys", {"name": "Looks", "scopes": ["read"]}))["key"]
    only_looks = {"Authorization": f"Bearer {looking}"}
    assert (await site.http.post(f"/api/v1/destinations/{channel}/test", headers=only_looks)).status_code == 403


async def test_nothing_that_users_write_down_leads_inside_the_network(
    database: str, valkey_url: str, tmp_path: Path
) -> None:
    async with opened(database, valkey_url, tmp_path, allow_addresses="") as site:
        me = (await site.call("GET", "/users"))["items"][0]["id"]
        for url in (
            "http://127.0.0.1:9/x",
            "http://localhost:9/x",
            "https://169.254.169.254/latest",
            "http://10.0.0.1/",
        ):
            for path, body in (
                (f"/users/{me}/contact-methods", {"channel": "webhook", "address": url}),
                ("/destinations", {"name": "D", "kind": "slack", "address": url}),
            ):
                answer = await site.call("POST", path, body, 422)
                assert answer["errors"][0]["pointer"] == "/address" and url not in answer["detail"]
        tree = {"destinations": {"D": {"kind": "slack", "address": "http://10.0.0.1/"}}}
        refused = await site.http.post("/api/v1/configuration/plan", content=yaml.safe_dump(tree))
        assert refused.status_code == 422 and "SENTINEL_ALLOW_ADDRESSES=10.0.0.1" in refused.text
