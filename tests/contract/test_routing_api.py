"""Services and routing rules over the API, and what they do to alerts that come in."""

from __future__ import annotations

import json
from typing import Any

import psycopg

from gateway.tree.text import parse
from tests.contract.conftest import Site, until


async def policy(site: Site, name: str) -> str:
    users = (await site.call("GET", "/users"))["items"]
    steps = [{"targets": [{"kind": "user", "id": users[0]["id"]}], "wait_s": 300}]
    return str((await site.call("POST", "/policies", {"name": name, "steps": steps}))["id"])


async def integration(site: Site, **more: Any) -> tuple[str, str]:
    """Its id, and the path to post to."""
    body = {"name": "Shop", "type": "generic", "policy_id": await policy(site, "Shop default"), **more}
    made = await site.call("POST", "/integrations", body, 201)
    url = (await site.call("POST", f"/integrations/{made['id']}/keys"))["webhook_url"]
    return str(made["id"]), "/api/v1" + url.partition("/api/v1")[2]


async def post(site: Site, path: str, body: Any) -> Any:
    answer = await site.http.post(path, json=body)
    assert answer.status_code == 202, answer.text
    return answer.json()


async def messages(site: Site) -> list[Any]:
    async with await psycopg.AsyncConnection.connect(site.services.settings.database_url) as connection:
        rows = await (await connection.execute("select body::jsonb from rt.inbox order by id")).fetchall()
    return [row[0] for row in rows]


async def test_an_alert_takes_the_route_that_the_api_was_given(site: Site) -> None:
    db = await policy(site, "Databases")
    service = await site.call("POST", "/services", {"name": "Postgres", "policy_id": db, "tier": 1}, 201)
    routes = [
        {"name": "by hand", "matchers": [{"label": "env", "value": "dev"}], "severity": "info"},
        {"service_id": service["id"], "expression": 'payload.kind == "db"', "grouping": {"labels": ["cluster"]}},
    ]
    ident, path = await integration(site, routes=routes)
    read = await site.call("GET", f"/integrations/{ident}")
    assert read["routes"][1]["service_id"] == service["id"]
    assert (read["routes"][0]["continue"], read["routes"][1]["grouping"]["labels"]) == (False, ["cluster"])
    alerts = [
        {"title": "slow", "kind": "db", "labels": {"cluster": "a"}},
        {"title": "full", "kind": "db", "labels": {"cluster": "a"}},
        {"title": "500", "kind": "web"},
        {"title": "try", "kind": "db", "labels": {"env": "dev"}, "severity": "critical"},
    ]
    assert len((await post(site, path, alerts))["incident_lines"]) == 3
    stored = {m["events"][0]["title"]: m for m in await messages(site)}
    assert [e["title"] for e in stored["slow"]["events"]] == ["slow", "full"]
    assert (stored["slow"]["policy_id"], stored["slow"]["service_id"]) == (db, service["id"])
    assert (stored["500"]["service_id"], stored["500"]["rule"]) == (None, "default route")
    assert (stored["try"]["rule"], stored["try"]["events"][0]["severity"]) == ("rule 1 (by hand)", "info")


async def test_rules_of_the_organisation_come_first(site: Site) -> None:
    boss = await policy(site, "Boss")
    _, path = await integration(site, routes=[{"matchers": [], "name": "all"}])
    rule = {"policy_id": boss, "matchers": [{"label": "env", "op": "=~", "value": "prod.*"}], "continue": True}
    assert await site.call("GET", "/routing-rules") == {"routes": []}
    saved = await site.call("PUT", "/routing-rules", {"routes": [rule]})
    assert await site.call("GET", "/routing-rules") == saved
    await post(site, path, {"title": "x", "labels": {"env": "prod-eu"}})
    assert [m["rule"] for m in await messages(site)] == ["rule 1 (all)", "organisation rule 1"]
    answer = await site.call("DELETE", f"/policies/{boss}", status=409)
    assert "the organisation's routing rules" in answer["detail"]


async def test_what_is_refused_names_its_field_and_nothing_is_saved(site: Site) -> None:
    ident, _ = await integration(site)
    before = await site.call("GET", f"/integrations/{ident}")
    whole = {k: v for k, v in before.items() if k != "id"}
    many = [{"matchers": [{"label": "a", "value": str(n)}]} for n in range(10_001)]
    for field, change in (
        ("/routes/0/expression", {"routes": [{"expression": "alert.title =="}]}),
        ("/routes/0/matchers/0/value", {"routes": [{"matchers": [{"label": "a", "op": "=~", "value": "("}]}]}),
        ("/routes/1/policy_id", {"routes": [{}, {"policy_id": "nothing"}]}),
        ("/routes/0/team_id", {"routes": [{"team_id": "nobody"}]}),
        ("/routes/0/windows/0/zone", {"routes": [{"windows": [{"zone": "Mars"}]}]}),
        ("/routes/0/windows/0/weekdays/0", {"routes": [{"windows": [{"zone": "UTC", "weekdays": [9]}]}]}),
        ("/routes", {"routes": many}),
        ("/service_id", {"service_id": "nothing"}),
        ("/group_window_s", {"group_window_s": 1}),
    ):
        answer = await site.call("PUT", f"/integrations/{ident}", {**whole, **change}, 422)
        assert answer["errors"][0]["pointer"] == field, answer
    assert (
        "character 15"
        in (await site.call("PUT", "/routing-rules", {"routes": [{"expression": "alert.title =="}]}, 422))["detail"]
    )
    assert await site.call("GET", f"/integrations/{ident}") == before


