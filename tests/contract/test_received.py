"""The last requests of an integration with their decision, refused ones too; and the test alert."""

from __future__ import annotations

from typing import Any

from gateway.bare import Taken
from gateway.last_requests import Arrival, Last, LastRequests
from runtime.valkey import connect
from storage.canary import CANARY
from tests.contract.conftest import Site, until


async def made(site: Site, kind: str = "generic") -> tuple[str, dict[str, Any]]:
    """An integration of its own, and its key: Valkey outlives the tests' databases."""
    policy = (await site.call("GET", "/policies"))["items"][0]["id"]
    body = {"name": "Requests", "type": kind, "policy_id": policy}
    ident = (await site.call("POST", "/integrations", body))["id"]
    return ident, await site.call("POST", f"/integrations/{ident}/keys")


async def requests(site: Site, ident: str) -> list[dict[str, Any]]:
    found = await site.call("GET", f"/integrations/{ident}/requests")
    assert found["complete"]
    items: list[dict[str, Any]] = found["items"]
    return items


async def test_every_request_is_shown_with_what_became_of_it(live_site: Site) -> None:
    ident, key = await made(live_site)
    url = key["webhook_url"].removeprefix(live_site.services.settings.url)
    alert = {"title": "Disk full", "dedup_key": "d", "starts_at": 1_700_000_000, "password": "hunter2"}
    silenced = {"title": "Quiet", "labels": {"quiet": "yes"}}
    matchers = [{"label": "quiet", "value": "yes"}]
    await live_site.call("POST", "/silences", {"matchers": matchers, "minutes": 5, "comment": "now"}, 201)
    for body in (alert, alert, {**alert, "status": "resolved"}, silenced):
        assert (await live_site.http.post(url, json=body)).status_code == 202
    assert (await live_site.http.post(url, json={"text": "no title"})).status_code == 422
    other = url.replace("/generic/", "/grafana/")
    assert (await live_site.http.post(other, json=alert)).status_code == 403

    async def settled() -> Any:
        items = await requests(live_site, ident)
        return items if all(i["decision"] != "waiting" for i in items) else None

    items = await until("every decision", settled)
    assert [i["decision"] for i in items] == [
        *("refused", "refused", "silenced", "resolved", "deduplicated", "incident"),
    ]
    assert [i["status"] for i in items] == [403, 422, 202, 202, 202, 202]
    assert "title" in items[1]["text"] and "generic" in items[0]["text"]
    first, quiet = items[5], items[2]
    (outcome,) = first["outcomes"]
    assert (await live_site.call("GET", f"/alerts/{outcome['incident_id']}"))["title"] == "Disk full"
    assert (outcome["rule"], outcome["policy"]) == ("default route", "Default")
    assert "silenced by" in quiet["text"]
    assert "hunter2" not in first["payload"] and '"Disk full"' in first["payload"]
    assert key["key"] not in str(items)
    assert first["headers"]["authorization"] == "Bearer ***"


async def test_who_is_nobody_is_counted_and_only_the_last_are_kept(site: Site) -> None:
    ident, key = await made(site)
    url = f"/integrations/{ident}/requests"
    before = (await site.call("GET", url))["unattributed_today"]
    bad = await site.http.post("/api/v1/webhooks/generic/snt_int_unknown", json={"title": "x"})
    assert bad.status_code == 401
    assert (await site.call("GET", url))["unattributed_today"] == before + 1
    post = key["webhook_url"].removeprefix(site.services.settings.url)
    for n in range(60):
        await site.http.post(post, json={"title": f"t{n}", "description": "x" * 10_000})
        await site.services.last_requests.flush()
    items = await requests(site, ident)
    assert len(items) == 50
    assert {i["decision"] for i in items} == {"waiting"}, "there is no host here"
    assert items[0]["payload"].startswith('{"title":"t59"') and len(items[0]["payload"]) == 8_192 < items[0]["size"]
    await site.call("GET", "/integrations/nobody/requests", status=404)


async def test_without_valkey_nothing_is_shown_and_nothing_breaks() -> None:
    nowhere = connect("redis://127.0.0.1:1/0")
    last = LastRequests(nowhere)
    last.note(Arrival(integration_id="i"), Taken(202, b"{}"))
    last.note(Arrival(), Taken(401, b"{}"))
    assert await last.of("i") == Last([], 0, complete=False)
    await last.stop()
    await nowhere.aclose()


async def test_a_test_alert_takes_the_way_of_alerts_and_says_that_it_is_one(live_site: Site) -> None:
    for kind in ("generic", "prometheus"):
        policy = (await live_site.call("GET", "/policies"))["items"][0]["id"]
        body = {"name": f"Tested {kind}", "type": kind, "policy_id": policy}
        ident = (await live_site.call("POST", "/integrations", body))["id"]
        sent = await live_site.call("POST", f"/integrations/{ident}/test", {"labels": {"env": "prod"}}, 202)
        alert = await live_site.call("GET", f"/alerts/{sent['alert_id']}")
        assert (alert["integration_id"], alert["title"]) == (ident, "Test alert from Sentinel")
        assert alert["members"][0]["labels"]["sentinel_test"] == "true"
        again = await live_site.call("POST", f"/integrations/{ident}/test", {}, 202)
        assert again["alert_id"] != sent["alert_id"], "each test is an alert of its own"
        items = await requests(live_site, ident)
        assert [(i["by"], i["decision"]) for i in items] == [("Administrator", "incident")] * 2
    await live_site.call("POST", "/integrations/nobody/test", {}, 404)


async def test_the_key_is_in_the_snippets_once(site: Site) -> None:
    ident, key = await made(site, "prometheus")
    assert all(key["key"] in s["text"] for s in key["snippets"])
    later = await site.call("GET", f"/integrations/{ident}/snippets")
    assert [s["name"] for s in later["items"]] == [s["name"] for s in key["snippets"]]
    assert all(later["key"] in s["text"] and key["key"] not in s["text"] for s in later["items"])


async def test_how_services_and_integrations_stand_is_told_apart_from_their_configuration(live_site: Site) -> None:
    ident, _ = await made(live_site)
    service = (await live_site.call("POST", "/services", {"name": "Checkout"}))["id"]
    assert await live_site.call("GET", "/standing") == {"open_incidents": {}, "last_heard_at": {}, "built_in": [CANARY]}
    saved = await live_site.call("GET", f"/integrations/{ident}")
    body = {k: v for k, v in saved.items() if k != "id"} | {"service_id": service}
    await live_site.call("PUT", f"/integrations/{ident}", body)
    await live_site.call("POST", f"/integrations/{ident}/test", {}, 202)
    await live_site.services.hearing.flush()
    standing = await live_site.call("GET", "/standing")
    assert standing["open_incidents"] == {service: 1} and list(standing["last_heard_at"]) == [ident]
