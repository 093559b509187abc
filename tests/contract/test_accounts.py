"""Accounts over the API and the gateway's own pages: invitations, passwords, sessions, roles, tests of an address."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from gateway.auth.devices import named
from gateway.auth.principal import COOKIE
from storage import access, bootstrap
from tests.contract.conftest import Site, opened
from tests.fakes.smtp import SmtpServer

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
PASSWORD = "correct horse battery"


@asynccontextmanager
async def browser(site: Site, session: str = "") -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=site.app, client=("192.0.2.7", 1))
    headers = {"user-agent": FIREFOX}
    async with httpx.AsyncClient(transport=transport, base_url="http://sentinel.test", headers=headers) as http:
        if session:
            http.cookies.set(COOKIE, session)
        yield http


async def signed_in(site: Site, user_id: str = bootstrap.ADMIN) -> str:
    return await access.create_session(site.services.sessions, user_id, "Firefox on Linux", "192.0.2.1")


async def invited(site: Site, http: httpx.AsyncClient | None = None, **more: Any) -> Any:
    body = {"email": "bob@example.org", "name": "Bob", "send": False, **more}
    answer = await (http or site.http).post("/api/v1/invitations", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def person(site: Site, role: str, name: str = "Somebody") -> str:
    body = {"name": name, "email": f"{name.lower()}@example.org", "role": role}
    return str((await site.call("POST", "/users", body))["id"])


def form(**more: str) -> dict[str, str]:
    return {"password": PASSWORD, "again": PASSWORD, "name": "Bob", "zone": "Europe/Berlin", **more}


async def test_an_invitation_makes_a_person_once_and_signs_them_in(site: Site) -> None:
    team = (await site.call("POST", "/teams", {"name": "Shop"}))["id"]
    made = await invited(site, role="manager", team_ids=[team])
    assert (made["sent"], made["problem"]) == (False, "It was not asked for.")
    path = urlsplit(made["url"]).path
    assert path not in str(await site.call("GET", "/invitations"))
    async with browser(site) as http:
        assert "bob@example.org" in (await http.get(path)).text
        short = await http.post(path, data=form(password="short", again="short"))
        assert (short.status_code, "10 to 200" in short.text) == (422, True)
        other = await http.post(path, data=form(again="something else"))
        assert (other.status_code, "differ" in other.text) == (422, True)
        done = await http.post(path, data=form())
        assert (done.status_code, done.headers["location"]) == (303, "/profile")
        me = (await http.get("/api/v1/me")).json()
        assert (me["name"], me["role"], me["permissions"]) == ("Bob", "manager", ["read", "respond", "configure"])
        (session,) = (await http.get("/api/v1/me/sessions")).json()["items"]
        assert (session["device"], session["address"], session["current"]) == ("Firefox on Linux", "192.0.2.7", True)
    async with browser(site) as late:
        assert (await late.get(path)).status_code == 404
        assert (await late.post(path, data=form())).status_code == 404
        wrong = await late.post("/sign-in", data={"email": "bob@example.org", "password": "wrong" * 3})
        assert wrong.status_code == 401
        right = await late.post("/sign-in", data={"email": "BOB@example.org", "password": PASSWORD})
        assert right.status_code == 303
    assert (await site.call("GET", "/invitations"))["items"] == []
    assert (await site.call("GET", f"/teams/{team}"))["member_ids"] == [me["user_id"]]
    (contact,) = (await site.call("GET", f"/users/{me['user_id']}/contact-methods"))["items"]
    assert (contact["channel"], contact["verified"]) == ("email", False)


async def test_nobody_invites_above_themselves_and_a_link_dies_with_its_inviters_right(site: Site) -> None:
    manager = await person(site, "manager", "Mara")
    await person(site, "admin", "Boss")
    async with browser(site, await signed_in(site, manager)) as http:
        above = await http.post("/api/v1/invitations", json={"email": "eve@example.org", "role": "admin"})
        assert above.status_code == 403
        here = await http.post("/api/v1/invitations", json={"email": "BOSS@example.org"})
        assert here.status_code == 409, "a manager gets no way into an administrator's account"
        made = await invited(site, http, role="manager")
    path = urlsplit(made["url"]).path
    body = {"name": "Mara", "email": "mara@example.org", "role": "responder"}
    await site.call("PUT", f"/users/{manager}", body)
    async with browser(site) as guest:
        assert (await guest.get(path)).status_code == 404
    async with browser(site, await signed_in(site, manager)) as http:
        assert (await http.get("/api/v1/invitations")).status_code == 403


async def test_a_link_for_somebody_who_is_here_sets_only_a_password_and_a_newer_one_replaces_it(site: Site) -> None:
    ada = await person(site, "viewer", "Ada")
    old = await signed_in(site, ada)
    first = await invited(site, email="ada@example.org", role="admin")
    second = await invited(site, email="ada@example.org", role="admin")
    assert (second["existing"], second["role"]) == (True, "viewer")
    async with browser(site) as http:
        assert (await http.get(urlsplit(first["url"]).path)).status_code == 404
        done = await http.post(urlsplit(second["url"]).path, data=form(name="Eve"))
        assert done.status_code == 303
        me = (await http.get("/api/v1/me")).json()
        assert (me["user_id"], me["name"], me["role"]) == (ada, "Ada", "viewer")
    assert await access.session_holder(site.services.sessions, old) is None, "whoever was signed in is out"
    third = await invited(site, email="new@example.org")
    await site.call("DELETE", f"/invitations/{third['id']}")
    async with browser(site) as http:
        assert (await http.get(urlsplit(third["url"]).path)).status_code == 404


async def test_an_invitation_is_mailed_and_an_address_tested(database: str, valkey_url: str, tmp_path: Path) -> None:
    with SmtpServer() as server:
        more = {"smtp_url": server.url, "smtp_from": "sentinel@example.org"}
        async with opened(database, valkey_url, tmp_path, **more) as site:
            made = await invited(site, send=True)
            assert (made["sent"], made["problem"]) == (True, "")
            assert made["url"] in server.mails[-1].as_string().replace("=\n", "").replace("=3D", "=")
            contacts = f"/users/{bootstrap.ADMIN}/contact-methods"
            contact = await site.call("POST", contacts, {"channel": "email", "address": "a@example.org"})
            path = f"{contacts}/{contact['id']}/test"
            assert (await site.call("POST", path))["outcome"] == "accepted"
            assert server.subjects()[-1] == "Test page from Fangorn Sentinel"
            await site.call("POST", path, status=429)
            server.answer_rcpt = "550 no such user"
            refused = await invited(site, send=True)
            assert (refused["sent"], "550" in refused["problem"]) == (False, True)
            other = await site.call("POST", contacts, {"channel": "email", "address": "b@example.org"})
            tested = await site.call("POST", f"{contacts}/{other['id']}/test")
            assert (tested["outcome"], "550" in tested["detail"]) == ("rejected", True)
            sms = await site.call("POST", contacts, {"channel": "sms", "address": "+4915112345678"})
            await site.call("POST", f"{contacts}/{sms['id']}/test", status=409)


async def test_sessions_are_listed_and_ended(site: Site) -> None:
    here, there, third = [await signed_in(site) for _ in range(3)]
    await site.call("GET", "/me/sessions", status=403)
    await site.call("PUT", "/me/password", {"new": PASSWORD}, 403)
    async with browser(site, here) as http, browser(site, there) as other:
        items = (await http.get("/api/v1/me/sessions")).json()["items"]
        assert (len(items), [i["current"] for i in items].count(True)) == (3, 1)
        theirs = next(i for i in (await other.get("/api/v1/me/sessions")).json()["items"] if i["current"])
        stranger = await person(site, "viewer")
        async with browser(site, await signed_in(site, stranger)) as foe:
            assert (await foe.delete(f"/api/v1/me/sessions/{theirs['id']}")).status_code == 404
        assert (await http.delete(f"/api/v1/me/sessions/{theirs['id']}")).status_code == 204
        assert (await other.get("/api/v1/me")).status_code == 401
        assert (await http.delete("/api/v1/me/sessions")).json() == {"ended": 1}
        assert (await http.get("/api/v1/me")).status_code == 200
    assert await access.session_holder(site.services.sessions, third) is None


async def test_a_password_is_changed_by_who_knows_it(site: Site) -> None:
    here, there = [await signed_in(site) for _ in range(2)]
    async with browser(site, here) as http, browser(site, there) as other:
        assert (await http.put("/api/v1/me/password", json={"new": PASSWORD})).status_code == 204
        assert (await other.get("/api/v1/me")).status_code == 401
        wrong = await http.put("/api/v1/me/password", json={"current": "x", "new": PASSWORD + "2"})
        assert wrong.json()["errors"][0]["pointer"] == "/current"
        right = await http.put("/api/v1/me/password", json={"current": PASSWORD, "new": PASSWORD + "2"})
        assert right.status_code == 204
        for _ in range(5):
            await http.put("/api/v1/me/password", json={"current": "x", "new": PASSWORD})
        again = await http.put("/api/v1/me/password", json={"current": PASSWORD + "2", "new": PASSWORD})
        assert again.status_code == 429
        mine = {"name": "Olga", "email": "olga@example.org", "zone": "Europe/Berlin"}
        said = await http.put("/api/v1/me", json=mine)
        assert {k: said.json()[k] for k in mine} == mine and said.json()["role"] == "admin"
        assert (await http.put("/api/v1/me", json={**mine, "zone": "Mars"})).status_code == 422
    async with site.services.engine.connect() as connection:
        audit = await connection.exec_driver_sql("select a::text from audit a")
        assert not any(PASSWORD in row[0] for row in audit)


async def test_the_last_administrator_stays_and_who_is_deactivated_is_signed_out(site: Site) -> None:
    body = {"name": "A", "email": "a@example.org"}
    for change in ({"role": "manager"}, {"role": "admin", "active": False}):
        answer = await site.call("PUT", f"/users/{bootstrap.ADMIN}", {**body, **change}, 409)
        assert "last active administrator" in answer["detail"]
    assert (await site.call("GET", f"/users/{bootstrap.ADMIN}"))["role"] == "admin"
    second = await person(site, "admin", "Second")
    assert (await site.call("GET", f"/users/{second}/uses"))["items"] == []
    named = (await site.call("GET", f"/users/{bootstrap.ADMIN}/uses"))["items"]
    assert named == ["policy Default", "the last resort"]
    unreal = [u["name"] for u in (await site.call("GET", "/users"))["items"] if u["synthetic"]]
    assert unreal == ["Sentinel canary"]
    session = await signed_in(site, second)
    body = {"name": "S", "email": "s@example.org", "role": "admin"}
    await site.call("PUT", f"/users/{second}", {**body, "active": False})
    await site.call("PUT", f"/users/{second}", body)
    assert await access.session_holder(site.services.sessions, session) is None, "coming back is signing in anew"


async def test_tokens_are_ones_own_and_never_wider_than_oneself(site: Site) -> None:
    responder = await person(site, "responder")
    async with browser(site, await signed_in(site, responder)) as http:
        wide = await http.post("/api/v1/api-keys", json={"name": "n", "scopes": ["read", "configure"]})
        assert (wide.status_code, wide.json()["errors"][0]["pointer"]) == (422, "/scopes")
        made = (await http.post("/api/v1/api-keys", json={"name": "n", "scopes": ["read"]})).json()
        listed = (await http.get("/api/v1/api-keys")).json()["items"]
        assert [(k["id"], k["user_id"]) for k in listed] == [(made["id"], responder)]
        operator = (await site.call("GET", "/api-keys?mine=true"))["items"][0]
        assert (await http.delete(f"/api/v1/api-keys/{operator['id']}")).status_code == 404
        bearer = {"Authorization": f"Bearer {made['key']}"}
        async with browser(site) as script:
            assert (await script.get("/api/v1/me", headers=bearer)).json()["permissions"] == ["read"]
            contact = {"channel": "email", "address": "eve@example.org"}
            path = f"/api/v1/users/{responder}/contact-methods"
            astray = await script.post(path, json=contact, headers=bearer)
            assert astray.status_code == 403, "a key that reads does not lead pages elsewhere"
        assert (await http.delete(f"/api/v1/api-keys/{made['id']}")).status_code == 204


async def test_owners_change_their_team(site: Site) -> None:
    owner, member = [await person(site, "responder", name) for name in ("Olga", "Max")]
    body = {"name": "Shop", "member_ids": [owner, member], "owner_ids": [owner]}
    team = await site.call("POST", "/teams", body)
    assert team["owner_ids"] == [owner]
    wrong = await site.call("PUT", f"/teams/{team['id']}", {"name": "S", "owner_ids": [owner]}, 422)
    assert wrong["errors"][0]["pointer"] == "/owner_ids/0"
    async with browser(site, await signed_in(site, member)) as http:
        assert (await http.put(f"/api/v1/teams/{team['id']}", json=body)).status_code == 403
    async with browser(site, await signed_in(site, owner)) as http:
        changed = await http.put(f"/api/v1/teams/{team['id']}", json={**body, "member_ids": [owner]})
        assert (changed.status_code, changed.json()["member_ids"]) == (200, [owner])


async def test_a_new_installation_leads_its_administrator_through_the_setup(site: Site) -> None:
    async with browser(site) as http:
        token = await access.create_sign_in(site.services.sessions, bootstrap.ADMIN)
        done = await http.post(f"/sign-in/{token}")
        assert (done.status_code, done.headers["location"]) == (303, "/welcome")
        setup = (await http.get("/api/v1/setup")).json()
        assert (setup["fresh"], setup["account"], setup["contact"], setup["schedule_id"]) == (True, False, False, None)
        email = next(c for c in setup["channels"] if c["name"] == "email")
        assert (email["configured"], "SENTINEL_SMTP_URL" in email["problem"]) == (False, True)
        rotation = {"unit": "week", "start": "2026-01-05T09:00:00", "users": [bootstrap.ADMIN]}
        layers = [{"name": "weekly", "rotation": rotation}]
        schedule = await site.call("POST", "/schedules", {"name": "Me", "zone": "UTC", "layers": layers})
        steps = [{"targets": [{"kind": "schedule", "id": schedule["id"]}], "wait_s": 300}]
        policy = await site.call("POST", "/policies", {"name": "Mine", "steps": steps})
        setup = (await http.get("/api/v1/setup")).json()
        chain = [setup[f"{name}_id"] for name in ("schedule", "policy", "integration")]
        assert (setup["fresh"], chain) == (False, [schedule["id"], policy["id"], None])
        token = await access.create_sign_in(site.services.sessions, bootstrap.ADMIN)
        assert (await http.post(f"/sign-in/{token}")).headers["location"] == "/incidents"
    async with browser(site, await signed_in(site, await person(site, "viewer"))) as viewer:
        assert (await viewer.get("/api/v1/setup")).json()["schedule_id"] is None


@pytest.mark.parametrize(
    ("agent", "known"),
    [
        (FIREFOX, "Firefox on Linux"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) Version/18.5 Mobile Safari/604.1", "Safari on iPhone"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/140.0.0.0 Safari/537.36 Edg/140.0", "Edge on Windows"),
        ("curl/8.5.0", "curl/8.5.0"),
        ("", "unknown device"),
    ],
)
def test_a_browser_has_the_name_people_know(agent: str, known: str) -> None:
    assert named(agent) == known


async def test_what_would_happen_at_night_is_told_by_the_rules_that_page(site: Site) -> None:
    ada = await person(site, "responder", "Ada")
    path = f"/users/{ada}"
    assert (await site.call("GET", f"{path}/reach"))["urgent"] == []
    first, second = [
        (
            await site.call(
                "POST", f"{path}/contact-methods", {"channel": "webhook", "label": n, "address": "http://x/"}
            )
        )["id"]
        for n in ("first", "second")
    ]
    rules = [{"contact_method_id": first, "delay_s": 60}]
    await site.call("PUT", f"{path}/notification-rules", {"urgent": rules, "normal": rules})
    await site.call("PUT", f"{path}/quiet-hours", {"windows": [{"start": "22:00", "end": "07:00"}]})
    told = await site.call("GET", f"{path}/reach?at=2026-03-02T03:00:00Z")
    assert [(p["contact_method_id"], p["after_s"], p["fallback"]) for p in told["urgent"]] == [
        (first, 60, False),
        (second, 360, True),
    ]
    assert [(p["at"], p["quiet"]) for p in told["normal"]] == [("2026-03-02T07:00:00Z", True)] * 2
    assert (await site.call("GET", f"{path}/reach"))["at"].endswith("T03:00:00Z")
