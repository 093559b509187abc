"""Setting up in a real browser: an integration whose snippet really works, its rules and their trying; noise; services."""

from __future__ import annotations

import shlex
import subprocess
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.console.conftest import Open
from tests.console.test_incidents import serious
from tests.product import Product, step

pytestmark = pytest.mark.e2e
SLOW_MS = 60_000


@pytest.fixture(scope="module")
def crew(product: Product) -> dict[str, str]:
    """People by role, and a policy that pages the first of them."""
    manager = product.person("Mona", "outbox", "")
    product.call("PUT", f"/users/{manager}", {"name": "Mona", "email": "mona@example.org", "role": "manager"})
    viewer = product.call("POST", "/users", {"name": "Vito", "email": "vito@example.org", "role": "viewer"})["id"]
    product.call("POST", "/policies", {"name": "Setup shop", "steps": [step(manager, 600)], "repeat": 0})
    return {"manager": manager, "viewer": viewer}


def made(page: Page, name: str) -> None:
    """Make an integration by the form and be on its page."""
    expect(page.get_by_role("heading", name="Make an integration")).to_be_visible(timeout=SLOW_MS)
    page.get_by_label("Name", exact=True).first.fill(name)
    page.get_by_label("Who is called: policy").select_option(label="Setup shop")
    page.get_by_role("button", name="Make it, with a key").click()
    expect(page.get_by_role("heading", name=name)).to_be_visible(timeout=SLOW_MS)


def request_of(page: Page, status: int) -> Any:
    return page.locator(f'[data-request="{status}"]')


def test_an_integration_is_made_its_snippet_posts_and_what_came_is_shown(
    product: Product, crew: dict[str, str], open_as: Open
) -> None:
    page = open_as(crew["manager"], "/integrations")
    made(page, "Browser made")
    snippet = page.get_by_role("region", name="curl").inner_text()
    assert "snt_int_" in snippet, "the key is shown this once"
    words = [word for word in shlex.split(snippet.replace("\\\n", " ")) if word.strip()]
    sent = subprocess.run([*words, "--noproxy", "*", "-s"], capture_output=True, text=True, timeout=30)
    assert '"accepted"' in sent.stdout, sent
    expect(request_of(page, 202)).to_contain_text("It opened the incident", timeout=SLOW_MS)
    bad = [*words[: words.index("-d")], "-d", '{"text": "no title"}', "--noproxy", "*", "-s"]
    subprocess.run(bad, capture_output=True, timeout=30, check=True)
    expect(request_of(page, 422)).to_contain_text("title", timeout=SLOW_MS)
    key = next(word for word in words if "snt_int_" in word).rpartition(" ")[2]
    assert key not in page.locator(".requests").inner_text()

    page.get_by_role("button", name="Send a test alert").click()
    expect(page.locator("#tested")).to_be_visible(timeout=SLOW_MS)
    expect(request_of(page, 202)).to_have_count(2)
    ident = str(page.locator("#tested").get_attribute("href")).rpartition("/")[2]
    assert product.call("GET", f"/alerts/{ident}")["title"] == "Test alert from Sentinel"
    request_of(page, 202).last.get_by_role("link", name="Open the incident").click()
    expect(page.locator("#status")).to_have_text("triggered", timeout=SLOW_MS)
    expect(page.locator("h1")).to_have_text("Disk full on db1")


def test_the_canarys_integration_is_shown_and_not_offered_for_change(
    product: Product, crew: dict[str, str], open_as: Open
) -> None:
    page = open_as(crew["manager"], "/integrations")
    row = page.locator("tr", has_text="Sentinel canary")
    expect(row).to_contain_text("built in", timeout=SLOW_MS)
    row.get_by_role("link").click()
    expect(page.get_by_text("Sentinel's own")).to_be_visible(timeout=SLOW_MS)
    for text in ("Delete this integration", "Send a test alert", "Add a rule", "Save"):
        expect(page.locator("button, summary", has_text=text)).to_have_count(0)
    assert serious(page) == []


