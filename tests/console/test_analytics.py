"""Analytics in a real browser: the figures of what just happened, by the address, as a table and as CSV."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.console.conftest import Open, serious
from tests.product import Product, step, until

pytestmark = pytest.mark.e2e
SLOW_MS = 60_000
TITLE = "=Analytics and nothing else"


@pytest.fixture(scope="module")
def reader(product: Product) -> str:
    """Somebody who looks, after an incident that was acknowledged and resolved."""
    person = product.person("Anna", "outbox", "")
    url = product.integration("analytics", "generic", [step(person, 600)])
    line = product.post(url, {"title": TITLE, "severity": "warning"}).json()["incident_lines"][0]

    def ended() -> bool:
        shown: list[dict[str, Any]] = product.call("GET", "/alerts?status=resolved")["items"]
        return any(a["id"] == f"{line}-1" for a in shown)

    until("the incident", lambda: any(a["id"] == f"{line}-1" for a in product.call("GET", "/alerts")["items"]))
    until("the page", lambda: product.call("GET", f"/outbox?incident={line}-1&state=delivered")["items"])
    for action in ("acknowledge", "resolve"):
        product.call("POST", f"/alerts/{line}-1/{action}", {})
    until("its end", ended)
    return person


def figure(page: Page, name: str) -> Any:
    return page.locator(f"[data-figure={name}]")


def test_figures_by_the_address_as_table_and_as_csv(product: Product, reader: str, open_as: Open) -> None:
    page = open_as(reader, "/analytics")
    noise = figure(page, "noise")
    expect(noise.locator("table")).to_contain_text(TITLE, timeout=SLOW_MS)
    expect(figure(page, "people").locator("table")).to_contain_text("Anna")
    expect(figure(page, "mtta").locator("table")).to_contain_text("warning")
    expect(figure(page, "incidents").locator(".column .piece").first).to_be_visible()
    expect(figure(page, "delivery").locator("table")).to_contain_text("outbox")
    csv = page.evaluate("url => fetch(url).then((a) => a.text())", noise.get_by_text("CSV").get_attribute("href"))
    assert f"'{TITLE}" in csv, "no spreadsheet runs it"
    page.get_by_label("Grouped by").select_option("service")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(figure(page, "mtta").locator("table")).to_contain_text("no service", timeout=SLOW_MS)
    assert "by=service" in page.url
    page.reload()
    expect(page.get_by_label("Grouped by")).to_have_value("service", timeout=SLOW_MS)
    page.goto("/analytics?from=2020-01-01&to=2020-01-31")
    expect(figure(page, "people").locator(".empty")).to_contain_text("Nobody was paged", timeout=SLOW_MS)
    page.goto("/analytics?from=2020-01-01&to=2026-01-31")
    expect(page.get_by_role("alert")).to_contain_text("400 days", timeout=SLOW_MS)


@pytest.mark.parametrize("width", [390, 1280])
def test_charts_are_for_everybody(product: Product, reader: str, open_as: Open, width: int) -> None:
    page = open_as(reader, "/analytics", width)
    expect(figure(page, "noise").locator("table")).to_contain_text(TITLE, timeout=SLOW_MS)
    assert serious(page) == []
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, "the page itself does not scroll sideways"
