"""Policies over the API, and what their steps do to a running incident."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.contract.conftest import Site, a_host, opened, until


async def somebody(site: Site) -> str:
    return str((await site.call("GET", "/users"))["items"][0]["id"])


async def person(site: Site, name: str) -> str:
    """Somebody who is paged on the outbox page."""
    user = {"name": name, "email": f"{name.lower()}@example.org", "role": "responder"}
    ident = str((await site.call("POST", "/users", user, 201))["id"])
    contact = {"channel": "outbox", "address": ""}
    await site.call("POST", f"/users/{ident}/contact-methods", contact, 201)
    return ident


async def raised(site: Site, policy: str, **more: Any) -> dict[str, Any]:
    """An alert that follows the policy, once its first step was looked at."""
    body = {"title": "Disk full", "dedup_key": policy, "policy_id": policy, **more}
    await site.call("POST", "/alerts", body, 202)

    async def listed() -> Any:
        items = (await site.call("GET", "/alerts"))["items"]
        return [a for a in items if a["members"][0]["key"] == policy]

    alert: dict[str, Any] = (await until("the alert processed", listed))[0]
    return alert


async def timeline(site: Site, alert: str) -> list[str]:
    return [entry["text"] for entry in (await site.call("GET", f"/alerts/{alert}/timeline"))["items"]]


async def test_a_policy_is_read_back_as_it_was_saved(site: Site) -> None:
    me, team = await somebody(site), (await site.call("POST", "/teams", {"name": "Ops", "member_ids": []}))["id"]
    calendar = {"name": "Feiertage", "dates": ["2026-12-25"]}
    holidays = (await site.call("POST", "/holiday-calendars", calendar, 201))["id"]
    when = {
        "windows": [{"zone": "Europe/Berlin", "start": "09:00", "end": "17:00", "weekdays": [0], "holidays": holidays}],
        "severities": ["critical"],
        "matchers": [{"label": "env", "op": "=~", "value": "prod.*"}],
        "more_than": 5,
        "within_s": 600,
    }
    target = {"kind": "user", "id": me}
    steps = [
        {"targets": [target], "wait_s": 60, "important": False, "when": when, "major": True, "severity": "error"},
        {"resolve": True},
    ]
    made = await site.call("POST", "/policies", {"name": "P", "steps": steps, "repeat": 2, "team_id": team}, 201)
    assert await site.call("GET", f"/policies/{made['id']}") == made
    first = made["steps"][0]
    assert {**first["when"]["windows"][0], "on_holidays": "never"} == {**when["windows"][0], "on_holidays": "never"}
    assert (first["when"]["more_than"], first["major"], made["steps"][1]["resolve"]) == (5, True, True)
    config = site.services.config.current.policies[made["id"]]
    assert config.steps[0].when is not None and config.steps[0].when.windows[0].holidays == holidays
    again = await site.call("PUT", f"/policies/{made['id']}", {k: made[k] for k in ("name", "steps", "repeat")})
    assert (again["version"], again["steps"]) == (2, made["steps"])
    refused = await site.call("DELETE", f"/holiday-calendars/{holidays}", status=409)
    assert "policy P" in refused["detail"]


@pytest.mark.parametrize(
    ("step", "pointer"),
    [
        ({"wait_s": -1}, "/steps/1/wait_s"),
        ({"targets": [{"kind": "user", "id": "nobody"}]}, "/steps/1/targets/0/id"),
        ({"wait_s": 1, "when": {"windows": [{"zone": "Mars/Base"}]}}, "/steps/1/when/windows/0/zone"),
        (
            {"wait_s": 1, "when": {"matchers": [{"label": "a", "op": "=~", "value": "("}]}},
            "/steps/1/when/matchers/0/value",
        ),
        ({"wait_s": 1, "when": {"more_than": 3}}, "/steps/1/when/within_s"),
        ({"wait_s": 1, "when": {}}, "/steps/1/when"),
        ({"wait_s": 1, "severity": "info"}, "/steps/1/severity"),
        ({"wait_s": 1, "resolve": True}, "/steps/1/resolve"),
    ],
)
async def test_what_is_refused_names_its_field(site: Site, step: dict[str, Any], pointer: str) -> None:
    steps = [{"targets": [{"kind": "user", "id": await somebody(site)}], "wait_s": 60}, step]
    before = await site.call("GET", "/policies")
    answer = await site.call("POST", "/policies", {"name": "N", "steps": steps}, 422)
    assert [e["pointer"] for e in answer["errors"]] == [pointer], answer
    assert await site.call("GET", "/policies") == before


async def test_steps_are_passed_over_declare_and_resolve(live_site: Site) -> None:
    me = await somebody(live_site)
    steps = [
        {"targets": [{"kind": "user", "id": me}], "wait_s": 600, "when": {"severities": ["info"]}},
        {"major": True, "severity": "critical"},
        {"targets": [{"kind": "user", "id": me}], "wait_s": 0},
        {"resolve": True},
    ]
    policy = (await live_site.call("POST", "/policies", {"name": "Short", "steps": steps}, 201))["id"]
    alert = await raised(live_site, policy, severity="warning")

    async def resolved() -> Any:
        now = await live_site.call("GET", f"/alerts/{alert['id']}")
        return now if now["status"] == "resolved" else None

    over = await until("the policy's end", resolved)
    assert (over["major"], over["severity"], over["resolved_by"]) == (True, "critical", "step 4 of policy Short")
    texts = await timeline(live_site, alert["id"])
    assert "Step 1 passed over: it is for info only, and this is warning" in texts
    assert "Declared a major incident, at least critical, by step 2 of policy Short" in texts
    assert "Resolved by step 4 of policy Short" in texts
    other = await raised(live_site, (await live_site.call("GET", "/policies"))["items"][0]["id"])
    only = {a["id"] for a in (await live_site.call("GET", "/alerts?major=true"))["items"]}
    rest = {a["id"] for a in (await live_site.call("GET", "/alerts?major=false"))["items"]}
    assert (only, rest) == ({alert["id"]}, {other["id"]})
    asked = {"query": "{ alerts { id major } }"}
    found = (await live_site.http.post("/api/graphql", json=asked)).json()["data"]["alerts"]
    assert {a["id"] for a in found if a["major"]} == {alert["id"]}
    told = await live_site.call("GET", f"/incidents/{alert['id']}/explain")
    assert "condition" in {n["code"] for n in told["not_paged"]}
    assert told["unexplained"] == {}


async def test_incidents_at_once_go_to_different_people_and_turns_survive_a_host(
    database: str, valkey_url: str, tmp_path: Path
) -> None:
    async with opened(database, valkey_url, tmp_path) as site:
        people = [await person(site, name) for name in ("Ada", "Ben", "Cleo")]
        team = (await site.call("POST", "/teams", {"name": "Shop", "member_ids": people}))["id"]
        steps = [{"targets": [{"kind": "team", "id": team}], "wait_s": 600, "round_robin": True}]
        policy = (await site.call("POST", "/policies", {"name": "Turns", "steps": steps}, 201))["id"]
        refused = await site.call("DELETE", f"/teams/{team}", status=409)
        assert "policy Turns" in refused["detail"]

        async def called(keys: Sequence[str]) -> Any:
            items = [a for a in (await site.call("GET", "/alerts"))["items"] if a["members"][0]["key"] in keys]
            found = sorted(user for a in items for user in a["assignees"])
            return found if len(found) == len(keys) else None

        for keys, host in ((("a", "b"), "host-0"), (("c", "d", "e", "f"), "host-1")):
            for key in keys:
                body = {"title": key, "dedup_key": key, "policy_id": policy}
                await site.call("POST", "/alerts", body, 202)
            async with a_host(site.services.settings, host):
                found = await until("every incident to have called somebody", lambda k=keys: called(k))
                assert max(Counter(found).values()) == (1 if len(keys) == 2 else 2)
        everybody = await called(("a", "b", "c", "d", "e", "f"))
        assert Counter(everybody) == dict.fromkeys(people, 2)


async def test_a_policy_is_tried_as_it_is_typed_and_says_what_leads_to_it(site: Site) -> None:
    ann, bea = await person(site, "Ann"), await person(site, "Bea")

    def step(user: str, **more: Any) -> dict[str, Any]:
        return {"targets": [{"kind": "user", "id": user}], "wait_s": 300, **more}

    saved = await site.call("POST", "/policies", {"name": "P", "steps": [step(ann)]}, 201)
    night = {"windows": [{"zone": "UTC", "start": "22:00", "end": "06:00"}]}
    typed = {"name": "P", "steps": [step(ann), step(bea, when=night)]}
    tried = {"policy": typed, "replaces": saved["id"], "alert": {"title": "Disk full"}}

    async def called(at: str) -> list[tuple[str, float]]:
        answer = await site.call("POST", "/policies/preview", {**tried, "at": at})
        (incident,) = answer["incidents"]
        assert (incident["policy_id"], incident["policy_version"]) == (saved["id"], 2)
        steps = [m for m in incident["moments"] if m["kind"] == "StepStarted"]
        return [(c["user"], m["after_s"]) for m in steps for c in m["calls"]]

    assert await called("2026-06-01T12:00:00Z") == [("Ann", 0)]
    assert await called("2026-06-01T23:00:00Z") == [("Ann", 0), ("Bea", 300)]
    assert (await site.call("GET", f"/policies/{saved['id']}"))["version"] == 1, "nothing is saved"
    wrong = {**tried, "policy": {"name": "P", "steps": [step("nobody")]}}
    refused = await site.call("POST", "/policies/preview", wrong, 422)
    assert refused["errors"][0]["pointer"] == "/policy/steps/0/targets/0/id"
    await site.call("POST", "/policies/preview", {**tried, "replaces": "none"}, 404)
    new = await site.call("POST", "/policies/preview", {"policy": typed})
    assert new["incidents"][0]["policy_version"] == 1

    default = (await site.call("GET", "/integrations"))["items"][0]["policy_id"]
    service = await site.call("POST", "/services", {"name": "Cart", "policy_id": saved["id"]}, 201)
    rule = {"name": "live", "matchers": [{"label": "env", "value": "prod"}], "policy_id": saved["id"]}
    body = {"name": "Shop", "type": "generic", "policy_id": default, "routes": [rule]}
    integration = await site.call("POST", "/integrations", body, 201)
    uses = (await site.call("GET", "/policies/usage"))["items"]
    ours = [(u["kind"], u["id"], u["name"], u["rule"]) for u in uses if u["policy_id"] == saved["id"]]
    assert ours == [
        ("service", service["id"], "Cart", ""),
        ("integration", integration["id"], "Shop", "rule 1 (live)"),
    ]


async def test_policies_follow_the_organisation_unless_they_say_something_else(site: Site) -> None:
    ann = await person(site, "Ann")
    steps = [{"targets": [{"kind": "user", "id": ann}], "wait_s": 60}]
    made = {
        name: (await site.call("POST", "/policies", {"name": name, "steps": steps, **more}, 201))["id"]
        for name, more in {"follows": {}, "own": {"vigil": {"timeout_s": 3600}}, "never": {"vigil": None}}.items()
    }
    before = await site.call("GET", "/organisation")
    assert (before["vigil"]["timeout_s"], before["vigil"]["severity"]) == (14_400, True)

    async def timeouts() -> dict[str, Any]:
        await site.services.config.refresh()
        policies = site.services.config.current.policies
        return {name: (v.timeout_s if (v := policies[i].vigil) is not None else None) for name, i in made.items()}

    assert await timeouts() == {"follows": 14_400, "own": 3_600, "never": None}
    said = {"vigil": {"timeout_s": 7_200, "remind_before_s": 600}}
    assert (await site.call("PUT", "/organisation", said))["vigil"]["timeout_s"] == 7_200
    assert await timeouts() == {"follows": 7_200, "own": 3_600, "never": None}
    shown = {p["name"]: p for p in (await site.call("GET", "/policies"))["items"] if p["name"] in made}
    assert {n: p["version"] for n, p in shown.items()} == {"follows": 2, "own": 1, "never": 1}
    assert (shown["follows"]["vigil"], shown["never"]["vigil"]) == ("organisation", None)
    await site.call("PUT", "/organisation", said)
    assert (await site.call("GET", f"/policies/{made['follows']}"))["version"] == 2, "nothing was changed"
    answer = await site.call("PUT", "/organisation", {"vigil": {"timeout_s": 600, "remind_before_s": 600}}, 422)
    assert answer["errors"][0]["pointer"] == "/vigil/remind_before_s"
    await site.call("PUT", "/organisation", {"vigil": None})
    assert await timeouts() == {"follows": None, "own": 3_600, "never": None}
    taken = {"name": "own", "steps": steps, "vigil": "organisation"}
    await site.call("PUT", f"/policies/{made['own']}", taken)
    await site.call("PUT", "/organisation", before)
    assert await timeouts() == {"follows": 14_400, "own": 14_400, "never": None}
    versions = await site.call("GET", "/configuration/versions?limit=2")
    assert (await site.call("POST", f"/configuration/versions/{versions['items'][1]['number']}/roll-back"))["changes"]
    assert (await site.call("GET", "/organisation"))["vigil"] is None
    assert await timeouts() == {"follows": None, "own": None, "never": None}
