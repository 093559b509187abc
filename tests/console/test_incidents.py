"""The list and the incident in a real browser, against the product as `make up` starts it."""

from __future__ import annotations

import json
import os
import re
import signal
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.console.conftest import Open, serious
from tests.product import Product, step, until

pytestmark = pytest.mark.e2e
SLOW_MS = 60_000


@pytest.fixture(scope="module")
def crew(product: Product) -> dict[str, str]:
    """People by role, and the webhook that pages the first of them."""
    responder = product.person("Rhea", "outbox", "")
    viewer = product.call("POST", "/users", {"name": "Vic", "email": "vic@example.org", "role": "viewer"})["id"]
    return {
        "responder": responder,
        "viewer": viewer,
        "url": product.integration("console", "generic", [step(responder, 600)]),
    }


def fired(product: Product, crew: dict[str, str], title: str, **more: Any) -> str:
    """Post an alert as a sender does; the incident's id."""
    answer = product.post(crew["url"], {"title": title, **more}).json()
    line = answer["incident_lines"][0]
    until("the incident", lambda: any(a["id"] == f"{line}-1" for a in product.call("GET", "/alerts")["items"]))
    return f"{line}-1"


def row(page: Page, ident: str) -> Any:
    return page.locator(f'tr[data-id="{ident}"]')


def test_who_is_not_signed_in_comes_back_to_where_they_wanted_to_go(product: Product, open_as: Open) -> None:
    page = open_as(None, "/on-call")
    expect(page).to_have_url("/sign-in?next=%2Fon-call")
    page.goto(product.ready["sign_in"])
    page.click("button")
    page.wait_for_url(re.compile("/(incidents|welcome)$"))  # to its setup while there is no schedule
    page.goto("/incidents")
    expect(page.locator("#who")).to_contain_text("Administrator", timeout=SLOW_MS)


def test_an_alert_appears_without_reload_and_an_acknowledgement_is_seen_in_another_browser(
    product: Product, crew: dict[str, str], open_as: Open
) -> None:
    first, second = (open_as(crew["responder"], "/incidents") for _ in range(2))
    for page in (first, second):
        expect(page.locator("[data-live=live]")).to_be_visible(timeout=SLOW_MS)
    ident = fired(product, crew, "Disk full on db1", severity="critical", labels={"host": "db1"})
    for page in (first, second):
        expect(row(page, ident)).to_have_attribute("data-status", "triggered", timeout=SLOW_MS)
    row(first, ident).locator("td.title").click()
    first.keyboard.press("a")
    expect(row(second, ident)).to_have_attribute("data-status", "acknowledged", timeout=SLOW_MS)
    expect(first.locator(".said")).to_contain_text("1 acknowledged")
    assert product.call("GET", f"/alerts/{ident}")["acknowledged_by"] == "Rhea"
    second.click("[data-tab=triggered]")
    expect(row(second, ident)).to_have_count(0)
    expect(second).to_have_url("/incidents?tab=triggered")
    first.locator(f'a[href$="{ident}"]').click()
    expect(first.locator("#status")).to_have_text("acknowledged", timeout=SLOW_MS)
    product.call("POST", f"/alerts/{ident}/resolve", {})
    expect(first.locator("#status")).to_have_text("resolved", timeout=SLOW_MS)
    expect(first.locator(".timeline")).to_contain_text("Disk full on db1")


def test_the_list_is_worked_through_by_keyboard(product: Product, crew: dict[str, str], open_as: Open) -> None:
    page = open_as(crew["responder"], "/incidents?q=Keyed&tab=all")
    older, newer = fired(product, crew, "Keyed 1"), fired(product, crew, "Keyed 2")
    for ident in (older, newer):
        expect(row(page, ident)).to_have_attribute("data-status", "triggered", timeout=SLOW_MS)
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#content")).to_be_focused()
    page.keyboard.press("?")
    expect(page.locator(".keys")).to_contain_text("snooze 30 minutes")
    keys_off = page.get_by_role("button", name="Keys are off")
    keys_off.click()
    page.keyboard.press("j")
    expect(page.locator("tr.here")).to_have_count(0)
    keys_off.click()
    for key in ("j", "j", "k", "j", "s"):
        page.keyboard.press(key)
    expect(row(page, older)).to_have_attribute("data-status", "snoozed", timeout=SLOW_MS)
    page.keyboard.press("e")
    expect(row(page, older)).to_have_attribute("data-status", "triggered", timeout=SLOW_MS)
    page.keyboard.press("x")
    page.keyboard.press("k")
    page.keyboard.press("x")
    expect(page.locator(".actions")).to_contain_text("2 selected")
    page.keyboard.press("r")
    for ident in (older, newer):
        expect(row(page, ident)).to_have_attribute("data-status", "resolved", timeout=SLOW_MS)
    page.keyboard.press("/")
    page.keyboard.press("Control+A")
    page.keyboard.type("Keyed 2")
    page.keyboard.press("Enter")
    expect(row(page, older)).to_have_count(0, timeout=SLOW_MS)
    page.keyboard.press("Escape")
    page.keyboard.press("Enter")
    expect(page.locator("#status")).to_have_text("resolved", timeout=SLOW_MS)


