"""Silences over the API: kept, previewed, obeyed, taken back at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

from tests.contract.conftest import Site, until

DISK = [{"label": "alertname", "value": "disk"}]


def alert(name: str = "disk", **more: Any) -> dict[str, Any]:
    return {"title": f"{name} is bad", "labels": {"alertname": name}, "dedup_key": name, **more}


async def raised(site: Site, name: str = "disk") -> dict[str, Any]:
    """The incident of a new alert, processed."""
    made = (await site.call("POST", "/alerts", alert(name)))["alert"]
    assert made is not None
    return dict(made)


async def status_is(site: Site, ident: str, wanted: str) -> dict[str, Any]:
    async def seen() -> Any:
        found = await site.call("GET", f"/alerts/{ident}")
        return found if found["status"] == wanted else None

    return dict(await until(f"status {wanted}", seen))


async def texts(site: Site, ident: str) -> list[str]:
    return [entry["text"] for entry in (await site.call("GET", f"/alerts/{ident}/timeline"))["items"]]


async def test_a_silence_holds_back_pages_and_lets_go_when_it_is_expired(live_site: Site) -> None:
    site = live_site
    made = await site.call("POST", "/silences", {"matchers": DISK, "minutes": 60, "comment": "disks on order"}, 201)
    assert (made["state"], made["created_by"]) == (
        "active",
        (await site.call("GET", f"/silences/{made['id']}"))["created_by"],
    )
    incident = await raised(site)
    assert incident["status"] == "suppressed" and incident["assignees"] == []
    held = incident["suppression"]
    assert (held["kind"], held["ids"], held["comment"]) == ("silence", [made["id"]], "disks on order")
    assert [a["id"] for a in (await site.call("GET", "/alerts?status=suppressed"))["items"]] == [incident["id"]]
    query = {"query": "{ alerts(status: [suppressed]) { id status } }"}
    answer = (await site.http.post("/api/graphql", json=query)).json()
    assert answer["data"]["alerts"] == [{"id": incident["id"], "status": "suppressed"}]
    first = await texts(site, incident["id"])
    assert any(t.startswith(f"Nobody is paged: silenced by {made['created_by']} until") for t in first)
    told = await site.call("GET", f"/incidents/{incident['id']}/explain")
    assert "suppressed" in [n["code"] for n in told["not_paged"]]

    other = await raised(site, "cpu")
    assert other["status"] == "triggered", "only what it fits"
    over = await site.call("POST", f"/silences/{made['id']}/expire")
    assert over["state"] == "over"
    now = await status_is(site, incident["id"], "triggered")
    assert now["assignees"], "the first step was called"
    assert any("taken back or changed" in t or "that is over" in t for t in await texts(site, incident["id"]))


async def test_deleting_and_shortening_release_and_a_resolved_one_paged_nobody(live_site: Site) -> None:
    site = live_site
    one = await site.call("POST", "/silences", {"matchers": DISK, "minutes": 60}, 201)
    two = await site.call(
        "POST", "/silences", {"matchers": [{"label": "alertname", "value": "cpu"}], "minutes": 60}, 201
    )
    disk, cpu = await raised(site), await raised(site, "cpu")
    await site.call("DELETE", f"/silences/{one['id']}", status=204)
    await status_is(site, disk["id"], "triggered")
    soon = datetime.now(UTC) + timedelta(seconds=1.5)
    changed = await site.call("PUT", f"/silences/{two['id']}", {"ends_at": soon.isoformat(), "comment": "nearly done"})
    assert changed["comment"] == "nearly done"
    await status_is(site, cpu["id"], "triggered")

    await site.call("POST", "/silences", {"matchers": [{"label": "alertname", "value": "net"}], "minutes": 60}, 201)
    net = await raised(site, "net")
    await site.call("POST", "/alerts", alert("net", status="resolved"))
    gone = await status_is(site, net["id"], "resolved")
    assert gone["suppression"]["by"].startswith("silenced by") and gone["assignees"] == []


async def test_an_open_incident_goes_on_and_the_preview_says_what_is_fitted(live_site: Site) -> None:
    site = live_site
    disk, cpu = await raised(site), await raised(site, "cpu")
    await site.call("POST", f"/alerts/{cpu['id']}/resolve")
    body = {"matchers": [{"label": "alertname", "op": "=~", "value": "disk|cpu"}], "minutes": 5}
    found = await site.call("POST", "/silences/preview", body)
    assert [(f["id"], f["alerts"], f["whole"]) for f in found["open"]] == [(disk["id"], 1, True)]
    assert [f["id"] for f in found["recent"]] == [cpu["id"]] and found["complete"]
    assert (await site.call("GET", "/silences"))["items"] == []
    await site.call("POST", "/silences", body, 201)
    assert (await site.call("GET", f"/alerts/{disk['id']}"))["status"] == "triggered"


async def test_lists_by_state_and_what_is_refused(site: Site) -> None:
    later = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    pending = await site.call("POST", "/silences", {"matchers": DISK, "starts_at": later, "minutes": 5}, 201)
    active = await site.call("POST", "/silences", {"matchers": DISK, "ends_at": later}, 201)
    gone = await site.call("POST", "/silences", {"matchers": DISK, "ends_at": later}, 201)
    await site.call("POST", f"/silences/{gone['id']}/expire")

    async def listed(query: str) -> set[str]:
        return {s["id"] for s in (await site.call("GET", f"/silences{query}"))["items"]}

    assert await listed("") == {pending["id"], active["id"]}
    assert await listed("?state=over") == {gone["id"]}
    assert await listed("?state=pending&state=over") == {pending["id"], gone["id"]}
    known = {s.id for s in site.services.config.current.silences}
    assert known == {pending["id"], active["id"]}, "what is over is no part of the configuration"
    for field, body in (
        ("/ends_at", {"matchers": DISK}),
        ("/ends_at", {"matchers": DISK, "minutes": 5, "ends_at": later}),
        ("/ends_at", {"matchers": DISK, "starts_at": later, "ends_at": "2020-01-01T00:00:00Z"}),
        ("/matchers", {"minutes": 5}),
        ("/matchers/0/value", {"matchers": [{"label": "a", "op": "=~", "value": "("}], "minutes": 5}),
        ("/service_id", {"service_id": "none", "minutes": 5}),
        ("/minutes", {"matchers": DISK, "minutes": -5}),
    ):
        answer = await site.call("POST", "/silences", body, 422)
        assert field in [e["pointer"] for e in answer["errors"]], answer
    assert await listed("?state=active") == {active["id"]}
    refused = await site.call("PUT", f"/silences/{gone['id']}", {"minutes": 5}, 422)
    assert "over" in refused["detail"] or "over" in refused["errors"][0]["detail"]
    await site.call("GET", "/silences/none", status=404)


async def test_ten_thousand_silences_are_the_most(site: Site) -> None:
    async with await psycopg.AsyncConnection.connect(site.services.settings.database_url) as connection:
        await connection.execute(
            "insert into silences (id, matchers, starts_at, ends_at, comment, created_by)"
            """ select 's' || n, jsonb_build_array(jsonb_build_object('label', 'a', 'op', '=', 'value', n::text)),"""
            " now(), now() + interval '1 hour', '', 'test' from generate_series(1, 10000) n"
        )
    answer = await site.call("POST", "/silences", {"matchers": DISK, "minutes": 5}, 422)
    assert "10000 silences" in answer["errors"][0]["detail"]


async def integration(site: Site, **more: Any) -> tuple[str, str]:
    """Its id, and the path to post to."""
    (policy, *_) = (await site.call("GET", "/policies"))["items"]
    body = {"name": "Shop", "type": "generic", "policy_id": policy["id"], **more}
    made = await site.call("POST", "/integrations", body, 201)
    url = (await site.call("POST", f"/integrations/{made['id']}/keys"))["webhook_url"]
    return str(made["id"]), "/api/v1" + url.partition("/api/v1")[2]


async def posted(site: Site, path: str, name: str, status: str = "firing") -> dict[str, Any]:
    """The incident that a webhook opened, or closed."""
    assert (await site.http.post(path, json=alert(name, status=status))).status_code == 202

    async def seen() -> Any:
        items = (await site.call("GET", f"/alerts?q={name}"))["items"]
        return items[0] if items and (status == "firing" or items[0]["status"] == "resolved") else None

    return dict(await until(f"{name} {status}", seen))


async def test_a_maintenance_holds_back_and_what_fires_when_it_is_deleted_escalates(live_site: Site) -> None:
    site = live_site
    ident, path = await integration(site)
    calendar = await site.call("POST", "/holiday-calendars", {"name": "DE", "dates": ["2026-12-25"]}, 201)
    day = (datetime.now(UTC) + timedelta(days=3)).weekday()  # it must not be open now, whenever this runs
    hours = {"zone": "Europe/Berlin", "start": "22:00", "end": "06:00", "weekdays": [day], "holidays": calendar["id"]}
    nightly = await site.call("POST", "/maintenance", {"name": "Nightly", "windows": [hours]}, 201)
    assert len(nightly["next"]) >= 8 and nightly["ends_at"] is None
    refused = await site.call("DELETE", f"/holiday-calendars/{calendar['id']}", status=409)
    assert "maintenance Nightly" in refused["detail"]
    later = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    body = {"name": "Upgrade", "ends_at": later, "integration_ids": [ident], "comment": "new disks"}
    work = await site.call("POST", "/maintenance", body, 201)
    assert work["open"] and [m["name"] for m in (await site.call("GET", "/maintenance"))["items"]] == [
        "Nightly",
        "Upgrade",
    ]
    disk, cpu = await posted(site, path, "disk"), await posted(site, path, "cpu")
    assert disk["suppression"]["kind"] == "maintenance" and disk["suppression"]["by"] == "under maintenance (Upgrade)"
    assert (await raised(site, "net"))["status"] == "triggered", "another integration"
    gone = await posted(site, path, "cpu", "resolved")
    assert (gone["id"], gone["assignees"]) == (cpu["id"], [])
    moved = await site.call("PUT", f"/maintenance/{work['id']}", {**body, "integration_ids": [], "comment": ""})
    assert moved["integration_ids"] == [] and (await raised(site, "ram"))["status"] == "suppressed", "now of everything"
    await site.call("DELETE", f"/maintenance/{work['id']}", status=204)
    assert (await status_is(site, disk["id"], "triggered"))["assignees"]
    answer = await site.call("POST", "/maintenance", {"name": "x", "service_ids": ["none"], "ends_at": later}, 422)
    assert answer["errors"][0]["pointer"] == "/service_ids/0"
    await site.call("GET", "/maintenance/none", status=404)


async def test_an_integration_gives_time_and_a_rule_gives_its_own(live_site: Site) -> None:
    site = live_site
    rule = {"matchers": [{"label": "alertname", "value": "now"}], "wait_s": 0}
    ident, path = await integration(site, wait_s=2, routes=[rule])
    read = await site.call("GET", f"/integrations/{ident}")
    assert (read["wait_s"], read["routes"][0]["wait_s"], read["auto_resolve_s"]) == (2, 0, None)
    passing, lasting = await posted(site, path, "passing"), await posted(site, path, "lasting")
    assert passing["suppression"]["kind"] == "wait"
    assert (await posted(site, path, "now"))["status"] == "triggered"
    over = await posted(site, path, "passing", "resolved")
    assert over["assignees"] == [] and "given time to resolve by itself" in over["next"]
    assert (await status_is(site, lasting["id"], "triggered"))["assignees"]
    assert any("Given time until" in t for t in await texts(site, lasting["id"]))
    whole = {k: v for k, v in read.items() if k != "id"}
    for field, change in (
        ("/wait_s", {"wait_s": -1}),
        ("/auto_resolve_s", {"auto_resolve_s": 1}),
        ("/routes/0/wait_s", {"routes": [{**rule, "wait_s": 1e9}]}),
    ):
        answer = await site.call("PUT", f"/integrations/{ident}", {**whole, **change}, 422)
        assert [e["pointer"] for e in answer["errors"]] == [field], answer
    assert await site.call("GET", f"/integrations/{ident}") == read