def test_rules_are_made_moved_and_tried(product: Product, crew: dict[str, str], open_as: Open) -> None:
    page = open_as(crew["manager"], "/integrations")
    made(page, "Ruled")
    for name, condition in (("night", "time=night"), ("databases", "service=~post.*")):
        page.get_by_role("button", name="Add a rule").click()
        form = page.get_by_role("form", name="Rule")
        form.get_by_label("Name").fill(name)
        form.get_by_label("Conditions on labels").fill(condition)
        form.get_by_label("Severity becomes").select_option("warning")
        page.get_by_role("button", name="Save the rule").click()
        expect(page.locator(".rules")).to_contain_text(name, timeout=SLOW_MS)
    page.get_by_role("button", name="Move databases before").click()
    expect(page.locator(".rules > li").first).to_contain_text("databases", timeout=SLOW_MS)
    page.get_by_label("Labels, one a line").fill("service=postgres")
    page.get_by_role("button", name="Try it").click()
    expect(page.locator("#tried .rule")).to_contain_text("databases", timeout=SLOW_MS)
    expect(page.locator("#tried")).to_contain_text("Mona")
    page.get_by_role("button", name="By what the sender posts").click()
    page.get_by_label("Body as the sender posts it").fill('{"title": "x", "labels": {"time": "day"}}')
    page.get_by_role("button", name="Try it").click()
    expect(page.locator("#tried .rule")).to_contain_text("default route", timeout=SLOW_MS)
    page.get_by_role("button", name="Edit databases").click()
    expect(page.get_by_label("Conditions on labels")).to_have_value("service=~post.*", timeout=SLOW_MS)
    page.get_by_label("Conditions on labels").fill("nonsense")
    page.get_by_role("button", name="Save the rule").click()
    expect(page.get_by_role("alert")).to_contain_text("no condition", timeout=SLOW_MS)
    page.get_by_role("button", name="Cancel").click()
    page.get_by_text("Settings, templates and grouping").click()
    page.get_by_label("Body to try").fill('{"title": "hot", "labels": {"service": "cooling"}}')
    page.locator('[name="template_title"]').fill("{{ alert.labels.service }} is {{ alert.title }}")
    page.get_by_role("button", name="Save, or preview the body").click()
    expect(page.locator(".settings")).to_contain_text("cooling is hot", timeout=SLOW_MS)
    page.get_by_label("Body to try").fill("")
    page.get_by_role("button", name="Save, or preview the body").click()
    expect(page.locator(".done")).to_contain_text("Saved", timeout=SLOW_MS)
    saved = next(i for i in product.call("GET", "/integrations")["items"] if i["name"] == "Ruled")
    assert saved["templates"]["title"].startswith("{{ alert.labels.service }}") and saved["flapping"]["refires"] == 3
    assert len(saved["routes"]) == 2
    page.locator(".rules > li").first.get_by_text("Delete", exact=True).click()
    page.get_by_role("button", name="Yes, delete").first.click()
    expect(page.locator(".rules > li")).to_have_count(1, timeout=SLOW_MS)