async def test_services_are_made_changed_and_kept_while_they_are_needed(site: Site) -> None:
    disk = await site.call("POST", "/services", {"name": "Disk"}, 201)
    body = {"name": "Postgres", "tier": 1, "depends_on": [disk["id"], disk["id"]], "runbook": "https://wiki/pg"}
    postgres = await site.call("POST", "/services", body, 201)
    assert postgres["depends_on"] == [disk["id"]]
    assert (await site.call("GET", f"/services/{disk['id']}"))["needed_by"] == [postgres["id"]]
    listed = (await site.call("GET", "/services"))["items"]
    assert [(s["name"], s["needed_by"]) for s in listed] == [("Disk", [postgres["id"]]), ("Postgres", [])]
    assert "service Postgres" in (await site.call("DELETE", f"/services/{disk['id']}", status=409))["detail"]
    await site.call("POST", "/services", {"name": "Disk"}, 409)
    for field, change in (
        ("/depends_on/0", {"depends_on": ["nothing"]}),
        ("/tier", {"tier": 5}),
        ("/runbook", {"runbook": "javascript:alert(1)"}),
        ("/policy_id", {"policy_id": "nothing"}),
    ):
        answer = await site.call("POST", "/services", {"name": "Z", **change}, 422)
        assert answer["errors"][0]["pointer"] == field, answer
    await site.call("PUT", f"/services/{postgres['id']}", {"name": "Postgres"})
    await site.call("DELETE", f"/services/{disk['id']}", status=204)
    await site.call("GET", f"/services/{disk['id']}", status=404)


async def test_a_circle_of_needs_is_refused_and_one_of_a_version_before_is_read(site: Site) -> None:
    ids: dict[str, str] = {}
    for name, needs in (("disk", []), ("postgres", ["disk"]), ("shop", ["postgres"])):
        body = {"name": name, "depends_on": [ids[n] for n in needs]}
        ids[name] = (await site.call("POST", "/services", body, 201))["id"]
    before = (await site.call("GET", "/services"), site.services.config.current.version)
    for needs in ("shop", "postgres"):
        body = {"name": "disk", "tier": 1, "depends_on": [ids[needs]]}
        refused = await site.call("PUT", f"/services/{ids['disk']}", body, 422)
        assert [e["pointer"] for e in refused["errors"]] == ["/depends_on"], refused
        assert "disk needs" in refused["detail"] and "which needs disk. Take one" in refused["detail"]
    await site.services.config.refresh()
    assert (await site.call("GET", "/services"), site.services.config.current.version) == before
    async with await psycopg.AsyncConnection.connect(site.services.settings.database_url) as connection:
        needs_shop = json.dumps([ids["shop"]])
        await connection.execute("update services set depends_on = %s where id = %s", (needs_shop, ids["disk"]))
        await connection.execute("update settings set config_version = config_version + 1")
    await site.services.config.refresh()
    listed = {s["name"]: (s["depends_on"], s["needed_by"]) for s in (await site.call("GET", "/services"))["items"]}
    assert listed["disk"] == ([ids["shop"]], [ids["postgres"]])
    tree = parse((await site.http.get("/api/v1/configuration/export")).content)
    planned = await site.call("POST", "/configuration/plan", tree)
    assert planned["changes"] == [], "it stays until somebody changes one of them"
    await site.call("POST", "/services", {"name": "cart", "depends_on": [ids["shop"]]}, 201)
    assert (await site.call("PUT", f"/services/{ids['disk']}", {"name": "disk"}))["depends_on"] == []


async def test_of_two_changes_that_close_a_circle_together_the_second_is_refused(site: Site) -> None:
    ids = [(await site.call("POST", "/services", {"name": name}, 201))["id"] for name in ("left", "right")]
    known = site.services.config.current
    await site.call("PUT", f"/services/{ids[0]}", {"name": "left", "depends_on": [ids[1]]})
    site.services.config._current = known  # another gateway, which has not heard of it yet
    await site.call("PUT", f"/services/{ids[1]}", {"name": "right", "depends_on": [ids[0]]}, 422)


