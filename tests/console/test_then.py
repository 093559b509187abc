"""The configuration as it was, in the browser: it says so on each page, and offers nothing that changes it."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.console.conftest import Open
from tests.console.test_incidents import serious
from tests.product import Product

pytestmark = pytest.mark.e2e
SLOW_MS = 60_000


def test_from_a_version_to_who_was_on_call_and_how_the_policy_was(product: Product, open_as: Open) -> None:
    boss = product.call("POST", "/users", {"name": "Thora", "email": "thora@example.org", "role": "manager"})["id"]
    product.call("POST", f"/users/{boss}/contact-methods", {"channel": "outbox", "address": ""})
    rotation = {"unit": "week", "every": 1, "start": "2026-01-05T09:00:00", "users": [boss]}
    line = {"name": "Line of then", "zone": "UTC", "layers": [{"name": "weekly", "rotation": rotation}]}
    schedule = product.call("POST", "/schedules", line)["id"]
    steps = [{"targets": [{"kind": "user", "id": boss}], "wait_s": 300}]
    policy = product.call("POST", "/policies", {"name": "Way of then", "steps": steps})["id"]
    product.call("PUT", f"/policies/{policy}", {"name": "Way of now", "steps": [{**steps[0], "wait_s": 600}]})
    product.call("PUT", f"/schedules/{schedule}", {**line, "name": "Line of now"})
    page = open_as(boss, "/administration/versions")
    # The third from the top: before both changes.
    page.get_by_role("link", name="Look at it").nth(2).click(timeout=SLOW_MS)
    told = page.get_by_role("note")
    expect(told).to_contain_text("Nothing can be changed here", timeout=SLOW_MS)
    expect(page.locator("table").first).to_contain_text("Line of then", timeout=SLOW_MS)
    expect(page.locator("#content")).not_to_contain_text("Line of now")
    expect(page.get_by_role("link", name="New schedule")).to_have_count(0)
    expect(page.get_by_role("button", name="Save the override")).to_have_count(0)
    expect(page.get_by_role("link", name="What this schedule said")).to_be_visible()
    assert serious(page) == []
    as_of = page.url.partition("?")[2]
    page.goto(f"/policies?{as_of}")
    page.get_by_role("link", name="Way of then").click(timeout=SLOW_MS)
    expect(page.get_by_label("Name", exact=True)).to_have_value("Way of then", timeout=SLOW_MS)
    expect(page.locator("#plan")).to_contain_text("Thora", timeout=SLOW_MS)
    expect(page.get_by_role("button", name="Save the policy")).to_be_disabled()
    expect(page.get_by_role("note")).to_be_visible()
    page.goto(f"/schedules/{schedule}/edit?{as_of}")
    expect(page.get_by_label("Name", exact=True).first).to_have_value("Line of then", timeout=SLOW_MS)
    expect(page.locator(".line.final")).to_contain_text("Thora", timeout=SLOW_MS)
    page.get_by_role("link", name="Back to now").click()
    expect(page.locator("#content")).to_contain_text("Line of now", timeout=SLOW_MS)
    expect(page.get_by_role("note")).to_have_count(0)
    expect(page.get_by_role("link", name="New schedule")).to_be_visible()