def test_of_a_long_list_only_the_rows_near_the_screen_are_in_the_document(
    product: Product, crew: dict[str, str], open_as: Open
) -> None:
    alerts = [{"title": f"Long list {n}", "dedup_key": f"long-{n}"} for n in range(150)]
    product.post(crew["url"], json.dumps(alerts).encode())
    newest = fired(product, crew, "Long list, the newest")
    page = open_as(crew["responder"], "/incidents?q=Long")
    expect(row(page, newest)).to_be_visible(timeout=SLOW_MS)
    until("all of them", lambda: product.call("GET", "/alerts?q=Long&limit=200")["items"][150:])
    page.reload()
    expect(row(page, newest)).to_be_visible(timeout=SLOW_MS)
    page.keyboard.press("j")
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    expect(page.locator("table")).to_have_attribute("aria-rowcount", "152", timeout=SLOW_MS)
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    last = page.locator('tr[aria-rowindex="152"]')
    expect(last).to_be_in_viewport(timeout=SLOW_MS)
    expect(page.locator('tr[aria-rowindex="30"]')).to_have_count(0)
    expect(row(page, newest)).to_have_count(1)  # where the keyboard is
    page.keyboard.press("j")
    expect(page.locator('tr[aria-rowindex="3"].here')).to_be_in_viewport(timeout=SLOW_MS)
    assert serious(page) == []


def test_filters_are_kept_in_the_address_and_hold_for_what_comes_later(
    product: Product, crew: dict[str, str], open_as: Open
) -> None:
    page = open_as(crew["responder"], "/incidents?severity=warning&q=Filter")
    shown = fired(product, crew, "Filter me", severity="warning")
    expect(row(page, shown)).to_be_visible(timeout=SLOW_MS)
    hidden = fired(product, crew, "Filter me not", severity="info")
    other = fired(product, crew, "Something else", severity="warning")
    late = fired(product, crew, "Filter late", severity="warning")
    expect(row(page, late)).to_be_visible(timeout=SLOW_MS)
    expect(row(page, hidden)).to_have_count(0)
    expect(row(page, other)).to_have_count(0)


def test_a_viewer_sees_and_may_not_act(product: Product, crew: dict[str, str], open_as: Open) -> None:
    ident = fired(product, crew, "Only to look at")
    page = open_as(crew["viewer"], f"/incidents/{ident}")
    expect(page.locator("#status")).to_have_text("triggered", timeout=SLOW_MS)
    expect(page.get_by_role("button", name="Acknowledge")).to_be_disabled()
    refused = page.evaluate(f"fetch('/api/v1/alerts/{ident}/acknowledge', {{method: 'POST'}}).then((a) => a.status)")
    assert refused == 403, "whatever the page offers, the gateway decides"
    assert product.call("GET", f"/alerts/{ident}")["status"] == "triggered"
    page.goto("/incidentz")
    expect(page.get_by_role("heading", name="There is no page at this address")).to_be_visible(timeout=SLOW_MS)
    expect(page.locator("#who")).to_contain_text("Vic")


def test_the_loss_of_the_feed_is_shown_and_heals_and_so_does_the_loss_of_the_console(
    product: Product, crew: dict[str, str], open_as: Open
) -> None:
    page = open_as(crew["responder"], "/incidents")
    before = fired(product, crew, "Open when the console goes")
    opened = open_as(crew["responder"], f"/incidents/{before}")
    expect(opened.locator("#status")).to_have_text("triggered", timeout=SLOW_MS)
    for shown in (page, opened):
        expect(shown.locator("[data-live=live]")).to_be_visible(timeout=SLOW_MS)
    os.kill(child(product, "console"), signal.SIGSTOP)
    opened.get_by_role("button", name="Acknowledge").click()
    expect(opened.locator("#status")).to_have_text("acknowledged", timeout=SLOW_MS)
    assert product.call("GET", f"/alerts/{before}")["acknowledged_by"] == "Rhea", "by the gateway alone"
    opened.get_by_role("button", name="Resolve").click()
    expect(opened.locator("#status")).to_have_text("resolved", timeout=SLOW_MS)
    os.kill(child(product, "console"), signal.SIGKILL)
    meanwhile = fired(product, crew, "While the console is away")
    expect(row(page, meanwhile)).to_be_visible(timeout=SLOW_MS)
    expect(page.locator(".unheard")).to_contain_text("people are paged all the same", timeout=SLOW_MS)
    os.kill(child(product, "gateway"), signal.SIGKILL)
    expect(page.locator("[data-live=lost]")).to_contain_text("may be old", timeout=SLOW_MS)
    expect(page.locator("[data-live=live]")).to_be_visible(timeout=2 * SLOW_MS)
    expect(page.locator(".unheard")).to_have_count(0, timeout=2 * SLOW_MS)
    after = fired(product, crew, "After the loss")
    expect(row(page, after)).to_be_visible(timeout=SLOW_MS)
    page.locator(f'a[href$="{after}"]').click()
    expect(page.locator("#status")).to_have_text("triggered", timeout=2 * SLOW_MS)


def child(product: Product, name: str) -> int:
    return int(product.running()["children"][name])


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_serious_for_people_with_a_screen_reader(
    product: Product, crew: dict[str, str], open_as: Open, width: int
) -> None:
    ident = fired(product, crew, f"For everybody at {width}")
    page = open_as(crew["responder"], "/incidents", width)
    expect(row(page, ident)).to_be_visible(timeout=SLOW_MS)
    found = serious(page)
    page.locator(f'a[href$="{ident}"]').click()
    expect(page.locator("#status")).to_be_visible(timeout=SLOW_MS)
    found += serious(page)
    page.goto("/on-call")
    expect(page.locator("h1")).to_be_visible(timeout=SLOW_MS)
    assert found + serious(page) == []
