"""`make screenshots`: every screen of the console with the demo's data, at three widths, into docs/screenshots."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from playwright.sync_api import Page, ViewportSize, sync_playwright

from cli.demo import Client
from cli.demo_team import PEOPLE, SAMPLES, load
from cli.progress import say
from gateway.auth.principal import COOKIE
from tests.console.conftest import FLAGS, session_of
from tests.product import Product, until

OUT = Path(__file__).parents[2] / "docs" / "screenshots"
WIDTHS = {390: 844, 1280: 900, 1920: 1080}
"""A telephone, a laptop, a wall screen: width and height in CSS pixels."""
AT_NIGHT = ("incidents", "incident", "on-call", "schedule")
"""Screens that are shown dark too, at the first two widths."""


@contextmanager
def demonstrated() -> Iterator[tuple[Product, dict[str, str]]]:
    """A running product with the demo's data, and the address of each screen by the name of its picture."""
    home = Path(tempfile.mkdtemp(prefix="snt-shots-"))
    home.chmod(0o755)  # as root, Postgres runs as another user
    product = Product(home)
    product.start()
    try:
        client = Client(product.ready)
        integration = load(client.send)
        webhook = client.send("POST", f"/integrations/{integration}/keys")["webhook_url"]
        lines = [product.post(webhook, dict(sample)).json()["incident_lines"][0] for sample in SAMPLES]
        until("the incidents", lambda: len(client.get("/alerts")["items"]) >= len(SAMPLES))
        client.send("POST", f"/alerts/{lines[1]}-1/acknowledge", {"note": "Old dumps, deleting them"})
        client.send("POST", f"/alerts/{lines[0]}-1/notes", {"note": "Started with **release 5.12**; rolling back."})
        supplement(client)
        yield product, screens(client, f"{lines[0]}-1", integration)
    finally:
        product.stop()
        shutil.rmtree(home, ignore_errors=True)


def supplement(client: Client) -> None:
    """What the demo leaves out, because a start would send to it or nobody would look for it: a policy that calls a
    channel and an automation and minds holidays. No alert is led to it."""
    lead = next(u["id"] for u in client.get("/users")["items"] if u["name"] == PEOPLE[0])
    team = client.get("/teams")["items"][0]["id"]
    eves = [f"{date.today().year}-12-{day}" for day in (24, 31)]
    for body in (
        {"name": "Germany, Berlin", "country": "DE", "subdivision": "BE", "dates": eves},
        {
            "name": "Germany, Bavaria",
            "country": "DE",
            "subdivision": "BY",
            "except_dates": [f"{date.today().year}-12-26"],
        },
        {"name": "Change freeze", "dates": eves},
    ):
        client.send("POST", "/holiday-calendars", body)
    channel, automation = (
        client.send("POST", "/destinations", {**body, "team_id": team})["id"]
        for body in (
            {"name": "#shop-incidents", "kind": "slack", "address": "https://hooks.slack.com/services/T1/B1/key1"},
            {
                "name": "Roll back the release",
                "kind": "webhook",
                "address": "https://automation.example.org/roll-back",
                "secret": "not a secret of anything",
            },
        )
    )
    first = [{"kind": "destination", "id": channel}, {"kind": "user", "id": lead}]
    steps = [
        {"targets": first, "wait_s": 300},
        {"targets": [{"kind": "destination", "id": automation}, {"kind": "user", "id": lead}], "wait_s": 300},
    ]
    client.send("POST", "/policies", {"name": "Shop, with its channel", "steps": steps})


def screens(client: Client, incident: str, integration: str) -> dict[str, str]:
    """The name of each picture and the path of its screen."""
    person = next(u["id"] for u in client.get("/users")["items"] if u["name"] == PEOPLE[0])
    schedule = client.get("/schedules")["items"][0]["id"]
    policy = client.get("/policies")["items"][0]["id"]
    return {
        "incidents": "/incidents",
        "incident": f"/incidents/{incident}",
        "on-call": "/on-call",
        "on-call-mine": "/on-call/mine",
        "on-call-load": "/on-call/load",
        "on-call-holidays": "/on-call/holidays",
        "on-call-feeds": "/on-call/feeds",
        "schedule": f"/schedules/{schedule}/edit",
        "policies": "/policies",
        "policy": f"/policies/{policy}",
        "destinations": "/destinations",
        "services": "/services",
        "integrations": "/integrations",
        "integration": f"/integrations/{integration}",
        "silences": "/noise",
        "maintenance": "/noise/maintenance",
        "heartbeats": "/noise/heartbeats",
        "people": "/people",
        "person": f"/people/{person}",
        "teams": "/teams",
        "profile": "/profile",
        "welcome": "/welcome",
        "analytics": "/analytics",
        "administration": "/administration",
        "configuration": "/administration/configuration",
        "versions": "/administration/versions",
        "audit": "/administration/audit",
        "api-keys": "/administration/keys",
    }


def settled(page: Page) -> None:
    """Until nothing loads any more."""
    page.locator("h1, table, .empty").first.wait_for(timeout=60_000)
    page.get_by_text("Loading …").first.wait_for(state="hidden", timeout=60_000)
    page.wait_for_timeout(500)


def main() -> None:
    """About three minutes."""
    OUT.mkdir(exist_ok=True)
    with demonstrated() as (product, found), ThreadPoolExecutor(1) as thread:
        admin = product.call("GET", "/me")["user_id"] or product.call("GET", "/users")["items"][0]["id"]
        token = thread.submit(asyncio.run, session_of(product.dsn, admin)).result()
        base = product.ready["api"].removesuffix("/api/v1")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
            for width, dark in (*((w, False) for w in WIDTHS), *((w, True) for w in list(WIDTHS)[:2])):
                size: ViewportSize = {"width": width, "height": WIDTHS[width]}
                context = browser.new_context(viewport=size, base_url=base, color_scheme="dark" if dark else "light")
                context.add_cookies([{"name": COOKIE, "value": token, "url": base}])
                taken(context.new_page(), found, width, dark)
                context.close()
            browser.close()


def taken(page: Page, found: dict[str, str], width: int, dark: bool) -> None:
    """Every picture of one width, or those that are taken dark."""
    for name, path in found.items():
        if dark and name not in AT_NIGHT:
            continue
        page.goto(path)
        settled(page)
        file = OUT / f"{name}-{width}{'-dark' if dark else ''}.jpg"
        page.screenshot(path=file, type="jpeg", quality=60)
        say(file.name)


if __name__ == "__main__":
    main()
