"""From "Forgotten password?" by one's mailbox back into the console."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.console.conftest import Open, serious
from tests.fakes.smtp import SmtpServer
from tests.product import Product, until

pytestmark = pytest.mark.e2e
SLOW_MS = 60_000
OLD, NEW = "the one I forgot", "the one I choose now"


def test_who_forgot_the_password_gets_back_in_by_mail(product: Product, mail: SmtpServer, open_as: Open) -> None:
    address = "greta@forgotten.example.org"
    person = product.call("POST", "/users", {"name": "Greta", "email": address, "password": OLD})["id"]
    elsewhere = open_as(person, "/incidents")
    expect(elsewhere.locator("#who")).to_contain_text("Greta", timeout=SLOW_MS)
    page = open_as(None, "/sign-in", 390)
    page.get_by_role("link", name="Forgotten password?").click()
    page.get_by_label("E-mail address").fill(address)
    assert serious(page) == []
    page.get_by_role("button", name="Send the link").click()
    expect(page.get_by_role("status")).to_contain_text("If there is an account")
    assert serious(page) == []
    (sent,) = until("the mail", lambda: [m for m in mail.mails if str(m["To"]) == address])
    found = re.search(r"http://\S+/forgotten/\S+", sent.get_payload(decode=True).decode())
    assert found is not None
    page.goto(found[0])
    page.get_by_label("Password, at least ten characters").fill(NEW)
    page.get_by_label("The same password again").fill(OLD)
    page.get_by_role("button", name="Set the password").click()
    expect(page.get_by_role("alert")).to_contain_text("differ")
    page.get_by_label("Password, at least ten characters").fill(NEW)
    page.get_by_label("The same password again").fill(NEW)
    assert serious(page) == []
    page.get_by_role("button", name="Set the password").click()
    expect(page.get_by_role("status")).to_contain_text("Your password is set")
    page.get_by_label("E-mail address").fill(address)
    page.get_by_label("Password").fill(NEW)
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("#who")).to_contain_text("Greta", timeout=SLOW_MS)
    elsewhere.goto("/people")
    expect(elsewhere).to_have_url(re.compile("/sign-in"))
