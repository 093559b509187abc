"""Two people at one person, one calendar: the second is told who was first. What nobody may change is only shown."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.console.conftest import Open
from tests.product import Product

pytestmark = pytest.mark.e2e
SLOW_MS = 60_000
ANEW = "Load what it says now"


@pytest.fixture(scope="module")
def tom(product: Product) -> str:
    body = {"name": "Tom", "email": "tom@two.example.org", "role": "manager"}
    ident = str(product.call("POST", "/users", body)["id"])
    product.call("POST", f"/users/{ident}/contact-methods", {"channel": "outbox", "address": "", "label": "Wall"})
    return ident


def told_of(page: Page, what: str) -> None:
    expect(page.locator(".overtaken")).to_contain_text(f"changed the {what}", timeout=SLOW_MS)
    page.get_by_role("button", name=ANEW).click()
    expect(page.locator(".overtaken")).to_have_count(0, timeout=SLOW_MS)


def test_how_one_is_reached_was_changed_meanwhile(product: Product, tom: str, open_as: Open) -> None:
    page = open_as(tom, "/profile")
    expect(page.locator("#night")).to_contain_text("Wall", timeout=SLOW_MS)
    path = f"/users/{tom}"
    contact = product.call("GET", f"{path}/contact-methods")["items"][0]["id"]
    product.call("PUT", f"{path}/quiet-hours", {"windows": [{"start": "20:00", "end": "06:00"}]})
    page.get_by_role("button", name="Add quiet hours").click()
    told_of(page, "quiet hours")
    expect(page.get_by_text("every day 20:00 to 06:00")).to_be_visible(timeout=SLOW_MS)
    page.get_by_role("button", name="Add quiet hours").click()
    expect(page.get_by_text("every day 22:00 to 07:00")).to_be_visible(timeout=SLOW_MS)
    assert len(product.call("GET", f"{path}/quiet-hours")["windows"]) == 2, "theirs is kept"

    product.call("PUT", f"{path}/notification-rules", {"urgent": [{"contact_method_id": contact, "delay_s": 60}]})
    page.get_by_role("button", name="Add the rule").click()
    told_of(page, "notification rules")
    expect(page.get_by_text("after 1 min: Wall")).to_be_visible(timeout=SLOW_MS)

    box = {"channel": "email", "address": "tom@box.example.org", "label": "Box"}
    made = product.call("POST", f"{path}/contact-methods", box)["id"]
    page.reload()
    row = page.locator("#contacts > li", has_text="Box")
    row.locator("summary", has_text="Remove").click(timeout=SLOW_MS)
    product.call("PUT", f"{path}/contact-methods/{made}", {**box, "label": "Mailbox at home"})
    row.get_by_role("button", name="Yes, remove").click()
    told_of(page, "contact method")
    expect(page.locator("#contacts")).to_contain_text("Mailbox at home", timeout=SLOW_MS)


def test_ones_name_was_changed_by_an_administrator_meanwhile(product: Product, tom: str, open_as: Open) -> None:
    page = open_as(tom, "/profile")
    name = page.get_by_label("Name", exact=True).first
    expect(name).to_have_value("Tom", timeout=SLOW_MS)
    product.call("PUT", f"/users/{tom}", {"name": "Thomas", "email": "tom@two.example.org", "role": "manager"})
    page.get_by_label("Time zone").first.fill("Europe/Rome")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".overtaken")).to_contain_text("What you typed is still here", timeout=SLOW_MS)
    expect(page.get_by_label("Time zone").first).to_have_value("Europe/Rome")
    page.get_by_role("button", name=ANEW).click()
    expect(name).to_have_value("Thomas", timeout=SLOW_MS)
    page.get_by_label("Time zone").first.fill("Europe/Rome")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".done")).to_have_text("Saved.", timeout=SLOW_MS)
    saved = product.call("GET", f"/users/{tom}")
    assert (saved["name"], saved["zone"]) == ("Thomas", "Europe/Rome")


def test_an_imported_calendar_was_changed_meanwhile(product: Product, tom: str, open_as: Open) -> None:
    rotation = {"unit": "week", "every": 1, "start": "2026-01-05T09:00:00", "users": [tom]}
    line = {"name": "Line of two", "zone": "UTC", "layers": [{"name": "weekly", "rotation": rotation}]}
    schedule = product.call("POST", "/schedules", line)["id"]
    feed = {"url": "https://calendars.example.org/a.ics", "layer": "Theirs"}
    made = product.call("POST", f"/schedules/{schedule}/calendars", feed)["id"]
    page = open_as(tom, f"/schedules/{schedule}/edit")
    page.get_by_role("button", name="Change: Theirs").click(timeout=SLOW_MS)
    every = page.get_by_label("Ask every")
    expect(every).to_have_value("15 min", timeout=SLOW_MS)
    product.call("PUT", f"/schedules/{schedule}/calendars/{made}", {**feed, "every_s": 1200})
    page.get_by_label("Stale after").fill("2 d")
    page.get_by_role("button", name="Save the calendar").click()
    expect(page.locator(".overtaken")).to_contain_text("changed the calendar", timeout=SLOW_MS)
    expect(page.get_by_label("Stale after")).to_have_value("2 d")
    page.get_by_role("button", name="Overwrite it with mine").click()
    expect(page.locator(".done").first).to_contain_text("it is asked for now", timeout=SLOW_MS)
    now = product.call("GET", f"/schedules/{schedule}/calendars/{made}")
    assert (now["every_s"], now["stale_after_s"]) == (900, 172_800), "by choice, not unseen"


def test_the_policy_of_the_canary_is_shown_and_not_offered(product: Product, tom: str, open_as: Open) -> None:
    ident = next(p["id"] for p in product.call("GET", "/policies")["items"] if p["name"] == "Sentinel canary")
    page = open_as(tom, f"/policies/{ident}")
    expect(page.get_by_role("note")).to_contain_text("nobody can change or delete it", timeout=SLOW_MS)
    expect(page.get_by_label("Name", exact=True)).to_be_disabled()
    expect(page.get_by_role("button", name="Save the policy")).to_have_count(0)
    expect(page.get_by_text("Delete the policy")).to_have_count(0)
