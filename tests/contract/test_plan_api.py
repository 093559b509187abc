"""What would be paged, over the API and on the command line; and then it is."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from cli import plan as planning
from cli import who as standings
from cli.progress import Failed
from tests.contract.conftest import Site, until


async def person(site: Site, name: str, *channels: str) -> str:
    user = await site.call("POST", "/users", {"name": name, "email": f"{name.lower()}@example.org"}, 201)
    for channel in channels:
        contact = {"channel": channel, "address": "" if channel == "outbox" else f"{name.lower()}@example.org"}
        await site.call("POST", f"/users/{user['id']}/contact-methods", contact, 201)
    return str(user["id"])


async def shop(site: Site) -> dict[str, str]:
    """Ada by schedule, then Ben, who has no contact method; an integration with a rule."""
    ada, ben = await person(site, "Ada", "outbox"), await person(site, "Ben")
    rotation = {"unit": "week", "every": 1, "start": "2026-01-05T09:00:00", "users": [ada]}
    schedule = {"name": "Shop", "zone": "UTC", "layers": [{"name": "weekly", "rotation": rotation}]}
    made = await site.call("POST", "/schedules", schedule, 201)
    steps = [
        {"targets": [{"kind": "schedule", "id": made["id"]}], "wait_s": 300},
        {"targets": [{"kind": "user", "id": ben}], "wait_s": 300},
    ]
    policy = await site.call("POST", "/policies", {"name": "Shop policy", "steps": steps}, 201)
    service = await site.call("POST", "/services", {"name": "Cart", "policy_id": policy["id"]}, 201)
    rule = {"name": "live", "matchers": [{"label": "env", "value": "prod"}], "service_id": service["id"]}
    default = (await site.call("GET", "/policies"))["items"][0]["id"]
    body = {"name": "Alerts of the shop", "type": "generic", "policy_id": default, "routes": [rule]}
    integration = await site.call("POST", "/integrations", body, 201)
    key = await site.call("POST", f"/integrations/{integration['id']}/keys")
    path = "/api/v1" + key["webhook_url"].partition("/api/v1")[2]
    return {"ada": ada, "ben": ben, "policy": policy["id"], "integration": integration["id"], "path": path}


async def test_the_plan_of_a_body_says_whom_it_pages_and_what_is_wrong(site: Site) -> None:
    made = await shop(site)
    payload = {"title": "12 % errors", "severity": "error", "labels": {"env": "prod"}}
    answer = await site.call("POST", "/plan", {"integration_id": made["integration"], "payload": payload})
    (incident,) = answer["incidents"]
    assert (incident["title"], incident["severity"], incident["service"]) == ("12 % errors", "error", "Cart")
    assert (incident["rule"], incident["why"]) == ("rule 1 (live)", ["label env is 'prod'"])
    assert (incident["policy_id"], incident["open"], incident["opens"]) == (made["policy"], None, True)
    step, passed_over = (
        next(m for m in incident["moments"] if m["kind"] == kind) for kind in ("StepStarted", "StepEmpty")
    )
    (call,) = step["calls"]
    assert (call["user_id"], call["schedule"], call["source"]) == (made["ada"], "Shop", "layer:weekly")
    assert [(p["channel"], p["after_s"], p["rule"]) for p in call["pages"]] == [("outbox", 0, 1)]
    assert (passed_over["after_s"], passed_over["text"]) == (
        300.0,
        "Step 2 passed over: nobody is on call or can be reached",
    )
    kinds = {w["kind"]: w for w in incident["warnings"]}
    assert {"unreachable", "step_empty", "outbox_only"} <= set(kinds)
    assert (kinds["unreachable"]["user_id"], kinds["unreachable"]["step"]) == (made["ben"], 2)
    assert (answer["omitted"], answer["problems"], answer["warnings"]) == (0, [], [])
    alert = {"title": "12 % errors", "severity": "error", "labels": {"env": "prod"}}
    same = await site.call("POST", "/plan", {"integration_id": made["integration"], "alert": alert})
    assert [m["kind"] for m in same["incidents"][0]["moments"]] == [m["kind"] for m in incident["moments"]]


async def test_what_was_planned_is_paged_and_an_open_incident_is_named(live_site: Site) -> None:
    site = live_site
    made = await shop(site)
    payload = {"title": "12 % errors", "dedup_key": "errors", "labels": {"env": "prod"}}
    asked = {"integration_id": made["integration"], "payload": payload}
    before = (await site.call("POST", "/plan", asked))["incidents"][0]
    assert (await site.http.post(made["path"], json=payload)).status_code == 202

    async def opened() -> Any:
        return (await site.call("POST", "/plan", asked))["incidents"][0]["open"]

    ident = await until("the incident", opened)
    timeline = (await site.call("GET", f"/alerts/{ident}/timeline"))["items"]
    first = [m["text"] for m in before["moments"] if m["after_s"] == 0]
    assert [e["text"] for e in timeline if e["kind"] in ("Triggered", "AlertsFired", "StepStarted")] == first
    pages = [e["data"]["user_id"] for e in timeline if e["kind"] == "Page"]
    assert pages == [c["user_id"] for m in before["moments"] if m["after_s"] == 0 for c in m["calls"]]


async def test_another_instant_another_person_and_a_resolution_opens_nothing(site: Site) -> None:
    made = await shop(site)
    early = {"alert": {"labels": {"env": "prod"}}, "at": "2026-01-01T00:00:00Z"}
    (incident,) = (await site.call("POST", "/plan", {"integration_id": made["integration"], **early}))["incidents"]
    assert "nobody_on_call" in [w["kind"] for w in incident["warnings"]]
    over = {"alert": {"title": "x", "status": "resolved"}}
    (incident,) = (await site.call("POST", "/plan", {"integration_id": made["integration"], **over}))["incidents"]
    assert (incident["opens"], incident["pages"], incident["severity"]) == (False, 0, None)


async def test_what_cannot_be_planned_names_its_field(site: Site) -> None:
    made = await shop(site)
    for field, body in (
        ("/integration_id", {"integration_id": "nothing", "alert": {}}),
        ("/alert", {}),
        ("/payload", {"alert": {}, "payload": {"title": "x"}}),
        ("/payload/title", {"payload": {}}),
        ("/payload/alerts/1/title", {"payload": {"alerts": [{"title": "a"}, {}]}}),
        ("/alert/severity", {"alert": {"severity": "dreadful"}}),
        ("/alert/labels/env", {"alert": {"labels": {"env": "x" * 301}}}),
        ("/at", {"alert": {}, "at": "2026-01-01T00:00:00"}),
        ("/at", {"alert": {}, "at": "1066-01-01T00:00:00Z"}),
    ):
        answer = await site.call("POST", "/plan", {"integration_id": made["integration"], **body}, 422)
        assert answer["errors"][0]["pointer"] == field, answer


async def test_the_commands_answer_from_the_database(
    site: Site, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    await shop(site)
    settings = site.services.settings
    await asyncio.to_thread(standings.run, settings, standings.Question("", True, "", ""))
    assert "Ada (layer weekly), paged by the outbox page" in capsys.readouterr().out
    file = tmp_path / "body.json"
    file.write_text(json.dumps({"title": "12 % errors", "labels": {"env": "prod"}}))
    nothing = planning.Alert("", "", ())
    question = planning.Question("alerts of the SHOP", file, nothing, "2026-03-09T08:55", "UTC", True)
    await asyncio.to_thread(planning.run, settings, question)
    plan = json.loads(capsys.readouterr().out)
    assert (plan["at"], plan["incidents"][0]["rule"]) == ("2026-03-09T08:55:00Z", "rule 1 (live)")
    for wrong, said in (
        (planning.Question("nowhere", None, nothing, "", "UTC", False), "no integration, or more than one"),
        (planning.Question("Alerts of the shop", None, nothing, "", "Mars", False), "--zone"),
        (planning.Question("Alerts of the shop", None, planning.Alert("", "", ("env",)), "", "UTC", False), "--label"),
        (planning.Question("Alerts of the shop", None, planning.Alert("", "bad", ()), "", "UTC", False), "--severity"),
        (planning.Question("Alerts of the shop", tmp_path, nothing, "", "UTC", False), "--payload"),
    ):
        with pytest.raises(Failed, match=said):
            await asyncio.to_thread(planning.run, settings, wrong)
