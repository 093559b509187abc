"""The configuration as it was, in the browser: it says so on each page, and offers nothing that changes it."""

from __future__ import annotations

from urllib.parse import quote

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


def test_services_people_teams_integrations_rules_and_load_as_they_were(product: Product, open_as: Open) -> None:
    boss = product.call("POST", "/users", {"name": "Ulfhild", "email": "ulfhild@example.org", "role": "manager"})["id"]
    product.call("POST", f"/users/{boss}/contact-methods", {"channel": "outbox", "address": "", "label": "Box of then"})
    rotation = {"unit": "week", "every": 1, "start": "2026-01-05T09:00:00", "users": [boss]}
    line = {"name": "Burden of then", "zone": "UTC", "layers": [{"name": "weekly", "rotation": rotation}]}
    schedule = product.call("POST", "/schedules", line)["id"]
    team = product.call("POST", "/teams", {"name": "Crew of then", "member_ids": [boss], "owner_ids": [boss]})["id"]
    base = product.call("POST", "/services", {"name": "Base of then"})["id"]
    shop = {"name": "Shop of then", "team_id": team, "depends_on": [base]}
    service = product.call("POST", "/services", shop)["id"]
    url = product.integration("Way in", "generic", [{"targets": [{"kind": "user", "id": boss}], "wait_s": 300}])
    listed = product.call("GET", "/integrations")["items"]
    hook = next(i for i in listed if i["name"] == "Way in")
    assert url
    rule = {"name": "rule of then", "matchers": [{"label": "app", "op": "=", "value": "x"}], "service_id": service}
    saved = {k: v for k, v in hook.items() if k != "id"}
    product.call("PUT", f"/integrations/{hook['id']}", {**saved, "routes": [rule]})
    room = {"name": "Room of then", "kind": "slack", "address": "http://127.0.0.1:9/x"}
    destination = product.call("POST", "/destinations", room)["id"]
    at = product.call("GET", "/configuration/versions?limit=1")["items"][0]["at"]
    product.call("PUT", f"/integrations/{hook['id']}", {**saved, "name": "Way out", "routes": []})
    product.call("DELETE", f"/destinations/{destination}")
    product.call("PUT", f"/services/{service}", {"name": "Shop of now"})
    product.call("PUT", f"/teams/{team}", {"name": "Crew of now", "member_ids": [], "owner_ids": []})
    product.call("PUT", f"/schedules/{schedule}", {**line, "name": "Burden of now"})
    user = {"email": "ulfhild@example.org", "role": "manager"}
    product.call("PUT", f"/users/{boss}", {**user, "name": "Ulfhild of now"})
    page = open_as(boss, f"/services?as_of={quote(at, safe='')}")
    content = page.locator("#content")
    row = page.locator("tr", has=page.get_by_role("rowheader", name="Shop of then", exact=True))
    expect(row).to_contain_text("Crew of then", timeout=SLOW_MS)
    expect(row).to_contain_text("Base of then")
    expect(page.get_by_role("button", name="Add a service")).to_have_count(0)
    places = page.get_by_role("navigation", name="Places of then")
    places.get_by_role("link", name="Integrations").click()
    page.get_by_role("link", name="Way in", exact=True).click(timeout=SLOW_MS)
    expect(page.locator("#rules")).to_contain_text("rule of then", timeout=SLOW_MS)
    expect(page.locator("#rules")).to_contain_text("service Shop of then")
    expect(page.get_by_role("heading", name="Point a sender at it")).to_have_count(0)
    page.get_by_label("Labels, one a line").fill("app=x")
    page.get_by_role("button", name="Try it", exact=True).click()
    expect(page.locator("#tried")).to_contain_text("service Shop of then", timeout=SLOW_MS)
    assert serious(page) == []
    places.get_by_role("link", name="People").click()
    page.get_by_role("link", name="Teams").click(timeout=SLOW_MS)
    expect(content).to_contain_text("Crew of then", timeout=SLOW_MS)
    expect(page.get_by_role("button", name="Take out Ulfhild")).to_have_count(0)
    places.get_by_role("link", name="People").click()
    page.get_by_role("link", name="Ulfhild", exact=True).click(timeout=SLOW_MS)
    expect(page.locator("#contacts")).to_contain_text("Box of then", timeout=SLOW_MS)
    expect(page.get_by_role("button", name="Add and send a code")).to_have_count(0)
    places.get_by_role("link", name="Policies").click()
    page.get_by_role("link", name="Destinations").click(timeout=SLOW_MS)
    expect(content).to_contain_text("Room of then", timeout=SLOW_MS)
    expect(page.get_by_role("button", name="Add a destination")).to_have_count(0)
    places.get_by_role("link", name="On call").click()
    page.get_by_role("link", name="Load").click(timeout=SLOW_MS)
    expect(page.get_by_label("Schedule", exact=True)).to_contain_text("Burden of then", timeout=SLOW_MS)
    expect(page.get_by_role("rowheader", name="Ulfhild", exact=True)).to_be_visible(timeout=SLOW_MS)
    places.get_by_role("link", name="Noise").click()
    for name in ("Silences", "Maintenance", "Heartbeats"):
        page.get_by_role("link", name=name).click(timeout=SLOW_MS)
        expect(page.get_by_role("heading", name=name, level=1)).to_be_visible(timeout=SLOW_MS)
        expect(page.get_by_role("alert")).to_have_count(0)
    places.get_by_role("link", name="Services").click()
    expect(content).to_contain_text("Shop of then", timeout=SLOW_MS)
    page.get_by_role("link", name="Back to now").click()
    expect(content).to_contain_text("Shop of now", timeout=SLOW_MS)
    expect(content).not_to_contain_text("Shop of then")
    expect(page.get_by_role("button", name="Add a service")).to_be_visible()