def test_a_silence_is_looked_at_and_saved_and_maintenance_and_a_heartbeat_are_made(
    product: Product, crew: dict[str, str], open_as: Open
) -> None:
    url = product.integration("Noisy", "generic", [step(crew["manager"], 600)])
    product.post(url, {"title": "Blue disk", "labels": {"alertname": "DiskFull", "cluster": "blue"}})
    page = open_as(crew["manager"], "/noise")
    page.get_by_label("Conditions on labels").fill("alertname=~Disk.*\ncluster=blue", timeout=SLOW_MS)
    page.get_by_label("Why").fill("disks are replaced")
    page.get_by_role("button", name="Look what it fits").click()
    expect(page.locator("#fits")).to_contain_text("Blue disk", timeout=SLOW_MS)
    assert product.call("GET", "/silences")["items"] == []
    page.get_by_role("button", name="Save the silence").click()
    expect(page.locator(".rules")).to_contain_text("alertname=~Disk.*", timeout=SLOW_MS)
    assert product.call("GET", "/silences")["items"][0]["comment"] == "disks are replaced"
    before = product.call("GET", "/silences")["items"][0]["ends_at"]
    page.get_by_role("button", name="An hour longer").click()
    expect(page.locator(".done")).to_contain_text("an hour longer", timeout=SLOW_MS)
    assert product.call("GET", "/silences")["items"][0]["ends_at"] > before
    page.get_by_role("button", name="Edit the silence of").click()
    change = page.get_by_role("form", name="Change the silence")
    change.get_by_label("Why").fill("disks come on Monday", timeout=SLOW_MS)
    change.get_by_label("Until (UTC)").fill((datetime.now(UTC) + timedelta(days=2)).strftime("%Y-%m-%dT12:30"))
    change.get_by_role("button", name="Save the change").click()
    expect(page.locator(".rules")).to_contain_text("disks come on Monday", timeout=SLOW_MS)
    assert product.call("GET", "/silences")["items"][0]["ends_at"][10:16] == "T12:30"
    page.get_by_text("End it now", exact=True).click()
    page.get_by_role("button", name="Yes, end it now").click()
    expect(page.locator(".empty")).to_be_visible(timeout=SLOW_MS)

    page.get_by_role("link", name="Maintenance").click()
    expect(page.get_by_role("heading", name="Maintenance", exact=True)).to_be_visible(timeout=SLOW_MS)
    page.get_by_label("Name", exact=True).fill("Backups", timeout=SLOW_MS)
    page.get_by_label("Only in these hours").fill("Mon-Fri 22:00-01:00 Europe/Berlin")
    page.get_by_label("Noisy").check()
    page.get_by_role("button", name="Save the maintenance").click()
    expect(page.locator(".rules")).to_contain_text(
        "Noisy, Mon,Tue,Wed,Thu,Fri 22:00-01:00 Europe/Berlin", timeout=SLOW_MS
    )

    page.get_by_role("button", name="Edit Backups").click()
    expect(page.get_by_label("Noisy")).to_be_checked(timeout=SLOW_MS)
    page.get_by_label("Why").fill("tapes")
    page.get_by_role("button", name="Save the maintenance").click()
    expect(page.locator(".rules")).to_contain_text("tapes", timeout=SLOW_MS)
    (work,) = product.call("GET", "/maintenance")["items"]
    assert (work["comment"], work["windows"][0]["weekdays"]) == ("tapes", [0, 1, 2, 3, 4])

    page.get_by_role("link", name="Heartbeats").click()
    expect(page.get_by_role("heading", name="Heartbeats", exact=True)).to_be_visible(timeout=SLOW_MS)
    page.get_by_label("Name", exact=True).fill("Nightly backup", timeout=SLOW_MS)
    page.get_by_label("Cron", exact=True).fill("0 2 * * *")
    page.get_by_label("Who is called: policy").select_option(label="Setup shop")
    page.get_by_role("button", name="Make the heartbeat").click()
    expect(page.get_by_role("region", name="Command for the job")).to_be_visible(timeout=SLOW_MS)
    assert (
        product.post(
            page.get_by_role("region", name="Command for the job").inner_text().rpartition(" ")[2], b"done"
        ).status_code
        == 200
    )
    expect(page.locator('[data-heartbeat="up"]')).to_contain_text("last ping (success)", timeout=SLOW_MS)
    page.get_by_role("button", name="Edit Nightly backup").click()
    expect(page.get_by_label("Cron", exact=True)).to_have_value("0 2 * * *", timeout=SLOW_MS)
    page.get_by_label("Grace").fill("30 s")
    page.get_by_role("button", name="Save the heartbeat").click()
    expect(page.locator(".rules")).to_contain_text("grace 30 s", timeout=SLOW_MS)
    page.get_by_role("button", name="Pause Nightly backup").click()
    expect(page.locator('[data-heartbeat="paused"]')).to_be_visible(timeout=SLOW_MS)


def test_services_are_made_and_say_what_they_need_and_what_is_open(
    product: Product, crew: dict[str, str], open_as: Open
) -> None:
    page = open_as(crew["manager"], "/services")
    for name, needs in (("Postgres", ""), ("Checkout", "Postgres")):
        page.get_by_role("button", name="Add a service").click(timeout=SLOW_MS)
        form = page.get_by_role("form", name="Service")
        form.get_by_label("Name").fill(name)
        if needs:
            form.get_by_label(needs, exact=True).check()
        page.get_by_role("button", name="Save the service").click()
        expect(page.get_by_role("button", name=f"Edit {name}")).to_be_visible(timeout=SLOW_MS)
    expect(page.locator("tr", has_text="Checkout").last).to_contain_text("Postgres")
    page.get_by_role("button", name="Edit Postgres").click()
    page.get_by_label("Tier").select_option("1", timeout=SLOW_MS)
    page.get_by_text("Delete the service", exact=True).click()
    page.get_by_role("button", name="Yes, delete the service").click()
    expect(page.get_by_role("alert")).to_contain_text("Checkout", timeout=SLOW_MS)
    page.get_by_role("button", name="Save the service").click()
    expect(page.get_by_role("button", name="Add a service")).to_be_visible(timeout=SLOW_MS)
    found = {s["name"]: s for s in product.call("GET", "/services")["items"]}
    assert (found["Postgres"]["tier"], found["Postgres"]["needed_by"]) == (1, [found["Checkout"]["id"]])


