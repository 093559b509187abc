"""The first-run wizard: from the first sign-in to a page in the newcomer's own mailbox."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest
from playwright.sync_api import expect

from storage.access import create_sign_in
from storage.db import make_engine, sessions
from tests.console.conftest import Open
from tests.console.test_people import PASSWORD, mails_to, prove
from tests.fakes.smtp import SmtpServer
from tests.product import Product, until

pytestmark = pytest.mark.e2e
SLOW_MS = 60_000


async def sign_in_of(dsn: str, user_id: str) -> str:
    engine = make_engine(dsn)
    try:
        return await create_sign_in(sessions(engine), user_id)
    finally:
        await engine.dispose()


def test_from_the_first_sign_in_to_a_page_in_ones_own_mailbox(
    product: Product, open_as: Open, mail: SmtpServer
) -> None:
    admin = {"name": "New", "email": "new@welcome.example.org", "role": "admin"}
    user = product.call("POST", "/users", admin)["id"]
    with ThreadPoolExecutor(1) as thread:
        token = thread.submit(asyncio.run, sign_in_of(product.dsn, user)).result()
    page = open_as(None, f"/sign-in/{token}")
    page.click("button")
    page.goto("/welcome")  # where an installation without a schedule leads by itself: tests/contract/test_accounts.py

    page.get_by_label("Name", exact=True).fill("Wilma", timeout=SLOW_MS)
    page.get_by_label("E-mail", exact=True).fill("wilma@welcome.example.org")
    page.get_by_label("Password, at least").fill(PASSWORD)
    page.get_by_label("The same again").fill(PASSWORD + " not")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Type the same password twice.")).to_be_visible(timeout=SLOW_MS)
    page.get_by_label("The same again").fill(PASSWORD)
    page.get_by_role("button", name="Save", exact=True).click()
    steps = page.locator("ol.steps > li")
    expect(steps.nth(0)).to_have_attribute("data-done", "true", timeout=SLOW_MS)

    prove(page, mail, "wilma@box.example.org", "Wilma's box")
    expect(steps.nth(1)).to_have_attribute("data-done", "true", timeout=SLOW_MS)

    page.get_by_label("Team").fill("Wilma's team")
    page.get_by_label("Schedule").fill("Wilma on call")
    page.get_by_role("button", name="Put me on call").click()
    expect(steps.nth(2)).to_have_attribute("data-done", "true", timeout=SLOW_MS)

    page.reload()  # left and come back to
    steps.nth(3).get_by_label("Name").fill("Wilma first", timeout=SLOW_MS)
    page.get_by_role("button", name="Save the policy").click()
    expect(steps.nth(3)).to_have_attribute("data-done", "true", timeout=SLOW_MS)

    steps.nth(4).get_by_label("Name").fill("Wilma's monitoring")
    page.get_by_role("button", name="Make it").click()
    expect(steps.nth(4).locator("pre").first).to_contain_text("snt_int_", timeout=SLOW_MS)
    expect(steps.nth(5)).to_have_attribute("data-done", "false")

    page.get_by_role("button", name="Send the test alert").click()
    expect(page.locator("#trial-status")).to_have_text("triggered", timeout=SLOW_MS)
    until(
        "the page",
        lambda: [m for m in mails_to(mail, "wilma@box.example.org") if "acknowledge me" in str(m["Subject"])],
    )
    expect(page.locator("#trial-pages")).to_contain_text("Wilma by Wilma's box", timeout=SLOW_MS)
    page.get_by_role("button", name="Acknowledge", exact=True).click()
    expect(page.locator("#works")).to_contain_text("It works", timeout=SLOW_MS)
    expect(steps.nth(5)).to_have_attribute("data-done", "true")
    page.get_by_role("button", name="Resolve the test").click()
    expect(page.locator("#trial-status")).to_have_text("resolved", timeout=SLOW_MS)

    page.locator("#who").click()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_label("E-mail address").fill("wilma@welcome.example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("#who")).to_contain_text("Wilma", timeout=SLOW_MS)
