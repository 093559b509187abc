"""Everything beneath a path of another host, through a real reverse proxy, by the same built pages."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, expect

from tests.fakes.ports import free_port
from tests.fakes.reverse_proxy import ReverseProxy
from tests.product import Product, step, until

pytestmark = pytest.mark.e2e
SLOW_MS = 60_000
ROOT = Path(__file__).parents[2]
PASSWORD = "correct horse battery"


@pytest.fixture(scope="module")
def beneath(product: Product, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReverseProxy]:
    """A second gateway and console on the product's data, told that they are reached at …/sentinel."""
    home, port = tmp_path_factory.mktemp("b"), free_port()
    with ExitStack() as stack:
        proxy = stack.enter_context(ReverseProxy(f"http://127.0.0.1:{port}", "/sentinel"))
        environ = {
            **product.environ,
            "DATABASE_URL": product.urls["database_url"],
            "REDIS_URL": product.urls["redis_url"],
            "SENTINEL_HOME": str(product.home),
            "SENTINEL_SPOOL": str(home / "spool"),
            "PORT": str(port),
            "SENTINEL_PUBLIC_URL": proxy.url + "/",
            "SENTINEL_GATEWAY": f"http://127.0.0.1:{port}",
            "SENTINEL_CONSOLE": str(home / "console.sock"),
        }
        for module in ("gateway", "ui"):
            child = subprocess.Popen([sys.executable, "-m", module], env=environ, cwd=ROOT)
            stack.callback(child.wait, 20)
            stack.callback(child.terminate)
        until("the second gateway", lambda: ready(f"http://127.0.0.1:{port}/readyz"))
        until("the second console", lambda: (home / "console.sock").exists())
        yield proxy


def ready(url: str) -> bool:
    try:
        return httpx.get(url, trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


def test_signing_in_the_live_list_and_an_acknowledgement_beneath_a_path(
    product: Product, beneath: ReverseProxy, chromium: Browser
) -> None:
    person = product.person("Bea", "outbox", "")
    user = product.call("GET", f"/users/{person}")
    kept = {name: user[name] for name in ("name", "email", "role", "zone", "active")}
    product.call("PUT", f"/users/{person}", {**kept, "password": PASSWORD})
    product.integration("beneath", "generic", [step(person, 600)])
    ident = next(i["id"] for i in product.call("GET", "/integrations")["items"] if i["name"] == "beneath")
    errors: list[str] = []
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda m: errors.append(m.text) if "Content Security Policy" in m.text else None)
    try:
        page.goto(f"{beneath.url}/on-call")
        expect(page).to_have_url(f"{beneath.url}/sign-in?next=%2Fsentinel%2Fon-call")
        page.get_by_label("E-mail address").fill(user["email"])
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        expect(page).to_have_url(f"{beneath.url}/on-call")
        cookie = context.cookies()[0]
        assert (cookie["path"], cookie["httpOnly"]) == ("/sentinel", True)
        page.get_by_role("link", name="Incidents").click(timeout=SLOW_MS)
        expect(page).to_have_url(f"{beneath.url}/incidents")
        expect(page.locator("[data-live=live]")).to_be_visible(timeout=SLOW_MS)

        page.goto(f"{beneath.url}/integrations/{ident}")
        expect(page.locator("pre", has_text=f"{beneath.url}/api/v1/webhooks/generic").first).to_be_visible(
            timeout=SLOW_MS
        )
        with httpx.Client(base_url=f"{beneath.url}/api/v1", headers=product.client.headers, trust_env=False) as api:
            made = api.post(f"/integrations/{ident}/keys").json()["webhook_url"]
            assert made.startswith(f"{beneath.url}/api/v1/webhooks/generic/")
            assert httpx.get(f"{beneath.url}/api/openapi.json").json()["servers"] == [{"url": "/sentinel"}]
        page.goto(f"{beneath.url}/incidents")
        expect(page.locator("[data-live=live]")).to_be_visible(timeout=SLOW_MS)
        line = product.post(made, {"title": "Beneath a path", "severity": "critical"}).json()["incident_lines"][0]
        row = page.locator(f'tr[data-id="{line}-1"]')
        expect(row).to_have_attribute("data-status", "triggered", timeout=SLOW_MS)
        row.locator("td.title").click()
        page.keyboard.press("a")
        expect(row).to_have_attribute("data-status", "acknowledged", timeout=SLOW_MS)
        row.get_by_role("link").click()
        expect(page).to_have_url(f"{beneath.url}/incidents/{line}-1")
        expect(page.locator("#status")).to_have_text("acknowledged", timeout=SLOW_MS)
        with page.expect_download() as download:
            page.get_by_role("link", name="Export").click()
        assert download.value.url.startswith(f"{beneath.url}/api/v1/alerts/")

        page.goto(f"{beneath.url}/profile")
        expect(page.locator("tr", has_text="203.0.113.7").first).to_be_visible(timeout=SLOW_MS)
        page.get_by_role("link", name="Outbox").click()
        expect(page.locator("h1")).to_have_text("Outbox")
        page.get_by_role("button", name="Sign out").click()
        expect(page).to_have_url(re.compile("/sentinel/sign-in$"))
        assert context.cookies() == []
    finally:
        context.close()
    assert errors == []
    assert [path for path in beneath.strays if path != "/favicon.ico"] == [], "nothing is asked for beside the base"