def test_a_destination_is_made_kept_secret_and_not_deleted_while_a_policy_calls_it(
    product: Product, crew: dict[str, str], open_as: Open
) -> None:
    page = open_as(crew["manager"], "/policies")
    page.get_by_role("link", name="Destinations").click(timeout=SLOW_MS)
    page.get_by_role("button", name="Add a destination").click(timeout=SLOW_MS)
    form = page.get_by_role("form", name="Destination")
    form.get_by_label("Name").fill("zz restart", timeout=SLOW_MS)
    form.get_by_label("Kind").select_option("webhook")
    form.get_by_label("Secret").fill("a secret of the automation")
    form.get_by_label("Address").fill("http://10.0.0.1/token")
    save = page.get_by_role("button", name="Save the destination")
    save.click()
    expect(form.locator(".problem-text")).to_contain_text("10.0.0.1", timeout=SLOW_MS)
    form.get_by_label("Address").fill("http://127.0.0.1:9/token")
    save.click()
    row = page.locator("tr", has=page.get_by_role("rowheader", name="zz restart"))
    expect(row).to_contain_text("No step of a policy names it", timeout=SLOW_MS)
    expect(row).to_contain_text("signed")
    assert "token" not in row.inner_text()
    row.get_by_role("button", name="Test zz restart").click()
    expect(row.get_by_role("status")).to_contain_text("Not sent: ", timeout=SLOW_MS)
    expect(row.get_by_role("status")).to_contain_text("127.0.0.1")
    assert "token" not in row.inner_text()
    made = next(d["id"] for d in product.call("GET", "/destinations")["items"] if d["name"] == "zz restart")
    calls = [{"kind": "destination", "id": made}, {"kind": "user", "id": crew["manager"]}]
    policy = product.call("POST", "/policies", {"name": "zz shop", "steps": [{"targets": calls, "wait_s": 60}]})["id"]

    page.get_by_role("button", name="Edit zz restart").click()
    form.get_by_label("Name").fill("zz reboot", timeout=SLOW_MS)
    product.call("PUT", f"/destinations/{made}", {"name": "zz theirs", "kind": "webhook"})
    assert serious(page) == []
    save.click()
    expect(page.locator(".overtaken")).to_contain_text("changed the destination", timeout=SLOW_MS)
    page.get_by_role("button", name="Overwrite it with mine").click()
    row = page.locator("tr", has=page.get_by_role("rowheader", name="zz reboot"))
    expect(row.get_by_role("link", name="zz shop")).to_be_visible(timeout=SLOW_MS)
    expect(row).to_contain_text("signed")
    page.get_by_role("button", name="Edit zz reboot").click()
    page.get_by_text("Delete the destination", exact=True).click(timeout=SLOW_MS)
    page.get_by_role("button", name="Yes, delete the destination").click()
    expect(page.get_by_role("alert")).to_contain_text("policy zz shop", timeout=SLOW_MS)
    product.call("DELETE", f"/policies/{policy}")
    page.get_by_role("button", name="Yes, delete the destination").click()
    expect(page.locator(".done")).to_have_text("Deleted.", timeout=SLOW_MS)
    assert made not in {d["id"] for d in product.call("GET", "/destinations")["items"]}


def test_a_viewer_is_offered_no_change_and_nothing_is_serious_for_screen_readers(
    product: Product, crew: dict[str, str], open_as: Open
) -> None:
    first = product.call("GET", "/integrations")["items"][0]["id"]
    page = open_as(crew["viewer"], "/integrations")
    found: list[str] = []
    for path in ("/integrations", f"/integrations/{first}", "/services", "/destinations", *NOISE):
        page.goto(path)
        expect(page.locator(".setup h1")).to_be_visible(timeout=SLOW_MS)
        expect(page.locator("main").get_by_text("Loading …")).to_have_count(0, timeout=SLOW_MS)
        for change in (
            "Make it",
            "Add a",
            "Save the",
            "Look what",
            "Send a test",
            "Make a",
            "Make the",
            "Edit",
            "Delete",
        ):
            expect(page.get_by_role("button", name=change)).to_have_count(0)
        found += serious(page)
    manager = open_as(crew["manager"], f"/integrations/{first}", 390)
    manager.get_by_role("button", name="Add a rule").click(timeout=SLOW_MS)
    manager.get_by_text("Settings, templates").click()
    for path in ("", *NOISE):
        if path:
            manager.goto(path)
        expect(
            manager.get_by_role("button", name="Save").or_(manager.locator("main form button[type=submit]")).first
        ).to_be_visible(timeout=SLOW_MS)
        found += serious(manager)
        assert manager.evaluate("document.documentElement.scrollWidth") <= 390, f"{path} is wider than a telephone"
    assert found == []


NOISE = ("/noise", "/noise/maintenance", "/noise/heartbeats")
