"""Schedules and policies are written in the browser, and what is shown before saving is what then happens."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.console.conftest import Open
from tests.console.test_incidents import serious
from tests.product import Product, step, until

pytestmark = pytest.mark.e2e
SLOW_MS = 60_000


@pytest.fixture(scope="module")
def crew(product: Product) -> dict[str, str]:
    """A manager, two responders, a viewer, and a schedule in which Ines is on call."""
    boss = product.call("POST", "/users", {"name": "Mia", "email": "mia@example.org", "role": "manager"})["id"]
    viewer = product.call("POST", "/users", {"name": "Vera", "email": "vera@example.org", "role": "viewer"})["id"]
    ines, jan = (product.person(name, "outbox", "") for name in ("Ines", "Jan"))
    rotation = {"unit": "week", "every": 1, "start": "2026-01-05T09:00:00", "users": [ines]}
    body = {"name": "Rota line", "zone": "UTC", "layers": [{"name": "weekly", "rotation": rotation}]}
    schedule = product.call("POST", "/schedules", body)["id"]
    return {"boss": boss, "viewer": viewer, "ines": ines, "jan": jan, "schedule": schedule}


def test_a_schedule_is_shown_as_it_is_typed_and_saved_as_a_whole(
    product: Product, crew: dict[str, str], open_as: Open
) -> None:
    page = open_as(crew["boss"], f"/schedules/{crew['schedule']}/edit")
    expect(page.locator(".line.final")).to_contain_text("Ines", timeout=SLOW_MS)
    page.get_by_label("Add a person").select_option(label="Jan")
    expect(page.locator(".line.final")).to_contain_text("Jan", timeout=SLOW_MS)
    expect(page.locator("#changes")).to_contain_text("Jan gains")
    page.get_by_text("Comings and goings").click()
    page.get_by_role("button", name="Add an absence").click()
    expect(page.locator(".card .problem-text").first).to_contain_text("Choose who", timeout=SLOW_MS)
    page.locator(".card .form", has_text="Absent").get_by_role("button", name="Remove").click()
    expect(page.locator(".card .problem-text")).to_have_count(0, timeout=SLOW_MS)
    page.get_by_label("Unit").select_option("day")
    page.get_by_label("Every").fill("0")
    page.get_by_label("Every").blur()
    expect(page.locator(".card .problem-text")).to_contain_text("1", timeout=SLOW_MS)
    page.get_by_role("button", name="Save the schedule").click()
    expect(page.locator(".problem")).to_be_visible(timeout=SLOW_MS)
    kept = product.call("GET", f"/schedules/{crew['schedule']}")["layers"][0]["rotation"]
    assert (kept["unit"], kept["users"]) == ("week", [crew["ines"]]), "nothing is half saved"
    page.get_by_label("Every").fill("1")
    page.get_by_label("Every").blur()
    expect(page.locator(".card .problem-text")).to_have_count(0, timeout=SLOW_MS)
    assert serious(page) == []
    page.get_by_role("button", name="Save the schedule").click()
    expect(page).to_have_url(f"/on-call?schedule={crew['schedule']}", timeout=SLOW_MS)
    expect(page.locator(".line.final")).to_contain_text("Jan", timeout=SLOW_MS)
    kept = product.call("GET", f"/schedules/{crew['schedule']}")["layers"][0]["rotation"]
    assert (kept["unit"], kept["users"]) == ("day", [crew["ines"], crew["jan"]])
    product.call("PUT", f"/schedules/{crew['schedule']}", only(crew["ines"]))


def only(user: str) -> dict[str, Any]:
    rotation = {"unit": "week", "every": 1, "start": "2026-01-05T09:00:00", "users": [user]}
    return {"name": "Rota line", "zone": "UTC", "layers": [{"name": "weekly", "rotation": rotation}]}


def test_of_two_who_edit_the_second_is_told_and_decides(product: Product, crew: dict[str, str], open_as: Open) -> None:
    path = f"/schedules/{crew['schedule']}"
    mail = "nora@example.org"
    other = product.call("POST", "/users", {"name": "Nora", "email": mail, "role": "manager"})["id"]
    mia, nora = open_as(crew["boss"], f"{path}/edit"), open_as(other, f"{path}/edit")
    for page in (mia, nora):
        expect(page.locator(".line.final")).to_contain_text("Ines", timeout=SLOW_MS)
    nora.get_by_label("Name of the layer").fill("nights")
    nora.get_by_label("Name of the layer").blur()
    expect(nora.locator(".line", has_text="nights").first).to_be_visible(timeout=SLOW_MS)
    nora.get_by_role("button", name="Save the schedule").click()
    expect(nora.locator("h1")).to_have_text("On call now", timeout=SLOW_MS)

    mia.get_by_label("Add a person").select_option(label="Jan")
    expect(mia.locator(".line.final")).to_contain_text("Jan", timeout=SLOW_MS)
    mia.get_by_role("button", name="Save the schedule").click()
    notice = mia.locator(".overtaken")
    expect(notice).to_contain_text("Nora changed the schedule at", timeout=SLOW_MS)
    assert serious(mia) == []
    assert product.call("GET", path)["layers"][0]["name"] == "nights", "hers is what is saved"
    mia.get_by_label("Every").fill("2")
    mia.get_by_label("Every").blur()
    expect(mia.locator("#changes li").first).to_be_visible(timeout=SLOW_MS)
    expect(mia.locator(".people")).to_contain_text("Jan")
    expect(notice).to_be_visible()

    notice.get_by_role("button", name="Load what it says now").click()
    expect(mia.get_by_label("Name of the layer")).to_have_value("nights", timeout=SLOW_MS)
    expect(mia.locator(".people")).not_to_contain_text("Jan")
    expect(notice).to_have_count(0)
    product.call("PUT", path, only(crew["ines"]))
    mia.get_by_label("Add a person").select_option(label="Jan")
    expect(mia.locator(".people")).to_contain_text("Jan", timeout=SLOW_MS)
    mia.get_by_role("button", name="Save the schedule").click()
    notice.get_by_role("button", name="Overwrite it with mine").click(timeout=SLOW_MS)
    expect(mia).to_have_url(f"/on-call?schedule={crew['schedule']}", timeout=SLOW_MS)
    layer = product.call("GET", path)["layers"][0]
    assert (layer["name"], layer["rotation"]["users"]) == ("nights", [crew["ines"], crew["jan"]])
    product.call("PUT", path, only(crew["ines"]))


def test_a_new_schedule_with_hours_and_gaps_is_made(product: Product, crew: dict[str, str], open_as: Open) -> None:
    page = open_as(crew["boss"], "/schedules/new")
    page.get_by_label("Name", exact=True).fill("By day", timeout=SLOW_MS)
    page.get_by_label("Name", exact=True).blur()
    page.get_by_label("Add a person").select_option(label="Jan")
    expect(page.locator(".line.final")).to_contain_text("Jan", timeout=SLOW_MS)
    page.locator("summary", has_text="Only at some hours").click()
    page.get_by_role("button", name="Add hours").click()
    expect(page.locator(".preview")).to_contain_text("times with nobody on call", timeout=SLOW_MS)
    expect(page.locator(".line.final .shift.gap").first).to_be_visible()
    page.get_by_role("button", name="Save the schedule").click()
    expect(page.locator("h1")).to_have_text("On call now", timeout=SLOW_MS)
    made = next(s for s in product.call("GET", "/schedules")["items"] if s["name"] == "By day")
    assert made["layers"][0]["windows"][0]["weekdays"] == [0, 1, 2, 3, 4]


def test_shifts_are_written_down_one_by_one_and_a_calendar_is_imported(
    product: Product, crew: dict[str, str], open_as: Open
) -> None:
    path = f"/schedules/{crew['schedule']}"
    page = open_as(crew["boss"], f"{path}/edit")
    expect(page.locator(".line.final")).to_contain_text("Ines", timeout=SLOW_MS)
    page.get_by_role("button", name="Add a layer").click()
    card = page.locator(".card", has_text="Layer 2")
    card.get_by_label("Add a person").select_option(label="Jan", timeout=SLOW_MS)
    card.get_by_role("button", name="Remove Jan").click(timeout=SLOW_MS)
    expect(card.get_by_role("button", name="Remove Jan")).to_have_count(0, timeout=SLOW_MS)
    expect(page.locator(".card").first.locator(".people")).to_contain_text("Ines")
    card.get_by_label("Who is on call in it").select_option("fixed", timeout=SLOW_MS)
    expect(card.locator(".problem-text")).to_contain_text("Add a shift", timeout=SLOW_MS)
    card.get_by_role("button", name="Add a shift").click()
    card.locator("li.form select").select_option(label="Jan", timeout=SLOW_MS)
    expect(page.locator(".line.final")).to_contain_text("Jan", timeout=SLOW_MS)
    start = card.get_by_label("From", exact=True).input_value()
    assert serious(page) == []
    page.get_by_role("button", name="Save the schedule").click()
    expect(page).to_have_url(f"/on-call?schedule={crew['schedule']}", timeout=SLOW_MS)
    layers = product.call("GET", path)["layers"]
    (shift,) = layers[1]["fixed"]["shifts"]
    assert (shift["user"], shift["start"][:16]) == (crew["jan"], start)

    page.goto(f"{path}/edit")
    section = page.locator("#calendars")
    section.get_by_role("button", name="Import a calendar").click(timeout=SLOW_MS)
    section.get_by_label("Name of its layer").fill("Duty", timeout=SLOW_MS)
    section.get_by_label("Address").fill("http://127.0.0.1:9/duty.ics")
    section.get_by_label("Who is meant").fill("J. on duty = Jan")
    section.get_by_role("button", name="Save the calendar").click()
    expect(section.locator(".card")).to_contain_text("127.0.0.1", timeout=SLOW_MS)
    section.get_by_role("button", name="Change: Duty").click()
    expect(section.get_by_label("Who is meant")).to_have_value("J. on duty = Jan", timeout=SLOW_MS)
    section.get_by_label("Ask every").fill("30 min")
    section.get_by_role("button", name="Save the calendar").click()
    expect(section.get_by_label("Address")).to_have_count(0, timeout=SLOW_MS)
    (calendar,) = product.call("GET", f"{path}/calendars")["items"]
    assert (calendar["every_s"], calendar["host"], calendar["people"]) == (
        1800,
        "127.0.0.1",
        {"J. on duty": crew["jan"]},
    )
    assert serious(page) == []
    section.get_by_text("Remove the calendar", exact=True).click()
    section.get_by_role("button", name="Yes, remove the calendar").click()
    expect(section.locator(".card")).to_have_count(0, timeout=SLOW_MS)
    assert product.call("GET", f"{path}/calendars")["items"] == []
    product.call("PUT", path, only(crew["ines"]))


def test_a_policy_is_played_through_as_it_is_typed_and_then_pages_so(
    product: Product, crew: dict[str, str], open_as: Open
) -> None:
    url = product.integration("rota shop", "generic", [step(crew["ines"], 600)])
    page = open_as(crew["boss"], "/policies")
    expect(page.locator("tr", has_text="rota shop")).to_contain_text("integration rota shop", timeout=SLOW_MS)
    assert serious(page) == []
    page.get_by_role("link", name="rota shop").click()
    expect(page.locator("#plan")).to_contain_text("Ines", timeout=SLOW_MS)
    expect(page.locator("#uses")).to_contain_text("integration rota shop")
    page.get_by_role("button", name="Add a step").click()
    page.get_by_label("Add somebody to call").nth(1).select_option(label="user Jan", timeout=SLOW_MS)
    expect(page.locator("#plan")).to_contain_text("Jan: outbox", timeout=SLOW_MS)
    page.get_by_role("button", name="Move up step 2").click()
    expect(page.locator("#plan .paged li").first).to_contain_text("Jan", timeout=SLOW_MS)
    assert len(product.call("GET", f"/policies/{of(page)}")["steps"]) == 1, "nothing is saved yet"
    assert serious(page) == []
    page.get_by_role("button", name="Save the policy").click()
    expect(page).to_have_url("/policies", timeout=SLOW_MS)
    line = product.post(url, {"title": "Who first?"}).json()["incident_lines"][0]
    assert until("the page", lambda: called(product, f"{line}-1")) == ["Jan"]


def of(page: Page) -> str:
    return page.url.rpartition("/")[2]


def called(product: Product, ident: str) -> list[str]:
    for alert in product.call("GET", "/alerts")["items"]:
        if alert["id"] == ident:
            return list(alert["assignee_names"])
    return []


def test_a_viewer_is_not_offered_changes(crew: dict[str, str], open_as: Open) -> None:
    page = open_as(crew["viewer"], f"/schedules/{crew['schedule']}/edit")
    expect(page.get_by_role("button", name="Save the schedule")).to_be_disabled(timeout=SLOW_MS)
    expect(page.get_by_label("Name", exact=True)).to_be_disabled()
    page.goto("/policies")
    expect(page.locator("table")).to_be_visible(timeout=SLOW_MS)
    expect(page.get_by_text("New policy")).to_have_count(0)


def test_the_last_resort_is_changed_by_an_administrator_and_is_never_empty(
    product: Product, crew: dict[str, str], open_as: Open
) -> None:
    before = product.call("GET", "/last-resort")
    admin = next(u["id"] for u in product.call("GET", "/users")["items"] if u["role"] == "admin")
    page = open_as(crew["boss"], "/policies")
    expect(page.locator("#last-resort")).to_contain_text("Administrator", timeout=SLOW_MS)
    expect(page.get_by_label("Add to the last resort")).to_have_count(0)
    page = open_as(admin, "/policies")
    page.get_by_label("Add to the last resort").select_option(label="user Jan", timeout=SLOW_MS)
    expect(page.locator("#last-resort")).to_contain_text("Jan", timeout=SLOW_MS)
    page.get_by_role("button", name="Remove Administrator").click()
    expect(page.locator("#last-resort")).not_to_contain_text("Administrator", timeout=SLOW_MS)
    page.get_by_role("button", name="Remove Jan").click()
    expect(page.locator(".problem")).to_be_visible(timeout=SLOW_MS)
    kept = product.call("GET", "/last-resort")["targets"]
    assert [t["id"] for t in kept] == [crew["jan"]], "somebody is always called in the end"
    product.call("PUT", "/last-resort", before)


def test_a_holiday_calendar_is_made_looked_at_and_deleted(
    product: Product, crew: dict[str, str], open_as: Open
) -> None:
    page = open_as(crew["boss"], "/on-call/holidays")
    page.get_by_role("button", name="Add a calendar").click(timeout=SLOW_MS)
    form = page.get_by_role("form", name="Holiday calendar")
    form.get_by_label("Name", exact=True).fill("Days of Saxony", timeout=SLOW_MS)
    form.get_by_label("Public holidays of country").fill("de")
    form.get_by_label("Only of this part").fill("nowhere")
    form.get_by_label("And these days").fill("2030-12-24\n2031-12-24")
    form.get_by_role("button", name="Save the calendar").click()
    expect(form).to_contain_text("DE has no subdivision", timeout=SLOW_MS)
    form.get_by_label("Only of this part").fill("SN")
    form.get_by_role("button", name="Save the calendar").click()
    row = page.get_by_role("row").filter(has_text="Days of Saxony")
    expect(row).to_contain_text("DE, SN", timeout=SLOW_MS)
    (made,) = (c for c in product.call("GET", "/holiday-calendars")["items"] if c["name"] == "Days of Saxony")
    assert made["dates"] == ["2030-12-24", "2031-12-24"]
    row.get_by_role("button", name="Edit Days of Saxony").click()
    expect(page.locator(".explained")).to_contain_text("25 Dec", timeout=SLOW_MS)
    assert serious(page) == []
    looks = open_as(crew["viewer"], "/on-call/holidays")
    expect(looks.get_by_text("Your role may only look.")).to_be_visible(timeout=SLOW_MS)
    expect(looks.get_by_role("button", name=re.compile("Add a calendar|Edit"))).to_have_count(0)
    page.locator("summary", has_text="Delete the calendar").click()
    page.get_by_role("button", name="Yes, delete the calendar").click(timeout=SLOW_MS)
    expect(page.locator(".empty, table")).not_to_contain_text("Days of Saxony", timeout=SLOW_MS)
    assert made["id"] not in str(product.call("GET", "/holiday-calendars"))