async def test_an_alert_says_what_else_is_open_around_its_service(live_site: Site) -> None:
    site = live_site
    made = {name: await site.call("POST", "/services", {"name": name}, 201) for name in ("database", "shop", "search")}
    ids = {name: service["id"] for name, service in made.items()}
    await site.call("PUT", f"/services/{ids['shop']}", {"name": "shop", "depends_on": [ids["database"]]})
    routes = [{"matchers": [{"label": "service", "value": name}], "service_id": ids[name]} for name in ids]
    _, path = await integration(site, routes=routes)
    for name in ids:
        await post(site, path, {"title": f"{name} is down", "labels": {"service": name}})

    async def all_open() -> Any:
        items = (await site.call("GET", "/alerts"))["items"]
        return {a["service_id"]: a["id"] for a in items} if len(items) == 3 else None

    alerts = await until("three alerts", all_open)
    shop = await site.call("GET", f"/alerts/{alerts[ids['shop']]}")
    assert [(r["title"], r["relation"], r["service"]) for r in shop["related"]] == [
        ("database is down", "upstream", "database")
    ]
    database = await site.call("GET", f"/alerts/{alerts[ids['database']]}")
    assert [(r["title"], r["relation"]) for r in database["related"]] == [("shop is down", "downstream")]
    assert (await site.call("GET", f"/alerts/{alerts[ids['search']]}"))["related"] == []
    timeline = (await site.call("GET", f"/alerts/{alerts[ids['shop']]}/timeline"))["items"]
    assert timeline[0]["text"] == "Incident opened, by rule 2"
    await site.call("POST", f"/alerts/{alerts[ids['database']]}/resolve")

    async def alone() -> Any:
        return not (await site.call("GET", f"/alerts/{alerts[ids['shop']]}"))["related"]

    await until("only what is open is shown", alone)


async def test_an_alert_is_told_in_the_words_of_its_integration_and_nothing_is_lost_by_a_bad_one(
    live_site: Site,
) -> None:
    site = live_site
    templates = {
        "title": "{{ payload.region }}: {{ alert.title }}",
        "group_key": "{{ alert.labels.cluster }}",
        "runbook": "https://wiki/{{ alert.labels.cluster }}",
    }
    _, path = await integration(site, templates=templates)
    for title, region in (("slow", "eu"), ("full", None)):
        body = {"title": title, "labels": {"cluster": "a"}, **({"region": region} if region else {})}
        await post(site, path, body)

    async def both() -> Any:
        items = (await site.call("GET", "/alerts"))["items"]
        return items if items and items[0]["alerts_total"] == 2 else None

    (found,) = await until("one incident of two alerts", both)
    assert found["title"] == "eu: slow"
    assert [m["title"] for m in found["members"]] == ["eu: slow", "full"]
    assert found["members"][0]["links"] == [{"href": "https://wiki/a", "text": "Runbook"}]
    timeline = [e["text"] for e in (await site.call("GET", f"/alerts/{found['id']}/timeline"))["items"]]
    assert any("the template of the title failed" in text and "region" in text for text in timeline), timeline


async def test_a_preview_says_what_would_become_of_a_body_and_stores_nothing(site: Site) -> None:
    db = await policy(site, "Databases")
    routes = [{"policy_id": db, "name": "db", "matchers": [{"label": "kind", "value": "db"}]}]
    ident, _ = await integration(site, routes=routes, templates={"labels": {"kind": "{{ payload.what }}"}})
    path = f"/integrations/{ident}/preview"
    shown = await site.call("POST", path, {"payload": [{"title": "slow", "what": "db"}, {"title": "500"}]})
    assert [(i["rule"], i["policy"]) for i in shown["incidents"]] == [
        ("rule 1 (db)", "Databases"),
        ("default route", "Shop default"),
    ]
    assert shown["incidents"][0]["alerts"][0]["labels"] == {"kind": "db"}
    assert ["label 'kind'" in p for p in shown["problems"]] == [True]
    assert shown["warnings"] == []
    saved = {k: v for k, v in (await site.call("GET", f"/integrations/{ident}")).items() if k != "id"}
    tried = {**saved, "routes": [], "templates": {"title": "{{ alert.title | upper }}", "group_key": "{{ payload.n }}"}}
    body = {"payload": {"title": "slow", "n": 1}, "integration": tried}
    shown = await site.call("POST", path, body)
    assert shown["incidents"][0]["alerts"][0]["title"] == "SLOW"
    assert shown["incidents"][0]["alerts"][0]["group_key"] == "1"
    refused = await site.call("POST", path, {"payload": {"no": "title"}}, 422)
    assert refused["errors"][0]["pointer"] == "/payload/title"
    tried["templates"] = {"message": "a\n{{ b | nope }}"}
    refused = await site.call("POST", path, {"payload": {"title": "x"}, "integration": tried}, 422)
    assert refused["errors"][0]["pointer"] == "/templates/message" and "Line 2" in refused["detail"]
    assert await messages(site) == []
    await site.call("POST", "/integrations/nothing/preview", {"payload": {}}, 404)
