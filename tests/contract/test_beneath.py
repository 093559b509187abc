"""The gateway beneath a path: the same with a proxy that takes the base off and one that leaves it on."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from storage.access import create_sign_in
from storage.bootstrap import ADMIN
from tests.contract.conftest import opened


@pytest.mark.parametrize("passed_on", ["/sentinel", ""])
async def test_pages_redirects_cookies_and_the_api_beneath_a_path(
    database: str, valkey_url: str, tmp_path: Path, passed_on: str
) -> None:
    async with opened(database, valkey_url, tmp_path, public_url="https://ops.test/sentinel/") as site:
        site.http.base_url = httpx.URL(f"http://ops.test{passed_on}/")
        site.http.headers.pop("Authorization")
        home = await site.http.get("")
        assert (home.status_code, home.headers["location"]) == (303, "/sentinel/incidents")
        away = await site.http.get("people")
        assert away.headers["location"] == "/sentinel/sign-in?next=%2Fsentinel%2Fpeople"
        form = (await site.http.get("sign-in?next=/sentinel/people")).text
        assert 'action="/sentinel/sign-in"' in form and 'href="/sentinel/static/pages.css"' in form
        assert 'value="/sentinel/people"' in form
        assert 'value="/sentinel/incidents"' in (await site.http.get("sign-in?next=//elsewhere.test/")).text
        assert (await site.http.get("static/pages.css")).status_code == 200
        slash = await site.http.get("api/v1/users/")
        assert (slash.status_code, slash.headers["location"]) == (307, "/sentinel/api/v1/users")

        token = await create_sign_in(site.services.sessions, ADMIN)
        entered = await site.http.post(f"sign-in/{token}", headers={"Origin": "https://ops.test"})
        assert entered.headers["location"] == "/sentinel/welcome"
        cookie = entered.headers["set-cookie"].lower()
        assert "path=/sentinel;" in cookie and "secure" in cookie
        session = {"Cookie": entered.headers["set-cookie"].partition(";")[0]}
        assert (await site.http.get("api/v1/me", headers=session)).json()["role"] == "admin"
        sent = await site.http.post(
            f"api/v1/webhooks/generic/{site.keys.integrations['generic']}", json={"title": "Beneath"}
        )
        assert sent.status_code == 202
        out = await site.http.post("sign-out", headers=session)
        assert out.headers["location"] == "/sentinel/sign-in" and "Path=/sentinel;" in out.headers["set-cookie"]


async def test_a_path_beside_the_base_is_not_taken_for_it(database: str, valkey_url: str, tmp_path: Path) -> None:
    async with opened(database, valkey_url, tmp_path, public_url="https://ops.test/sentinel") as site:
        site.http.headers.pop("Authorization")
        answer = await site.http.get("/sentinels/api/v1/me")
        assert answer.headers["location"] == "/sentinel/sign-in?next=%2Fsentinel%2Fsentinels%2Fapi%2Fv1%2Fme"
