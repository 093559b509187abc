"""The calendar decides who is paged."""

from __future__ import annotations

import os
import signal
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import httpx
import pytest
from playwright.sync_api import WebSocket, expect

from tests.console.conftest import Open
from tests.console.test_incidents import serious
from tests.product import Product, until

pytestmark = pytest.mark.e2e
SLOW_MS = 60_000


def test_an_override_on_the_calendar_changes_who_is_paged(product: Product, open_as: Open) -> None:
    regular, other = (product.person(name, "outbox", "") for name in ("Gus", "Hanna"))
    rotation = {"unit": "week", "every": 1, "start": "2026-01-05T09:00:00", "users": [regular]}
    body = {"name": "Console line", "zone": "UTC", "layers": [{"name": "weekly", "rotation": rotation}]}
    schedule = product.call("POST", "/schedules", body)["id"]
    steps = [{"targets": [{"kind": "schedule", "id": schedule}], "wait_s": 600}]
    url = product.integration("console on call", "generic", steps)

    page, watched = (open_as(who, "/on-call") for who in (other, regular))
    watched.get_by_role("button", name="Console line").click(timeout=SLOW_MS)
    expect(watched.locator("tr", has_text="Console line")).to_contain_text("Gus", timeout=SLOW_MS)
    watched.get_by_label("Why").fill("being typed")
    page.get_by_role("button", name="Console line").click(timeout=SLOW_MS)
    expect(page.locator(".line.final")).to_contain_text("Gus", timeout=SLOW_MS)
    now = datetime.now(UTC)
    page.get_by_label("Who").select_option(label="Hanna")
    page.get_by_label("From").fill((now - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M"))
    page.get_by_label("To", exact=True).fill((now - timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M"))
    page.get_by_role("button", name="Save the override").click()
    expect(page.get_by_role("alert")).to_contain_text("end", timeout=SLOW_MS)
    page.get_by_label("To", exact=True).fill((now + timedelta(hours=8)).strftime("%Y-%m-%dT%H:%M"))
    page.get_by_role("button", name="Save the override").click()
    expect(page.locator(".line.override")).to_contain_text("replace: Hanna", timeout=SLOW_MS)
    expect(page.locator("tr", has_text="Console line")).to_contain_text("Hanna")
    expect(page.get_by_role("status").filter(has_text="Saved")).to_be_visible()
    expect(watched.locator("tr", has_text="Console line")).to_contain_text("Hanna", timeout=SLOW_MS)
    expect(watched.locator(".line.override")).to_contain_text("replace: Hanna", timeout=SLOW_MS)
    expect(watched.get_by_label("Why")).to_have_value("being typed")

    line = product.post(url, {"title": "Who is it?"}).json()["incident_lines"][0]
    shown = until("the page", lambda: called(product, f"{line}-1"))
    assert shown == ["Hanna"]
    page.get_by_role("button", name="Take back").click()
    for browser in (page, watched):
        expect(browser.locator(".line.override")).to_have_count(0, timeout=SLOW_MS)
    ends = (datetime.now(UTC) + timedelta(seconds=6)).isoformat()
    brief = {"kind": "replace", "user_id": other, "start": (now - timedelta(hours=1)).isoformat(), "end": ends}
    product.call("POST", f"/schedules/{schedule}/overrides", brief)
    expect(watched.locator("tr", has_text="Console line")).to_contain_text("Hanna: ", timeout=SLOW_MS)
    expect(watched.locator("tr", has_text="Console line")).to_contain_text("Gus: ", timeout=SLOW_MS)
    os.kill(int(product.running()["children"]["gateway"]), signal.SIGKILL)
    expect(watched.locator("[data-live=lost]")).to_contain_text("may be old", timeout=SLOW_MS)
    expect(watched.locator("[data-live=live]")).to_be_visible(timeout=2 * SLOW_MS)
    renamed = {"name": "Gus Gray", "email": "gus.gray@example.org"}
    product.call("PUT", f"/users/{regular}", renamed)
    expect(watched.locator("tr", has_text="Console line")).to_contain_text("Gus Gray", timeout=SLOW_MS)


def test_an_override_is_in_the_other_browsers_calendar_without_a_request(product: Product, open_as: Open) -> None:
    pia, quinn = (product.person(name, "outbox", "") for name in ("Pia", "Quinn"))
    rotation = {"unit": "week", "every": 1, "start": "2026-01-05T09:00:00", "users": [pia]}
    body = {"name": "Told line", "zone": "Europe/Berlin", "layers": [{"name": "weekly", "rotation": rotation}]}
    schedule = product.call("POST", "/schedules", body)["id"]
    watched, page = (open_as(who, f"/on-call?schedule={schedule}") for who in (pia, quinn))
    said: list[str] = []
    watched.on("request", lambda request: said.append(request.url))
    watched.on("websocket", lambda socket: heard(socket, said))
    watched.reload()
    for browser in (watched, page):
        expect(browser.locator(".line.final")).to_contain_text("Pia", timeout=SLOW_MS)
        expect(browser.get_by_label("Who").locator("option", has_text="Quinn")).to_have_count(1, timeout=SLOW_MS)
        expect(browser.get_by_text("By the clock of Europe/Berlin")).to_be_visible(timeout=SLOW_MS)
    said.clear()
    now = datetime.now(ZoneInfo("Europe/Berlin"))
    page.get_by_label("Who").select_option(label="Quinn")
    page.get_by_label("From").fill((now - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M"))
    page.get_by_label("To", exact=True).fill((now + timedelta(hours=8)).strftime("%Y-%m-%dT%H:%M"))
    page.get_by_role("button", name="Save the override").click()
    expect(watched.locator(".line.override")).to_contain_text("replace: Quinn", timeout=SLOW_MS)
    expect(watched.locator("tr", has_text="Told line")).to_contain_text("Quinn: ", timeout=SLOW_MS)
    assert said == [], "neither the browser nor the console's process asked for it"

    watched.goto(f"/on-call?schedule={schedule}&first=2026-10-24&span=7")
    expect(watched.locator(".day").first).to_have_text("Sat 24 Oct", timeout=SLOW_MS)
    widths = watched.locator(".day").evaluate_all("days => days.map((day) => parseFloat(day.style.width))")
    assert widths[1] / widths[0] == pytest.approx(25 / 24, rel=1e-3), "a day of 25 hours is as wide as it is long"
    watched.get_by_role("button", name="Later").click()
    expect(watched.locator(".day").first).to_have_text("Sat 31 Oct", timeout=SLOW_MS)
    expect(watched).to_have_url(f"/on-call?schedule={schedule}&first=2026-10-31&span=7")
    watched.goto("/on-call?schedule=gone")
    expect(watched.get_by_role("alert")).to_contain_text("There is no schedule with id 'gone'", timeout=SLOW_MS)
    expect(watched.locator("tr", has_text="Told line")).to_contain_text("Quinn: ")
    watched.get_by_role("button", name="Show the first schedule").click()
    expect(watched.locator(".line.final")).to_be_visible(timeout=SLOW_MS)


def heard(socket: WebSocket, said: list[str]) -> None:
    """What goes over the console's own websocket, but for its heartbeat: the state of a page that is touched."""
    if "/_event" in socket.url:
        for frames in ("framereceived", "framesent"):
            socket.on(frames, lambda payload: None if str(payload) in ("2", "3") else said.append(str(payload)))


def called(product: Product, ident: str) -> list[str]:
    for alert in product.call("GET", "/alerts")["items"]:
        if alert["id"] == ident:
            return list(alert["assignee_names"])
    return []


def test_a_stretch_is_drawn_on_the_final_line_and_a_month_and_everybody_are_shown(
    product: Product, open_as: Open
) -> None:
    ivo = product.person("Ivo", "outbox", "")
    rotation = {"unit": "week", "every": 1, "start": "2026-01-05T09:00:00", "users": [ivo]}
    free = (datetime.now(UTC).weekday() + 3) % 7
    windows = [{"weekdays": [day for day in range(7) if day != free]}]
    layers = [{"name": "six days", "rotation": rotation, "windows": windows}]
    body = {"name": "Drawn line", "zone": "Asia/Tokyo", "layers": layers}
    schedule = product.call("POST", "/schedules", body)["id"]
    page = open_as(ivo, f"/on-call?schedule={schedule}")
    line = page.locator(".line.final .drawable")
    expect(line).to_contain_text("Ivo", timeout=SLOW_MS)
    expect(page.locator("tr", has_text="Drawn line")).to_contain_text("outbox")
    line.scroll_into_view_if_needed()
    box = line.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.25, box["y"] + 10)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + 10)
    page.mouse.up()
    expect(page.get_by_label("From")).not_to_have_value("", timeout=SLOW_MS)
    low, high = (datetime.fromisoformat(page.get_by_label(name, exact=True).input_value()) for name in ("From", "To"))
    assert timedelta(days=3) < high - low < timedelta(days=4)
    expect(page.locator("#zone")).to_contain_text("Asia/Tokyo")
    page.get_by_label("Clock of the times").select_option("viewer")
    expect(page.locator("#zone")).not_to_contain_text("Asia/Tokyo", timeout=SLOW_MS)
    page.get_by_label("Span").select_option("month")
    expect(page.locator("table.month .shift.gap").first).to_be_visible(timeout=SLOW_MS)
    assert serious(page) == []
    page.get_by_role("button", name="Everyone").click()
    expect(page.locator(".line.final", has_text="Drawn line")).to_be_visible(timeout=SLOW_MS)
    assert serious(page) == []


def test_a_swap_is_asked_in_one_browser_and_taken_in_another(product: Product, open_as: Open) -> None:
    kim, lea = (product.person(name, "outbox", "") for name in ("Kim", "Lea"))
    rotation = {"unit": "week", "every": 1, "start": "2026-01-05T09:00:00", "users": [kim, lea]}
    body = {"name": "Swapped", "zone": "UTC", "layers": [{"name": "weekly", "rotation": rotation}]}
    schedule = product.call("POST", "/schedules", body)["id"]
    now = product.call("GET", "/on-call")["items"]
    holder = next(d["user_ids"][0] for d in now if d["schedule_id"] == schedule)
    asker, taker, name = (kim, lea, "Lea") if holder == kim else (lea, kim, "Kim")

    first, second = open_as(asker, "/on-call/mine"), open_as(taker, "/on-call/mine")
    expect(first.locator("#shifts")).to_contain_text("not ready", timeout=SLOW_MS)
    expect(first.locator("#shifts")).to_contain_text("outbox page only")
    first.get_by_label("Whom to ask").select_option(label=name)
    first.get_by_label("Why").fill("the dentist")
    first.get_by_role("button", name="Ask for a swap").click()
    expect(first.locator("#swaps")).to_contain_text(f"you ask {name}", timeout=SLOW_MS)
    expect(second.locator("#swaps")).to_contain_text("the dentist", timeout=SLOW_MS)
    second.get_by_role("button", name="Take it").click()
    expect(second.locator("#swaps")).to_contain_text(f"taken by {name}", timeout=SLOW_MS)
    standing = product.call("GET", "/on-call")["items"]
    assert next(d["user_ids"] for d in standing if d["schedule_id"] == schedule) == [taker]
    expect(first.locator("#swaps")).to_contain_text(f"taken by {name}", timeout=SLOW_MS)

    soon = datetime.now(UTC) + timedelta(days=9)
    first.get_by_label("Away from").fill(soon.strftime("%Y-%m-%dT%H:%M"))
    first.get_by_label("Back at").fill((soon + timedelta(days=8)).strftime("%Y-%m-%dT%H:%M"))
    first.get_by_role("button", name="Enter time off").click()
    expect(first.locator("#off")).to_contain_text("still yours, the request is open", timeout=SLOW_MS)
    assert serious(first) == []


def test_a_calendar_link_is_made_read_and_revoked_and_the_load_is_shown(product: Product, open_as: Open) -> None:
    mo = product.person("Mo", "outbox", "")
    rotation = {"unit": "day", "every": 1, "start": "2026-01-05T09:00:00", "users": [mo]}
    body = {"name": "Linked", "zone": "UTC", "layers": [{"name": "daily", "rotation": rotation}]}
    product.call("POST", "/schedules", body)
    page = open_as(mo, "/on-call/feeds")
    page.get_by_role("button", name="Make a link").click(timeout=SLOW_MS)
    expect(page.locator("#feed-url pre")).to_contain_text("snt_cal_", timeout=SLOW_MS)
    url = page.locator("#feed-url pre").inner_text()
    assert "BEGIN:VCALENDAR" in httpx.get(url, trust_env=False).text
    assert serious(page) == []
    page.locator("summary", has_text="Revoke").click()
    page.get_by_role("button", name="Yes, revoke").click()
    expect(page.get_by_text("There is no link yet")).to_be_visible(timeout=SLOW_MS)
    assert httpx.get(url, trust_env=False).status_code == 404
    page.get_by_role("link", name="Load").click()
    expect(page.locator("tr", has_text="Mo")).to_be_visible(timeout=SLOW_MS)
    assert serious(page) == []
