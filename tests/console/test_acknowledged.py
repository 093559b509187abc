"""When an acknowledgement stops to count is said once for the organisation, in the browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.console.conftest import Open
from tests.console.test_incidents import serious
from tests.product import Product

pytestmark = pytest.mark.e2e
SLOW_MS = 60_000


def test_the_default_is_changed_in_one_place_and_a_policy_says_something_else(product: Product, open_as: Open) -> None:
    boss = product.call("POST", "/users", {"name": "Odile", "email": "odile@example.org", "role": "manager"})["id"]
    steps = [{"targets": [{"kind": "user", "id": boss}], "wait_s": 300}]
    policy = product.call("POST", "/policies", {"name": "Follows", "steps": steps})["id"]
    before = product.call("GET", "/organisation")
    page = open_as(boss, "/acknowledged")
    expect(page.locator("#following")).to_contain_text("Follows", timeout=SLOW_MS)
    page.get_by_label("reminded before").fill("600")
    page.get_by_label("reminded before").blur()
    page.get_by_role("button", name="Save the default").click()
    expect(page.locator(".problem-text")).to_contain_text("choose less", timeout=SLOW_MS)
    page.get_by_label("reminded before").fill("20")
    page.get_by_label("reminded before").blur()
    page.get_by_label("if nobody did anything for").fill("1 h 30 min")
    page.get_by_label("if nobody did anything for").blur()
    page.get_by_role("button", name="Save the default").click()
    expect(page.locator(".done")).to_contain_text("Saved", timeout=SLOW_MS)
    assert serious(page) == []
    kept = product.call("GET", "/organisation")["vigil"]
    assert (kept["timeout_s"], kept["remind_before_s"]) == (5_400, 1_200)
    assert product.call("GET", f"/policies/{policy}")["version"] == 2
    page.locator("#following").get_by_role("link", name="Follows").click()
    asks = page.get_by_label("Call again for an incident that is acknowledged")
    expect(asks).to_have_value("organisation", timeout=SLOW_MS)
    asks.select_option("off")
    expect(page.get_by_role("link", name="What that is")).to_have_count(0, timeout=SLOW_MS)
    page.get_by_role("button", name="Save the policy").click()
    expect(page).to_have_url("/policies", timeout=SLOW_MS)
    assert product.call("GET", f"/policies/{policy}")["vigil"] is None
    product.call("PUT", "/organisation", before)
