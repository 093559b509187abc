"""One incident in a real browser: notes, ties, why, and the whole of it as a document."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.console.conftest import Open, serious
from tests.product import Product, step, until

pytestmark = pytest.mark.e2e
SLOW_MS = 60_000


def test_an_incident_is_worked_on_explained_tied_to_another_and_exported(product: Product, open_as: Open) -> None:
    rike = product.person("Rike", "outbox", "")
    product.person("Olga", "outbox", "")
    url = product.integration("console incident", "generic", [step(rike, 600)])

    def fired(title: str) -> str:
        graph = [{"text": "Image", "href": "https://graphs.invalid/1.png"}]
        alert = {"title": title, "dedup_key": title, "severity": "error", "links": graph}
        line = product.post(url, alert).json()["incident_lines"][0]
        listed = lambda: any(a["id"] == f"{line}-1" for a in product.call("GET", "/alerts")["items"])  # noqa: E731
        until("the incident", listed)
        return f"{line}-1"

    main, side = fired("Checkout is slow"), fired("Checkout is slower")
    page = open_as(rike, f"/incidents/{side}")
    expect(page.locator("#status")).to_have_text("triggered", timeout=SLOW_MS)
    page.context.new_cdp_session(page).send("Emulation.setTimezoneOverride", {"timezoneId": "Asia/Tokyo"})
    page.reload()
    expect(page.locator("#next")).to_contain_text(re.compile(r"by \d.* GMT\+9 \(in \d+ (s|min)\)"), timeout=SLOW_MS)
    expect(page.locator(".history h2")).to_contain_text("times of Asia/Tokyo", timeout=SLOW_MS)
    expect(page.locator(".timeline time").first).to_contain_text(re.compile(r"\d\d:\d\d:\d\d.* ago"))
    expect(page.locator("img.graph")).to_have_attribute("src", "https://graphs.invalid/1.png", timeout=SLOW_MS)
    page.get_by_label("Note (Markdown)").fill("**Rolled back** by [us](javascript:alert(1)) <img src=x>")
    page.get_by_role("button", name="Add the note").click()
    expect(page.locator(".written strong")).to_have_text("Rolled back", timeout=SLOW_MS)
    assert page.locator(".written img, .written a").count() == 0, "no HTML and no script of a note's own"
    page.get_by_role("button", name="Explain every page").click()
    expect(page.locator(".explained").last).to_contain_text("Rike", timeout=SLOW_MS)
    expect(page.locator(".explaining")).to_contain_text("Times of Asia/Tokyo.", timeout=SLOW_MS)
    people = page.get_by_label("Call instead of the next step").locator("option")
    assert "Sentinel canary" not in people.all_inner_texts(), "nobody is there"

    page.locator(".more > summary").click()
    page.locator("[name=minutes] option").first.evaluate("option => { option.value = 'soon'; option.selected = true; }")
    page.get_by_role("button", name="Snooze", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("The console itself failed", timeout=SLOW_MS)
    page.get_by_label("Call instead of the next step").select_option(label="Olga")
    page.get_by_role("button", name="Reassign").click()
    expect(page.locator("dl").first).to_contain_text("Olga", timeout=SLOW_MS)
    page.get_by_label("Which incident").fill(page.url.replace(side, main))
    page.get_by_role("button", name="Do it").click()
    expect(page.locator(".explained").first).to_contain_text("this one was merged into it", timeout=SLOW_MS)
    assert product.call("GET", f"/alerts/{main}")["merged"] == [side]

    with page.expect_download() as download:
        page.get_by_role("link", name="Export").click()
    text = Path(download.value.path()).read_text()
    assert re.search(r"^# Checkout is slower$", text, re.MULTILINE) and "Reassigned by Rike to Olga" in text
    assert serious(page) == []
