"""A forgotten password: who gets a mail, what its link does, and what a stranger learns of it (nothing)."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from gateway.pages import forgotten
from storage import access
from storage.keys import hash_key
from storage.tables import PasswordResetRow
from tests.contract.conftest import Site, opened
from tests.contract.test_accounts import PASSWORD, browser, person, signed_in
from tests.fakes.smtp import SmtpServer

NEW = "another fine password"


@pytest.fixture
async def mailing(database: str, valkey_url: str, tmp_path: Path) -> AsyncIterator[tuple[Site, SmtpServer]]:
    with SmtpServer() as server:
        more = {"smtp_url": server.url, "public_url": "https://ops.test/sentinel"}
        async with opened(database, valkey_url, tmp_path, **more) as site:
            yield site, server


@pytest.fixture(autouse=True)
def nobody_asked_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forgotten, "asks", forgotten.Attempts())


async def account(site: Site, name: str) -> str:
    ident = await person(site, "responder", name)
    body = {"name": name, "email": f"{name.lower()}@example.org", "password": PASSWORD}
    await site.call("PUT", f"/users/{ident}", body)
    return ident


async def ask(http: httpx.AsyncClient, email: str) -> httpx.Response:
    return await http.post("/forgotten", data={"email": email})


def link(server: SmtpServer) -> str:
    text = server.mails[-1].get_payload(decode=True).decode()  # type: ignore[union-attr]
    found = re.search(r"https://ops\.test/sentinel(/forgotten/\S+)", text)
    assert found is not None, text
    return found[1]


async def test_the_link_sets_a_password_once_and_ends_every_session(mailing: tuple[Site, SmtpServer]) -> None:
    site, server = mailing
    ident = await account(site, "Ada")
    old = await signed_in(site, ident)
    async with browser(site) as http:
        assert 'href="/sentinel/forgotten"' in (await http.get("/sign-in")).text
        assert 'action="/sentinel/forgotten"' in (await http.get("/forgotten")).text
        assert (await ask(http, "ADA@example.org")).status_code == 200
        first = link(server)
        assert str(server.mails[-1]["To"]) == "ada@example.org"
        assert "192.0.2.7" in str(server.mails[-1].get_payload()), "who asked is in the mail"
        await ask(http, "ada@example.org")
        second = link(server)
        for _ in range(2):
            assert "ada@example.org" in (await http.get(first)).text, "looking uses nothing up"
        short = await http.post(first, data={"password": "short", "again": "short"})
        assert (short.status_code, "10 to 200" in short.text) == (422, True)
        differ = await http.post(first, data={"password": NEW, "again": PASSWORD})
        assert (differ.status_code, "differ" in differ.text) == (422, True)
        assert (await http.post(first, data={"password": NEW, "again": NEW}, headers=FOREIGN)).status_code == 403
        assert await access.session_holder(site.services.sessions, old) is not None
        done = await http.post(first, data={"password": NEW, "again": NEW})
        assert (done.status_code, "Your password is set" in done.text, "set-cookie" in done.headers) == (
            200,
            True,
            False,
        )
        for used in (first, second):
            assert (await http.get(used)).status_code == 404
            assert (await http.post(used, data={"password": PASSWORD, "again": PASSWORD})).status_code == 404
        assert await access.session_holder(site.services.sessions, old) is None
        entering = {"email": "ada@example.org", "password": PASSWORD}
        assert (await http.post("/sign-in", data=entering)).status_code == 401
        assert (await http.post("/sign-in", data={**entering, "password": NEW})).status_code == 303
    audited = [(e["action"], e["actor"]) for e in (await site.call("GET", "/audit"))["items"]]
    assert audited[:3] == [("reset_password", "Ada"), ("ask_reset", "Ada"), ("ask_reset", "Ada")]
    async with site.services.sessions() as session:
        assert await session.get(PasswordResetRow, hash_key(first.rpartition("/")[2])), "only a hash is kept"


FOREIGN = {"Origin": "https://elsewhere.test"}


async def test_the_answer_never_tells_whether_there_is_such_an_account(mailing: tuple[Site, SmtpServer]) -> None:
    site, server = mailing
    await account(site, "Bea")
    left = await account(site, "Cid")
    await site.call("PUT", f"/users/{left}", {"name": "Cid", "email": "cid@example.org", "active": False})
    await person(site, "responder", "Dan")  # has no password
    async with browser(site) as http:
        answers = [await ask(http, f"{name}@example.org") for name in ("bea", "cid", "dan", "eve")]
        assert {a.status_code for a in answers} == {200}
        assert len({re.sub(r"\w+@example\.org", "…", a.text) for a in answers}) == 1
        assert [m["To"] for m in server.mails] == ["bea@example.org"]
        for _ in range(4):
            assert (await ask(http, "bea@example.org")).status_code == 200
            assert (await ask(http, "eve@example.org")).status_code == 200
        assert len(server.mails) == 3, "nobody's mailbox is filled"
        assert [(await ask(http, f"{name}@example.org")).status_code for name in ("bea", "eve")] == [429, 429]
        assert (await http.post("/forgotten", data={"email": "bea@example.org"}, headers=FOREIGN)).status_code == 403


async def test_a_link_is_too_old_after_half_an_hour_and_dead_with_its_account(
    mailing: tuple[Site, SmtpServer],
) -> None:
    site, server = mailing
    ident = await account(site, "Fay")
    async with browser(site) as http:
        await ask(http, "fay@example.org")
        path = link(server)
        await site.call("PUT", f"/users/{ident}", {"name": "Fay", "email": "fay@example.org", "active": False})
        assert (await http.get(path)).status_code == 404
        await site.call("PUT", f"/users/{ident}", {"name": "Fay", "email": "fay@example.org"})
        assert (await http.get(path)).status_code == 200
        async with site.services.sessions() as session:
            row = await session.get_one(PasswordResetRow, hash_key(path.rpartition("/")[2]))
            assert (row.expires_at - row.created_at).total_seconds() == 1800
            row.expires_at = row.created_at
            await session.commit()
        assert (await http.post(path, data={"password": NEW, "again": NEW})).status_code == 404


async def test_without_a_mail_server_the_page_says_who_can_help(site: Site) -> None:
    async with browser(site) as http:
        page = await http.get("/forgotten")
        assert (page.status_code, "<form" in page.text) == (200, False)
        assert "Ask an administrator" in page.text and "sentinel first-run" in page.text
        assert (await ask(http, "admin@localhost")).status_code == 409
