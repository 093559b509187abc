"""One answer about every part, a provider's test, the audit log: on a real gateway, host, database and mail server."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from gateway.auth.principal import COOKIE
from runtime.ids import SHARDS
from runtime.version import VERSION
from storage.access import create_session
from storage.bootstrap import ADMIN
from tests.contract.conftest import Site, opened, until
from tests.fakes.smtp import SmtpServer


async def as_role(site: Site, role: str) -> dict[str, str]:
    """Headers of somebody with this role."""
    body = {"name": role.title(), "email": f"{role}@example.org", "role": role}
    user = (await site.call("POST", "/users", body))["id"]
    token = await create_session(site.services.sessions, user)
    return {"Cookie": f"{COOKIE}={token}", "Authorization": "", "Sec-Fetch-Site": "same-origin"}


async def health(site: Site) -> dict[str, Any]:
    answer: dict[str, Any] = await site.call("GET", "/health/parts")
    return answer


def state_of(answer: dict[str, Any], key: str) -> str:
    return str(next(p["state"] for p in answer["parts"] if p["key"] == key))


async def test_every_part_is_told_of_in_one_answer(live_site: Site, database: str) -> None:
    await live_site.services.presence.say()
    answer = await health(live_site)
    (host,) = answer["hosts"]
    assert host["slot"] == "host-0" and host["shards"] == SHARDS and host["version"] == VERSION
    assert 0 < host["lease_s"] <= 10
    (gateway,) = answer["gateways"]
    assert gateway["version"] == VERSION and gateway["spool_problem"] == "" and gateway["behind"] == 0
    expected = {"database": "ok", "valkey": "ok", "hosts": "warning", "shards": "ok", "inbox": "ok", "spool": "ok"}
    assert {k: state_of(answer, k) for k in expected} == expected
    assert state_of(answer, "watchdog") == "bad", "none runs here"
    email = next(p for p in answer["providers"] if p["channel"] == "email")
    assert email["configured"] is False and email["error_rate"] is None


async def test_what_is_late_shows_with_its_age(site: Site, database: str) -> None:
    with psycopg.connect(database) as connection:
        connection.execute(
            "insert into rt.timer values ('incident/x', 'step', 0, 1, now() - interval '50 seconds');"
            "insert into rt.inbox (shard, entity, kind, dedup, body, halts, env_version, received_at)"
            " values (0, 'incident/x', 'K', 'd', '{}', false, 0, now() - interval '20 seconds');"
            "insert into watch.state (id, who, beat_at, findings, deadman_at, deadman)"
            ' values (1, \'w\', now(), \'[{"check": "timers-overdue", "count": 1, "for_s": 5}]\', now(), \'\')'
        )
        insert = (
            "insert into rt.outbox (id, entity, shard, kind, channel, grp, body, state, due_at, detail, sent_at)"
            " values (%s, 'incident/x', 0, 'page', %s, '', %s, %s, now() - interval '40 seconds', %s, %s)"
        )
        sent = connection.execute("select now()").fetchone()
        for n in range(6):
            connection.execute(insert, [f"f{n}", "email", Jsonb({}), "failed", "550 no such box", None])
        connection.execute(insert, ["ok", "email", Jsonb({}), "accepted", "", sent[0] if sent else None])
        connection.execute(insert, ["late", "webhook", Jsonb({}), "pending", "", None])
        connection.execute(
            "insert into watch.breaker values ('h1', 'webhook', 'hooks.example.org', 'open', '503', now(), now())"
        )
    answer = await health(site)
    assert answer["state"] == "bad"
    for key in ("hosts", "shards", "inbox", "timers", "outbox"):
        assert state_of(answer, key) == "bad", key
    assert state_of(answer, "watchdog") == "warning" and state_of(answer, "deadman") == "ok"
    assert answer["sends"][0]["state"] == "pending" and answer["sends"][0]["oldest_s"] >= 40
    by_channel = {p["channel"]: p for p in answer["providers"]}
    assert (by_channel["email"]["sent"], by_channel["email"]["failed"]) == (1, 6)
    assert by_channel["email"]["last_failure"] == "550 no such box" and by_channel["email"]["last_success_at"]
    assert by_channel["webhook"]["breakers"] == [
        {"provider": "hooks.example.org", "state": "open", "why": "503", "hosts": 1}
    ]


async def test_a_gateway_that_ends_on_purpose_is_not_missed(site: Site, database: str) -> None:
    await site.services.presence.say()
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("insert into watch.gateway select 'gone:1', program, at, now() - interval '20 s', 0, 0, '', 0,"
                           " 0, true from watch.gateway")  # fmt: skip
        answer = await health(site)
        assert state_of(answer, "gateways") == "warning"
        assert "gone:1" in next(p["text"] for p in answer["parts"] if p["key"] == "gateways")
        await site.services.presence.stop()
        assert connection.execute("select id from watch.gateway").fetchall() == [("gone:1",)]


async def test_a_provider_is_tested_with_a_real_message_to_oneself(
    database: str, valkey_url: str, tmp_path: Any, mail: SmtpServer
) -> None:
    async with opened(database, valkey_url, tmp_path, smtp_url=mail.url, smtp_from="s@example.org") as site:
        assert "no enabled contact" in (await site.call("POST", "/providers/email/test", status=409))["detail"]
        contact = {"channel": "email", "label": "Work", "address": "ada@example.org"}
        await site.call("POST", f"/users/{ADMIN}/contact-methods", contact)
        before = len(mail.mails)
        answer = await site.call("POST", "/providers/email/test")
        assert (answer["state"], answer["contact"]) == ("accepted", "Work") and answer["detail"]

        async def arrived() -> bool:
            return len(mail.mails) > before

        await until("the mail", arrived)
        await site.call("POST", "/providers/email/test", status=429)
        await site.call("POST", "/providers/sms/test", status=409)
        await site.call("POST", "/providers/outbox/test", status=409)
        await site.call("POST", "/providers/pigeon/test", status=404)
        (entry,) = (await site.call("GET", "/audit?kind=provider"))["items"]
        assert (entry["action"], entry["subject"], entry["detail"]["state"]) == ("test", "provider/email", "accepted")


async def test_the_audit_log_is_paged_and_filtered(site: Site) -> None:
    for n in range(5):
        await site.call("POST", "/teams", {"name": f"Team {n}", "member_ids": []})
    seen, cursor = [], ""
    while True:
        page = await site.call(
            "GET", f"/audit?kind=team&limit=2&cursor={cursor}" if cursor else "/audit?kind=team&limit=2"
        )
        seen += page["items"]
        cursor = page["next_cursor"]
        if not cursor:
            break
    assert len(seen) == 5 and [e["id"] for e in seen] == sorted((e["id"] for e in seen), reverse=True)
    assert {(e["kind"], e["action"], e["actor"]) for e in seen} == {("team", "create", "Administrator")}
    params = {"kind": "team", "until": seen[0]["at"]}
    answer = (await site.http.get("/api/v1/audit", params=params)).json()
    assert [e["id"] for e in answer["items"]] == [e["id"] for e in seen[1:]]
    later = {"kind": "team", "since": seen[0]["at"], "actor": "Administrator", "action": "create"}
    assert len((await site.http.get("/api/v1/audit", params=later)).json()["items"]) == 1
    assert (await site.call("GET", "/audit?actor=Nobody"))["items"] == []
    facets = await site.call("GET", "/audit/facets")
    assert "Administrator" in facets["actors"] and "team" in facets["kinds"]
    await site.call("GET", "/audit?cursor=xx", status=422)


async def test_who_may_see_what(site: Site) -> None:
    viewer, manager = await as_role(site, "viewer"), await as_role(site, "manager")
    for headers, path, method, status in (
        (viewer, "/health/parts", "GET", 200),
        (viewer, "/audit", "GET", 403),
        (viewer, "/providers/email/test", "POST", 403),
        (manager, "/audit", "GET", 200),
        (manager, "/providers/sms/test", "POST", 409),
    ):
        site.http.headers.pop("authorization", None)
        sent = {k: v for k, v in headers.items() if v}
        answer = await site.http.request(method, f"/api/v1{path}", headers=sent)
        assert answer.status_code == status, f"{path}: {answer.text}"
