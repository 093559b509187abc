"""On a telephone nothing has to be pushed sideways: each row of a table is a card, and still a row to a screen reader."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.console.conftest import Open
from tests.console.test_incidents import serious
from tests.product import Product

pytestmark = pytest.mark.e2e
SLOW_MS = 60_000
PATHS = (
    "/incidents",
    "/on-call",
    "/on-call/mine",
    "/on-call/load",
    "/on-call/holidays",
    "/on-call/feeds",
    "/policies",
    "/policies/new",
    "/acknowledged",
    "/destinations",
    "/services",
    "/integrations",
    "/noise",
    "/noise/maintenance",
    "/noise/heartbeats",
    "/people",
    "/teams",
    "/profile",
    "/analytics",
    "/administration",
    "/administration/configuration",
    "/administration/versions",
    "/administration/audit",
    "/administration/keys",
)
TOO_WIDE = """() => [document.documentElement, ...document.querySelectorAll('.wide')]
    .filter((e) => e.scrollWidth > e.clientWidth).map((e) => `${e.tagName} ${e.className} ${e.scrollWidth}`)"""


@pytest.fixture(scope="module")
def admin(product: Product) -> str:
    return str(next(u["id"] for u in product.call("GET", "/users")["items"] if u["role"] == "admin"))


def test_no_list_scrolls_sideways_on_a_telephone(product: Product, admin: str, open_as: Open) -> None:
    made = product.call(
        "POST", "/services", {"name": "zz-a-very-long-word-that-needs-two-lines-and-more-on-a-telephone"}
    )
    page = open_as(admin, "/people", 390)
    found, tables = {}, 0
    for path in PATHS:
        page.goto(path)
        page.locator("h1, table, .empty").first.wait_for(timeout=SLOW_MS)
        page.get_by_text("Loading …").first.wait_for(state="hidden", timeout=SLOW_MS)
        tables += page.locator(".wide > table tbody tr").first.is_visible()
        if wide := page.evaluate(TOO_WIDE):
            found[path] = wide
    product.call("DELETE", f"/services/{made['id']}")  # other tests look at what there is to choose from
    assert found == {} and tables >= 8, "pages with rows in a table were among them"


def test_a_card_is_a_row_whose_cells_have_their_heads(product: Product, admin: str, open_as: Open) -> None:
    page = open_as(admin, "/people", 390)
    table = page.get_by_role("table", name="People")
    heads = table.get_by_role("columnheader")
    expect(heads).to_have_text(["Name", "E-mail", "Role", "Teams", "Reached", "Ready"], timeout=SLOW_MS)
    row = table.get_by_role("row", name="Administrator").first
    expect(row.get_by_role("rowheader")).to_contain_text("Administrator")
    cell = row.get_by_role("cell").first
    expect(cell).to_have_attribute("data-label", "E-mail")
    assert left(page, "th[role=rowheader]") < left(page, "td[data-label]") + 112, "beneath its head, not beside it"
    assert serious(page) == []
    page.set_viewport_size({"width": 1280, "height": 900})
    expect(heads.first).to_be_in_viewport()
    assert page.evaluate("getComputedStyle(document.querySelector('table.people tbody tr')).display") == "table-row"


def left(page: Page, selector: str) -> float:
    box = page.locator(f"table.people {selector}").first.bounding_box()
    assert box is not None
    return box["x"]
