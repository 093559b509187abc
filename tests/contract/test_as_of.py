"""Any answer of the configuration as of a time: what was answered then is answered again, whatever changed since."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select, text

from cli import lint as linting
from cli import plan as planning
from cli.progress import Failed
from storage import versioned
from storage.as_of import session_at
from storage.canary import CANARY
from storage.db import make_sync_engine
from storage.tables import Base
from storage.versioned import TRACKED
from tests.contract.conftest import Site
from tests.contract.rota import crew, monday
from tests.contract.rota import text as written
from tests.contract.test_configuration_tree import everything
from tests.contract.test_openapi import COMMITTED
from tests.contract.test_plan_api import shop

LISTS = (
    *("/schedules", "/policies", "/services", "/teams", "/integrations", "/holiday-calendars", "/routing-rules"),
    *("/policies/usage", "/destinations", "/organisation"),
)
OF_A_PERSON = ("/contact-methods", "/notification-rules", "/quiet-hours", "/shift-notices", "/uses")


async def database_now(site: Site) -> Any:
    async with site.services.engine.connect() as connection:
        return (await connection.exec_driver_sql("select clock_timestamp()")).scalar_one()


async def get(site: Site, path: str, status: int = 200, **query: Any) -> Any:
    answer = await site.http.get(f"/api/v1{path}", params=query)
    assert answer.status_code == status, f"{path}: {answer.text}"
    return answer.json() if "json" in answer.headers["content-type"] else answer.text


async def planned(site: Site, integration: str, at: str, **query: Any) -> Any:
    alert = {"title": "Disk full", "labels": {"service": "db"}, "severity": "critical"}
    body = {"integration_id": integration, "alert": alert, "at": at}
    answer = await site.http.post("/api/v1/plan", json=body, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def tried(site: Site, user: str, at: str, **query: Any) -> Any:
    steps = [{"targets": [{"kind": "user", "id": user}], "wait_s": 60}]
    body = {"policy": {"name": "Tried", "steps": steps}, "at": at}
    answer = await site.http.post("/api/v1/policies/preview", json=body, params=query)
    assert answer.status_code == 200, answer.text
    return {**answer.json(), "configuration_version": 0}


async def test_what_was_answered_then_is_answered_again(site: Site) -> None:
    made = await everything(site)
    at = written(monday(1))
    hook = (await get(site, "/integrations"))["items"][0]["id"]
    span = {"start": at, "end": written(monday(3))}
    one = f"/schedules/{made.schedule}"
    preview = f"{one}/preview"
    paths = [*LISTS, "/last-resort", "/configuration/export", one, f"{one}/overrides", f"{one}/temporaries"]
    paths += [f"/users/{made.ids['ada']}{part}" for part in OF_A_PERSON]

    async def answers(**query: Any) -> Any:
        found = {path: await get(site, path, **query) for path in paths}
        return {
            **found,
            "preview": await get(site, preview, **span, **query),
            "on-call": await get(site, "/on-call", at=at, **query),
            "timeline": await get(site, "/on-call/timeline", **span, **query),
            "load": await get(site, "/on-call/load", **span, **query),
            "reach": await get(site, f"/users/{made.ids['ada']}/reach", at=at, **query),
            "plan": await planned(site, hook, at, **query),
            "tried": await tried(site, made.ids["ada"], at, **query),
        }

    before, then = await answers(), (await database_now(site)).isoformat()
    await site.call("DELETE", f"{one}/overrides/{before[f'{one}/overrides']['items'][0]['id']}")
    await site.call("PUT", f"/users/{made.ids['ada']}/notification-rules", {"urgent": []})
    ada = (await get(site, f"/users/{made.ids['ada']}")) | {"name": "Ada L."}
    await site.call("PUT", f"/users/{ada['id']}", {k: ada[k] for k in ("name", "email", "role", "zone", "active")})
    await site.call("PUT", "/last-resort", {"targets": [{"kind": "user", "id": made.ids["ada"]}]})
    names = {"schedules": "zone", "policies": "repeat", "services": "tier", "integrations": "default_severity"}
    for kind, field in names.items():
        for item in (i for i in before[f"/{kind}"]["items"] if i["id"] != CANARY):
            other = {"zone": "Asia/Tokyo", "repeat": 7, "tier": 4, "default_severity": "info"}[field]
            body = {**item, field: other, "name": f"{item['name']} 2"}
            for own in ("id", "version", "needed_by", "overrides", "temporaries", "counted_since"):
                body.pop(own, None)
            await site.call("PUT", f"/{kind}/{item['id']}", body)
    await site.call("PUT", "/routing-rules", {"routes": []})
    await site.call("PUT", "/organisation", {"vigil": None})
    after = await answers()
    other = (
        "/schedules",
        "/organisation",
        "/policies",
        "/policies/usage",
        "plan",
        "tried",
        "preview",
        "on-call",
        "timeline",
        "load",
        "reach",
    )
    assert [what for what in other if after[what] == before[what]] == []
    assert await answers(as_of=then) == before
    assert await answers() == after


async def test_people_heartbeats_and_hand_offs_of_then(site: Site) -> None:
    made = await everything(site)
    ada, handoff = f"/users/{made.ids['ada']}", f"/schedules/{made.schedule}/hand-off"
    phone = {"channel": "voice", "label": "phone", "address": "+49301234567"}
    contact = await site.call("POST", f"{ada}/contact-methods", phone)
    beat = (await get(site, "/heartbeats"))["items"][0]
    asked = (ada, "/users", handoff, "/heartbeats", f"/heartbeats/{beat['id']}", f"{ada}/contact-methods")
    before, then = [await get(site, path) for path in asked], (await database_now(site)).isoformat()
    user = {k: before[0][k] for k in ("name", "email", "role", "active")}
    await site.call("PUT", ada, {**user, "name": "Ada L.", "zone": "Asia/Tokyo"})
    await site.call("PUT", f"{ada}/contact-methods/{contact['id']}", {**phone, "address": "+49307654321"})
    changed = {k: v for k, v in beat.items() if k not in ("id", "hint", "state")}
    await site.call("PUT", f"/heartbeats/{beat['id']}", {**changed, "grace_s": beat["grace_s"] + 60})
    await site.call("PUT", handoff, {"confirm_within_s": 7200, "slack_group": ""})

    def of_then(value: Any) -> Any:
        if isinstance(value, list):
            return [of_then(v) for v in value]
        if not isinstance(value, dict):
            return value
        unknown = ("has_password", "state", "unconfirmed")
        return {k: None if k in unknown else of_then(v) for k, v in value.items()}

    assert [await get(site, path, as_of=then) for path in asked] == of_then(before)
    assert all(now != was for now, was in zip([await get(site, path) for path in asked], before, strict=True))
    reach = await get(site, f"{ada}/reach", as_of=then)
    assert {w["address_hint"] for w in reach["urgent"] if w["channel"] == "voice"} == {""}, "the number is not kept"


async def test_what_lint_and_readiness_would_have_said(
    site: Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made = await shop(site)
    away = {"user_id": made["ada"], "start": written(monday(1)), "end": written(monday(2)), "ask_cover": False}
    off = await site.call("POST", "/time-off", away)
    then = (await database_now(site)).isoformat()
    await site.call("DELETE", f"/time-off/{off['id']}")
    contact = {"channel": "webhook", "address": "https://127.0.0.1/page"}
    await site.call("POST", f"/users/{made['ben']}/contact-methods", contact)
    await site.call("PUT", f"/users/{made['ada']}/notification-rules", {"urgent": []})

    async def said(**query: Any) -> tuple[set[tuple[str, str]], set[str]]:
        found = await get(site, "/lint", **query)
        shifts = (await get(site, "/readiness", days=30, **query))["items"]
        kinds = {r["kind"] for s in shifts for r in s["reasons"]}
        return {(f["subject"], f["kind"]) for f in found["findings"]}, kinds

    now, past = await said(), await said(as_of=then)
    assert ("Ben", "no_contact") in past[0] - now[0] and "away" in past[1] - now[1]
    unchecked = {u["kind"] for u in (await get(site, "/lint", as_of=then))["unchecked"]}
    assert unchecked == {"stale_push_token", "contact_failing", "integration_silent"}
    monkeypatch.setattr("cli.lint.now_of", None)
    settings = site.services.settings
    assert await asyncio.to_thread(linting.run, settings, "info", False, then) == 1
    assert "Ben" in (told := capsys.readouterr().out) and "[no_contact]" in told
    question = planning.Question(
        made["integration"], None, planning.Alert("Slow", "error", ("env=prod",)), "", "UTC", False, then
    )
    await asyncio.to_thread(planning.run, settings, question)
    assert "Ben" in (told := capsys.readouterr().out) and "can be reached" in told
    await asyncio.to_thread(planning.run, settings, replace(question, as_of=""))
    assert "webhook" in capsys.readouterr().out
    with pytest.raises(Failed, match="--as-of"):
        await asyncio.to_thread(planning.run, settings, replace(question, as_of="yesterday"))


async def test_a_time_of_which_nothing_is_known_and_a_change_of_the_past_are_refused(site: Site) -> None:
    await crew(site, "ada")
    early = await get(site, "/schedules", 422, as_of="2020-01-01T00:00:00Z")
    assert "is known from" in early["detail"] and early["errors"][0]["pointer"] == "/as_of"
    assert "future" in (await get(site, "/on-call", 422, as_of="2199-01-01T00:00:00Z"))["detail"]
    await get(site, "/schedules", 422, as_of="yesterday")
    then = (await database_now(site)).isoformat()
    for method, path in (("POST", "/teams"), ("DELETE", "/teams/x"), ("PUT", "/routing-rules")):
        body = {"name": "T", "routes": []} if method != "DELETE" else None
        answer = await site.http.request(method, f"/api/v1{path}", json=body, params={"as_of": then})
        assert answer.status_code == 422 and "what was cannot be changed" in answer.text, answer.text
    assert "for the present only" in (await get(site, "/alerts", 422, as_of=then))["detail"]
    rotation = {"unit": "day", "start": "2026-01-05T09:00:00", "users": ["x"]}
    body = {"schedule": {"name": "S", "zone": "UTC", "layers": [{"name": "a", "rotation": rotation}]}, "compare": True}
    body |= {"start": written(monday(1)), "end": written(monday(2))}
    answer = await site.http.post("/api/v1/schedules/preview", json=body, params={"as_of": then})
    assert answer.status_code == 422 and "leave compare or as_of away" in answer.text
    query = {"query": "{ alerts { id } }"}
    assert (await site.http.post("/api/graphql", json=query, params={"as_of": then})).status_code == 422


async def test_what_says_that_it_takes_a_time_does(site: Site) -> None:
    then = (await database_now(site)).isoformat()
    for path, ways in json.loads(COMMITTED.read_text())["paths"].items():
        if "as_of" in {p.get("name") for p in ways.get("get", {}).get("parameters", ())}:
            answer = await site.http.get(re.sub(r"{\w+}", "x", path), params={"as_of": then})
            assert "Leave as_of away" not in answer.text, path


async def test_every_table_of_the_configuration_can_be_read_in_the_past(site: Site) -> None:
    await everything(site)
    now = await database_now(site)
    tables = {t.name: t for t in Base.metadata.sorted_tables}
    for tracked in TRACKED:
        table, hidden = tables[tracked.table], tracked.without.split(",")
        shown = select(*[c for c in table.columns if c.name not in hidden]).order_by(*table.primary_key)
        async with site.services.sessions() as session:
            live = (await session.execute(shown)).all()
        async with session_at(site.services.sessions, now) as session:
            assert (await session.execute(shown)).all() == live, tracked.table
            await session.execute(select(table))


async def test_a_later_version_of_the_program_may_change_the_tables(site: Site, database: str) -> None:
    made = await crew(site, "ada")
    then = await database_now(site)
    await site.call("PUT", f"/teams/{made.team}", {"name": "Later", "member_ids": []})
    engine = make_sync_engine(database)
    with engine.begin() as connection:
        versioned.remove(connection)
        connection.exec_driver_sql("drop trigger config_keep on teams")
        connection.exec_driver_sql(
            "alter table teams add column motto text not null default 'none', drop column created_at"
        )
        versioned.install(connection)
        versioned.remove(connection)
        versioned.install(connection)
    engine.dispose()
    async with session_at(site.services.sessions, then) as session:
        assert (await session.execute(text("select name, motto from teams"))).all() == [("Crew", "none")]
    assert (await get(site, "/schedules", as_of=then.isoformat()))["items"]


async def test_no_secret_of_then_is_kept_and_what_is_still_so_is_shown(site: Site) -> None:
    made = await crew(site, "ada")
    base = f"/users/{made.ids['ada']}/contact-methods"
    phone = {"channel": "voice", "label": "phone", "address": "+49301234567"}
    mail = {"channel": "email", "label": "mail", "address": "ada@example.org"}
    ids = [(await site.call("POST", base, body))["id"] for body in (phone, mail)]
    then = await database_now(site)
    seen = await get(site, "/configuration/export", as_of=then.isoformat())
    assert seen == await get(site, "/configuration/export")
    await site.call("PUT", f"{base}/{ids[0]}", {**phone, "label": "mobile"})
    await site.call("PUT", f"{base}/{ids[1]}", {**mail, "address": "ada@example.net"})
    async with session_at(site.services.sessions, then) as session:
        row = (await session.execute(text("select sealed from contact_methods where id = :id"), {"id": ids[0]})).one()
        assert site.services.sealer.open(row.sealed)["address"] == "+49301234567", "it still is"
    await site.call("PUT", f"{base}/{ids[0]}", {**phone, "address": "+49307654321"})
    assert await get(site, "/configuration/export", as_of=then.isoformat()) == seen, "e-mail addresses are no secret"
    async with site.services.engine.connect() as connection:
        kept = (
            await connection.exec_driver_sql("select row->>'sealed' from config_history where row ? 'sealed'")
        ).all()
    assert kept and all(bytes.fromhex(k[0][2:]).startswith(b"gone:") for k in kept if k[0] is not None)


@pytest.mark.parametrize("within", [True, False])
async def test_rows_hold_from_one_change_to_the_next_and_are_kept_once_a_change(site: Site, within: bool) -> None:
    async with site.services.engine.connect() as connection:
        if within:
            await connection.exec_driver_sql("select set_config('sentinel.changed_at', now()::text, true)")
        for statement in ("insert into teams (id, name) values ('t', 'A')", "update teams set name = 'B'"):
            await connection.exec_driver_sql(statement)
        await connection.exec_driver_sql("update teams set name = 'B'")
        await connection.exec_driver_sql("delete from teams")
        await connection.exec_driver_sql("insert into teams (id, name) values ('t', 'C')")
        query = "select row->>'name', valid_from, valid_to from config_history where kind = 'teams' order by valid_from"
        found = (await connection.exec_driver_sql(query)).all()
    if within:
        assert [(name, to) for name, _, to in found] == [("C", None)]
    else:
        assert [name for name, _, _ in found] == ["A", "B", "C"]
        assert found[0][2] == found[1][1] and found[1][2] <= found[2][1] and found[2][2] is None
