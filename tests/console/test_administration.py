"""Administration in a real browser: what is wrong shows by itself, a provider is tested, a key works and is revoked."""

from __future__ import annotations

import httpx
import pytest
from playwright.sync_api import expect

from tests.console.conftest import Open, serious
from tests.fakes.smtp import SmtpServer
from tests.product import Product, until

pytestmark = pytest.mark.e2e
SLOW_MS = 60_000


def somebody(product: Product, name: str, role: str) -> str:
    body = {"name": name, "email": f"{name.lower()}@example.org", "role": role}
    return str(product.call("POST", "/users", body)["id"])


@pytest.fixture(scope="module")
def staff(product: Product) -> dict[str, str]:
    return {role: somebody(product, f"Adm{role}", role) for role in ("admin", "manager", "viewer")}


def test_what_goes_wrong_shows_by_itself_and_a_provider_is_tested(
    product: Product, staff: dict[str, str], mail: SmtpServer, open_as: Open
) -> None:
    contact = {"channel": "email", "label": "Work", "address": "admmanager@example.org"}
    product.call("POST", f"/users/{staff['manager']}/contact-methods", contact)
    page = open_as(staff["manager"], "/administration")
    tile = page.locator("[data-part=quarantine]")
    expect(tile).to_contain_text("Every incident can be processed", timeout=SLOW_MS)
    product.sql("insert into rt.quarantine (entity, reason) values ('incident/none', 'a test') returning 1")
    expect(tile).to_contain_text("1 incidents could not be processed", timeout=SLOW_MS)
    expect(page.locator(".tile").first).to_have_class("tile bad")
    front = open_as(staff["viewer"], "/incidents")
    expect(front.locator("#not-well")).to_contain_text("Quarantine", timeout=SLOW_MS)
    expect(front.locator("#service-level")).to_contain_text("test alert", timeout=SLOW_MS)
    assert serious(front) == []
    product.sql("delete from rt.quarantine returning 1")
    before = len(mail.mails)
    page.get_by_role("button", name="Test email").click()
    expect(page.locator(".done")).to_contain_text("took it", timeout=SLOW_MS)
    until("the mail", lambda: len(mail.mails) > before)
    expect(page.get_by_role("button", name="Test sms")).to_have_count(0)
    page.get_by_role("link", name="Audit log").click()
    expect(page.locator("tbody tr").first).to_contain_text("Admmanager", timeout=SLOW_MS)
    page.get_by_label("What").select_option("contact_method")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page).to_have_url("/administration/audit?kind=contact_method", timeout=SLOW_MS)
    expect(page.locator("tbody tr").first).to_contain_text("contact method", timeout=SLOW_MS)


def test_a_key_is_shown_once_works_and_is_revoked(product: Product, staff: dict[str, str], open_as: Open) -> None:
    page = open_as(staff["admin"], "/administration/keys")
    page.get_by_label("What for").fill("The wall", timeout=SLOW_MS)
    page.get_by_label("read: read everything").check()
    page.get_by_role("button", name="Make the key").click()
    expect(page.locator("#fresh")).to_contain_text("snt_api_", timeout=SLOW_MS)
    key = page.locator("#fresh").inner_text()

    def status() -> int:
        answer = httpx.get(f"{product.ready['api']}/me", headers={"X-API-Key": key}, trust_env=False)
        return answer.status_code

    assert status() == 200
    page.reload()
    row = page.locator("tr", has_text="The wall")
    expect(page.locator("#fresh")).to_have_count(0, timeout=SLOW_MS)
    expect(row).to_be_visible(timeout=SLOW_MS)
    row.get_by_text("Revoke", exact=True).click()
    row.get_by_role("button", name="Yes, revoke").click()
    expect(row).to_have_count(0, timeout=SLOW_MS)
    assert status() == 401


def test_the_configuration_goes_back_after_a_look_at_what_that_means(
    product: Product, staff: dict[str, str], open_as: Open
) -> None:
    product.call("POST", "/teams", {"name": "Before the slip", "member_ids": []})
    page = open_as(staff["manager"], "/administration/versions")
    first = page.locator("tbody tr").first
    expect(first).to_contain_text("Administrator", timeout=SLOW_MS)
    kept = first.locator("th").inner_text()
    product.call("POST", "/teams", {"name": "The slip", "member_ids": []})
    page.reload()
    row = page.locator("tr", has=page.get_by_role("rowheader", name=kept, exact=True))
    row.get_by_role("button", name="Compare with now").click(timeout=SLOW_MS)
    expect(page.locator("#asked")).to_contain_text("The slip is made", timeout=SLOW_MS)
    row.get_by_role("button", name="Go back to it").click()
    expect(page.locator("#asked")).to_contain_text("The slip is deleted", timeout=SLOW_MS)
    page.get_by_role("button", name="Yes, go back").click()
    expect(page.locator(".done")).to_contain_text(f"as it was in version {kept}", timeout=SLOW_MS)
    teams = [t["name"] for t in product.call("GET", "/teams")["items"]]
    assert "Before the slip" in teams and "The slip" not in teams
    assert serious(page) == []


@pytest.mark.parametrize("width", [390, 1280])
def test_everybody_sees_the_health_and_nobody_is_kept_out_by_how_it_looks(
    product: Product, staff: dict[str, str], open_as: Open, width: int
) -> None:
    page = open_as(staff["viewer"], "/administration", width)
    expect(page.locator("#tiles")).to_be_visible(timeout=SLOW_MS)
    expect(page.get_by_role("link", name="Audit log")).to_have_count(0)
    expect(page.get_by_role("button", name="Test email")).to_have_count(0)
    page.goto("/administration/audit")
    expect(page.locator(".empty")).to_contain_text("Only managers", timeout=SLOW_MS)
    page = open_as(staff["admin"], "/administration", width)
    found = []
    for path, shown in (
        ("/administration", "#tiles"),
        ("/administration/configuration", "h1"),
        ("/administration/audit", "tbody tr"),
        ("/administration/keys", "tbody tr"),
    ):
        page.goto(path)
        expect(page.locator(shown).first).to_be_visible(timeout=SLOW_MS)
        found += serious(page)
    assert found == []


def test_what_is_managed_by_code_says_so_where_it_would_be_edited(product: Product, open_as: Open) -> None:
    boss = product.call("POST", "/users", {"name": "Wiebke", "email": "wiebke@example.org", "role": "manager"})["id"]
    page = open_as(boss, "/services")
    expect(page.get_by_role("button", name="Add a service")).to_be_visible(timeout=SLOW_MS)
    expect(page.get_by_role("note")).to_have_count(0)
    managed = {"lives_in": "https://git.example.org/ops", "locked": ["services"]}
    product.call("POST", "/configuration/apply", {"managed": managed})
    try:
        page.reload()
        told = page.get_by_role("note")
        expect(told).to_contain_text("Managed by code: services", timeout=SLOW_MS)
        expect(told).to_contain_text("It lives in https://git.example.org/ops")
        assert serious(page) == []
        page.get_by_role("button", name="Add a service").click()
        page.get_by_label("Name", exact=True).fill("By hand")
        page.get_by_role("button", name="Save the service").click()
        expect(page.get_by_role("alert")).to_contain_text("managed by code", timeout=SLOW_MS)
        page.goto("/policies")
        expect(page.get_by_role("link", name="New policy")).to_be_visible(timeout=SLOW_MS)
        expect(page.get_by_role("note")).to_have_count(0)
    finally:
        product.call("POST", "/configuration/apply", {})
