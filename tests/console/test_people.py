"""People, teams, one's own profile; an invitation accepted in another browser."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.console.conftest import Open
from tests.console.test_incidents import serious
from tests.fakes.smtp import SmtpServer
from tests.product import Product, until

pytestmark = pytest.mark.e2e
SLOW_MS = 60_000
PASSWORD = "a long enough password"


@pytest.fixture(scope="module")
def crew(product: Product) -> dict[str, str]:
    def made(name: str, role: str) -> str:
        body = {"name": name, "email": f"{name.lower()}@people.example.org", "role": role}
        return str(product.call("POST", "/users", body)["id"])

    return {name.lower(): made(name, role) for name, role in (("Petra", "manager"), ("Rudi", "responder"))}


def mails_to(mail: SmtpServer, address: str) -> list[Any]:
    return [m for m in mail.mails if str(m["To"]) == address]


def code_sent(mail: SmtpServer, address: str) -> str:
    found = until("the code", lambda: [m for m in mails_to(mail, address) if "code" in str(m["Subject"])])
    code = re.search(r"\b[0-9]{6}\b", str(found[-1]["Subject"]))
    assert code is not None
    return code[0]


def prove(page: Page, mail: SmtpServer, address: str, label: str) -> None:
    """Add a mailbox and enter the code that is sent to it."""
    page.get_by_label("Kind").select_option(label="E-mail", timeout=SLOW_MS)
    page.get_by_label("Address", exact=True).fill(address)
    page.get_by_label("Name it").fill(label)
    page.get_by_role("button", name="Add and send a code").click()
    page.get_by_label(f"Code for {label}").fill(code_sent(mail, address), timeout=SLOW_MS)
    page.get_by_role("button", name="Confirm the code").click()
    expect(page.locator("#contacts li", has_text=label)).to_contain_text("in use", timeout=SLOW_MS)


def test_an_invitation_is_accepted_in_another_browser_with_no_more_than_its_role(
    product: Product, crew: dict[str, str], open_as: Open
) -> None:
    page = open_as(crew["petra"], "/people")
    roles = page.get_by_label("Role").locator("option")
    expect(roles).to_have_text(["viewer", "responder", "manager"], timeout=SLOW_MS)
    page.get_by_label("E-mail", exact=True).fill("gast@people.example.org")
    page.get_by_label("Role").select_option("viewer")
    page.get_by_label("send it by e-mail").uncheck()
    page.get_by_role("button", name="Invite").click()
    link = page.locator("#inviting .copy pre").inner_text(timeout=SLOW_MS)
    expect(page.locator("#inviting table")).to_contain_text("gast@people.example.org")

    guest = open_as(None, link)
    assert serious(guest) == []
    guest.get_by_label("Your name").fill("Gast")
    guest.get_by_label("Password, at least ten characters").fill(PASSWORD)
    guest.get_by_label("The same password again").fill(PASSWORD)
    guest.get_by_role("button", name="Set the password").click()
    expect(guest).to_have_url("/profile")
    expect(guest.locator("#who")).to_contain_text("Gast · viewer", timeout=SLOW_MS)
    expect(guest.locator("#contacts")).to_contain_text("gast@people.example.org", timeout=SLOW_MS)
    guest.goto("/people")
    expect(guest.locator("table.people")).to_contain_text("Petra", timeout=SLOW_MS)
    expect(guest.get_by_role("button", name="Invite")).to_have_count(0)
    refused = guest.evaluate("fetch('/api/v1/invitations').then((a) => a.status)")
    assert refused == 403, "whatever the page offers, the gateway decides"
    late = open_as(None, link)
    expect(late.get_by_role("alert")).to_contain_text("used already")
    guest.locator("#who").click()
    guest.get_by_role("button", name="Sign out").click()
    expect(guest).to_have_url("/sign-in")


def test_a_contact_method_is_proved_by_its_code_tested_and_seen_in_the_night(
    product: Product, crew: dict[str, str], open_as: Open, mail: SmtpServer
) -> None:
    page = open_as(crew["rudi"], "/profile")
    prove(page, mail, "rudi@box.example.org", "Rudi's box")
    expect(page.locator("#night")).to_contain_text("Rudi's box", timeout=SLOW_MS)
    page.get_by_role("button", name="Test Rudi's box").click()
    expect(page.locator("#contacts")).to_contain_text("Taken: accepted by 127.0.0.1", timeout=SLOW_MS)
    assert str(mails_to(mail, "rudi@box.example.org")[-1]["Subject"]) == "Test page from Fangorn Sentinel"
    page.get_by_role("button", name="Add quiet hours").click()
    expect(page.locator("#night")).to_contain_text("waits for the end of quiet hours", timeout=SLOW_MS)
    page.locator("#tokens").get_by_label("Name").fill("script")
    page.get_by_role("button", name="Make a token").click()
    token = page.locator("#tokens .copy pre").inner_text(timeout=SLOW_MS)
    assert token.startswith("snt_api_")
    page.reload()
    expect(page.locator("#tokens table")).to_contain_text("script", timeout=SLOW_MS)
    expect(page.locator("#tokens .copy")).to_have_count(0)


def test_a_session_that_is_ended_elsewhere_signs_that_browser_out(crew: dict[str, str], open_as: Open) -> None:
    here, there = (open_as(crew["rudi"], "/profile") for _ in range(2))
    expect(there.locator("#sessions table")).to_contain_text("this browser", timeout=SLOW_MS)
    here.get_by_role("button", name="Sign all others out").click(timeout=SLOW_MS)
    expect(here.locator("#sessions tbody tr")).to_have_count(1, timeout=SLOW_MS)
    there.get_by_role("button", name="Make a token").scroll_into_view_if_needed()
    there.locator("#tokens").get_by_label("Name").fill("too late")
    there.get_by_role("button", name="Make a token").click()
    there.wait_for_url(re.compile("/sign-in"), timeout=SLOW_MS)


def test_owners_look_after_their_team_and_roles_are_an_administrators(
    product: Product, crew: dict[str, str], open_as: Open
) -> None:
    body = {"name": "Console crew", "member_ids": [crew["rudi"]], "owner_ids": [crew["rudi"]]}
    team = product.call("POST", "/teams", body)["id"]
    page = open_as(crew["rudi"], "/teams")
    section = page.locator("section.team", has_text="Console crew")
    section.get_by_label("Add").select_option(label="Petra", timeout=SLOW_MS)
    section.get_by_role("button", name="Add to the team").click()
    expect(section).to_contain_text("Make owner", timeout=SLOW_MS)
    assert crew["petra"] in product.call("GET", f"/teams/{team}")["member_ids"]
    page.goto(f"/people/{crew['petra']}")
    expect(page.locator("h1")).to_have_text("Petra", timeout=SLOW_MS)
    expect(page.locator("#standing")).to_have_count(0)
    expect(page.get_by_role("button", name="Add and send a code")).to_have_count(0)
    admin = next(u["id"] for u in product.call("GET", "/users")["items"] if u["role"] == "admin")
    page = open_as(admin, f"/people/{crew['petra']}")
    page.get_by_label("Role").select_option("responder", timeout=SLOW_MS)
    page.get_by_role("button", name="Set the role").click()
    expect(page.locator(".done")).to_contain_text("Petra is responder now", timeout=SLOW_MS)
    assert product.call("GET", f"/users/{crew['petra']}")["role"] == "responder"


def test_nothing_serious_on_the_pages_about_people_on_a_phone(crew: dict[str, str], open_as: Open) -> None:
    page = open_as(crew["petra"], "/people", 390)
    found: list[str] = []
    for path, ready in (
        ("/people", "table.people"),
        (f"/people/{crew['rudi']}", "#contacts"),
        ("/teams", "section.team"),
        ("/profile", "#tokens"),
        ("/welcome", "h1"),
    ):
        page.goto(path)
        expect(page.locator(ready).first).to_be_visible(timeout=SLOW_MS)
        found += serious(page)
        wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        assert not wide, f"{path} scrolls sideways"
    assert found == []
