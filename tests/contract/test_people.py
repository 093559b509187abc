"""How people are reached, over the API: verified contact methods, quiet hours, and who can see what is missing."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from storage import access
from tests.contract.conftest import Site, opened, until
from tests.fakes.smtp import SmtpServer


@pytest.fixture
async def mailed(database: str, valkey_url: str, tmp_path: Path) -> AsyncIterator[tuple[Site, SmtpServer]]:
    with SmtpServer() as server:
        more = {"smtp_url": server.url, "smtp_from": "sentinel@example.org"}
        async with opened(database, valkey_url, tmp_path, **more) as site:
            yield site, server


async def somebody(site: Site, address: str = "ada@example.org") -> tuple[str, dict[str, Any]]:
    made = await site.call("POST", "/users", {"name": "Ada", "email": "ada@example.org"})
    path = f"/users/{made['id']}"
    return path, await site.call("POST", f"{path}/contact-methods", {"channel": "email", "address": address})


def code_in(server: SmtpServer) -> str:
    found = re.search(r"\b[0-9]{6}\b", str(server.mails[-1]["Subject"]))
    assert found is not None
    return found[0]


async def rewound(site: Site, seconds: int) -> None:
    async with site.services.engine.begin() as connection:
        statement = "update contact_methods set code_sent_at = code_sent_at - make_interval(secs => :s)"
        await connection.execute(text(statement), {"s": seconds})


async def test_an_address_is_verified_by_the_code_that_was_sent_to_it(mailed: tuple[Site, SmtpServer]) -> None:
    site, server = mailed
    path, contact = await somebody(site)
    at = f"{path}/contact-methods/{contact['id']}"
    assert contact["verified"] is False
    assert [u["name"] for u in (await site.call("GET", "/users?verified=false"))["items"]] == [
        "Ada",
        "Administrator",
        "Sentinel canary",
    ]
    await site.call("POST", f"{at}/verification/confirm", {"code": "123456"}, 409)
    await site.call("POST", f"{at}/verification", status=202)
    assert str(server.mails[-1]["To"]) == "ada@example.org"
    shown = await site.call("POST", f"{at}/verification/confirm", {"code": code_in(server)})
    assert shown["verified"] is True
    person = await site.call("GET", path)
    assert (person["contacts_verified"], person["contacts_unverified"]) == (1, 0)
    assert [u["name"] for u in (await site.call("GET", "/users?verified=true"))["items"]] == ["Ada"]
    assert site.services.config.current.users[person["id"]].contacts[0].verified
    await site.call("POST", f"{at}/verification/confirm", {"code": code_in(server)}, 409)


async def test_a_new_address_must_be_verified_again_and_a_new_label_not(mailed: tuple[Site, SmtpServer]) -> None:
    site, server = mailed
    path, contact = await somebody(site)
    at = f"{path}/contact-methods/{contact['id']}"
    await site.call("POST", f"{at}/verification", status=202)
    await site.call("POST", f"{at}/verification/confirm", {"code": code_in(server)})
    same = {"channel": "email", "address": "ada@example.org", "label": "Work"}
    assert (await site.call("PUT", at, same))["verified"] is True
    assert (await site.call("PUT", at, {**same, "address": "ada@example.com"}))["verified"] is False


async def test_a_code_for_the_old_address_does_not_verify_the_new_one(mailed: tuple[Site, SmtpServer]) -> None:
    site, server = mailed
    path, contact = await somebody(site)
    at = f"{path}/contact-methods/{contact['id']}"
    await site.call("POST", f"{at}/verification", status=202)
    await site.call("PUT", at, {"channel": "email", "address": "eve@example.org"})
    await site.call("POST", f"{at}/verification/confirm", {"code": code_in(server)}, 409)


async def test_guessing_is_slow(mailed: tuple[Site, SmtpServer]) -> None:
    site, server = mailed
    path, contact = await somebody(site)
    at = f"{path}/contact-methods/{contact['id']}"
    await site.call("POST", f"{at}/verification", status=202)
    await site.call("POST", f"{at}/verification", status=429)
    code = code_in(server)
    wrong = {"code": "000000" if code != "000000" else "000001"}
    for _ in range(5):
        answer = await site.call("POST", f"{at}/verification/confirm", wrong, 422)
        assert answer["errors"][0]["pointer"] == "/code"
    await site.call("POST", f"{at}/verification/confirm", {"code": code}, 429)
    await rewound(site, 61)
    await site.call("POST", f"{at}/verification", status=429)
    await rewound(site, 300)
    await site.call("POST", f"{at}/verification", status=202)
    await site.call("POST", f"{at}/verification/confirm", {"code": code_in(server)})


async def test_a_code_does_not_last(mailed: tuple[Site, SmtpServer]) -> None:
    site, server = mailed
    path, contact = await somebody(site)
    at = f"{path}/contact-methods/{contact['id']}"
    await site.call("POST", f"{at}/verification", status=202)
    await rewound(site, 601)
    await site.call("POST", f"{at}/verification/confirm", {"code": code_in(server)}, 409)


async def test_what_cannot_be_sent_is_said(mailed: tuple[Site, SmtpServer]) -> None:
    site, server = mailed
    server.answer_rcpt = "550 no such user"
    path, contact = await somebody(site)
    answer = await site.call("POST", f"{path}/contact-methods/{contact['id']}/verification", status=409)
    assert "550" in answer["detail"]
    for body in ({"channel": "sms", "address": "+4915112345678"}, {"channel": "outbox"}):
        made = await site.call("POST", f"{path}/contact-methods", body)
        await site.call("POST", f"{path}/contact-methods/{made['id']}/verification", status=409)


async def test_quiet_hours_are_saved_and_refused_by_field(site: Site) -> None:
    path, _ = await somebody(site)
    night = {"start": "22:00", "end": "07:00", "weekdays": [0, 1, 2, 3, 4]}
    saved = await site.call("PUT", f"{path}/quiet-hours", {"windows": [night]})
    assert (saved["windows"][0]["start"], saved["windows"][0]["zone"]) == ("22:00", "")
    assert await site.call("GET", f"{path}/quiet-hours") == saved
    ident = path.rpartition("/")[2]
    assert site.services.config.current.users[ident].quiet_hours[0].end == "07:00"
    for wrong, pointer in (
        ({"zone": "Mars/Olympus"}, "/windows/0/zone"),
        ({"start": "24:00"}, "/windows/0/start"),
        ({"holidays": "nowhere"}, "/windows/0/holidays"),
    ):
        answer = await site.call("PUT", f"{path}/quiet-hours", {"windows": [wrong]}, 422)
        assert answer["errors"][0]["pointer"] == pointer
    assert await site.call("GET", f"{path}/quiet-hours") == saved, "nothing is half saved"


async def test_a_policy_watches_what_is_acknowledged_unless_it_says_no(live_site: Site) -> None:
    me = (await live_site.call("GET", "/users"))["items"][0]["id"]
    steps = [{"targets": [{"kind": "user", "id": me}], "wait_s": 300}]
    made = await live_site.call("POST", "/policies", {"name": "P", "steps": steps})
    watched = (await live_site.call("GET", "/organisation"))["vigil"]
    assert (made["vigil"], watched["severity"], watched["gap_s"]) == ("organisation", True, 600)
    path = f"/policies/{made['id']}"
    off = await live_site.call("PUT", path, {"name": "P", "steps": steps, "vigil": None})
    assert (off["vigil"], live_site.services.config.current.policies[made["id"]].vigil) == (None, None)
    wrong = {"name": "P", "steps": steps, "vigil": {"timeout_s": 600, "remind_before_s": 600}}
    answer = await live_site.call("PUT", path, wrong, 422)
    assert answer["errors"][0]["pointer"] == "/vigil/remind_before_s"


async def test_an_acknowledged_incident_that_gets_worse_rings_again(live_site: Site) -> None:
    me = (await live_site.call("GET", "/users"))["items"][0]["id"]
    steps = [{"targets": [{"kind": "user", "id": me}], "wait_s": 300}]
    policy = (await live_site.call("POST", "/policies", {"name": "P", "steps": steps}))["id"]
    body = {"name": "I", "type": "generic", "policy_id": policy, "group_by": ["app"]}
    made = await live_site.call("POST", "/integrations", body)
    url = (await live_site.call("POST", f"/integrations/{made['id']}/keys"))["webhook_url"]

    async def fire(severity: str) -> None:
        alert = {"title": "Slow", "severity": severity, "dedup_key": severity, "labels": {"app": "shop"}}
        assert (await live_site.http.post(url, json=alert)).is_success

    async def shown(status: str) -> Any:
        return [a for a in (await live_site.call("GET", "/alerts"))["items"] if a["status"] == status]

    await fire("warning")
    (alert,) = await until("the alert", lambda: shown("triggered"))
    await live_site.call("POST", f"/alerts/{alert['id']}/acknowledge")
    acked = await live_site.call("GET", f"/alerts/{alert['id']}")
    assert "rings again at" in acked["next"]
    await fire("critical")
    await until("it rings again", lambda: shown("triggered"))
    entries = (await live_site.call("GET", f"/alerts/{alert['id']}/timeline"))["items"]
    assert "The acknowledgement counts no more: it is critical now" in [entry["text"] for entry in entries]
    told = await live_site.call("GET", f"/incidents/{alert['id']}/explain")
    assert (len(told["pages"]), told["unexplained"]) == (2, {})


async def test_two_people_must_acknowledge_before_an_incident_is_quiet(live_site: Site) -> None:
    me = (await live_site.call("GET", "/users"))["items"][0]["id"]
    ben = (await live_site.call("POST", "/users", {"name": "Ben", "email": "ben@example.org"}))["id"]
    await live_site.call("POST", f"/users/{ben}/contact-methods", {"channel": "outbox", "label": "page", "address": ""})
    _, key = await access.create_api_key(live_site.services.sessions, "test", "ben's", ["respond", "read"], ben)
    targets = [{"kind": "user", "id": u} for u in (me, ben)]
    body = {"name": "Two", "steps": [{"targets": targets, "wait_s": 300}], "required_acknowledgements": 2}
    policy = await live_site.call("POST", "/policies", body)
    assert policy["required_acknowledgements"] == 2
    wrong = await live_site.call("PUT", f"/policies/{policy['id']}", {**body, "required_acknowledgements": 11}, 422)
    assert wrong["errors"][0]["pointer"] == "/required_acknowledgements"
    tree = await live_site.http.get("/api/v1/configuration/export")
    assert "required_acknowledgements: 2" in tree.text

    made = (await live_site.call("POST", "/alerts", {"title": "Payments", "policy_id": policy["id"]}))["alert_id"]

    async def paged() -> Any:
        shown = await live_site.call("GET", f"/alerts/{made}")
        return shown if len(shown["assignees"]) == 2 else None

    await until("both are called", paged)
    one = await live_site.call("POST", f"/alerts/{made}/acknowledge")
    assert (one["state"], one["alert"]["status"]) == ("done", "triggered")
    assert one["alert"]["next"].startswith("1 of 2 acknowledged (")
    again = await live_site.call("POST", f"/alerts/{made}/acknowledge")
    assert (again["state"], len(again["alert"]["acknowledgements"])) == ("ignored", 1)
    query = "query($id: ID!) { alert(id: $id) { requiredAcknowledgements acknowledgements { userId } } }"
    answer = await live_site.http.post("/api/graphql", json={"query": query, "variables": {"id": made}})
    assert answer.json()["data"]["alert"] == {"requiredAcknowledgements": 2, "acknowledgements": [{"userId": me}]}
    headers = {"Authorization": f"Bearer {key}"}
    two = (await live_site.http.post(f"/api/v1/alerts/{made}/acknowledge", headers=headers)).json()
    assert two["alert"]["status"] == "acknowledged" and two["alert"]["acknowledged_by"].endswith(", Ben")
    texts = [entry["text"] for entry in (await live_site.call("GET", f"/alerts/{made}/timeline"))["items"]]
    assert "Acknowledged by Ben, the last of 2" in texts
    assert any("1 of 2: they are not paged any more" in text for text in texts)
    assert (await live_site.call("GET", f"/incidents/{made}/explain"))["unexplained"] == {}
