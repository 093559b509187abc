"""The calendar decides who is paged."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from tests.console.conftest import Open
from tests.product import Product, until

pytestmark = pytest.mark.e2e
SLOW_MS = 60_000


def test_an_override_on_the_calendar_changes_who_is_paged(product: Product, open_as: Open) -> None:
    regular, other = (product.person(name, "outbox", "") for name in ("Gus", "Hanna"))
    rotation = {"unit": "week", "every": 1, "start": "2026-01-05T09:00:00", "users": [regular]}
    body = {"name": "Console line", "zone": "UTC", "layers": [{"name": "weekly", "rotation": rotation}]}
    schedule = product.call("POST", "/schedules", body)["id"]
    steps = [{"targets": [{"kind": "schedule", "id": schedule}], "wait_s": 600}]
    url = product.integration("console on call", "generic", steps)

    page = open_as(other, "/on-call")
    page.get_by_role("button", name="Console line").click(timeout=SLOW_MS)
    expect(page.locator(".line.final")).to_contain_text("Gus", timeout=SLOW_MS)
    now = datetime.now(UTC)
    page.get_by_label("Who").select_option(label="Hanna")
    page.get_by_label("From").fill((now - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M"))
    page.get_by_label("To", exact=True).fill((now - timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M"))
    page.get_by_role("button", name="Save the override").click()
    expect(page.get_by_role("alert")).to_contain_text("end", timeout=SLOW_MS)
    page.get_by_label("To", exact=True).fill((now + timedelta(hours=8)).strftime("%Y-%m-%dT%H:%M"))
    page.get_by_role("button", name="Save the override").click()
    expect(page.locator(".line.override")).to_contain_text("replace: Hanna", timeout=SLOW_MS)
    expect(page.locator("tr", has_text="Console line")).to_contain_text("Hanna")

    line = product.post(url, {"title": "Who is it?"}).json()["incident_lines"][0]
    shown = until("the page", lambda: called(product, f"{line}-1"))
    assert shown == ["Hanna"]
    page.get_by_role("button", name="Take back").click()
    expect(page.locator(".line.override")).to_have_count(0, timeout=SLOW_MS)


def called(product: Product, ident: str) -> list[str]:
    for alert in product.call("GET", "/alerts")["items"]:
        if alert["id"] == ident:
            return list(alert["assignee_names"])
    return []
