"""Calendars in and out, on a real Postgres, with a feed on a real web server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import icalendar
import psycopg
import pytest

from gateway.calendar_fetch import FetchFailed, fetch
from tests.contract.conftest import Site, opened, until
from tests.contract.rota import Crew, crew, monday, text
from tests.fakes.calendar_server import CalendarServer


def feed(*events: tuple[datetime, datetime, str], more: str = "") -> bytes:
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:test"]
    for n, (start, end, who) in enumerate(events):
        lines += ["BEGIN:VEVENT", f"UID:{n}", "DTSTAMP:20260101T000000Z"]
        lines += [f"DTSTART:{start:%Y%m%dT%H%M%SZ}", f"DTEND:{end:%Y%m%dT%H%M%SZ}", f"SUMMARY:{who}"]
        lines += [more] if more else []
        lines += ["END:VEVENT"]
    return ("\r\n".join([*lines, "END:VCALENDAR"]) + "\r\n").encode()


@pytest.fixture
def server() -> Iterator[CalendarServer]:
    with CalendarServer() as running:
        yield running


@pytest.fixture
async def inside(database: str, valkey_url: str, tmp_path: Path) -> AsyncIterator[Site]:
    """A gateway that may ask private addresses; the tests' web server has one."""
    async with opened(database, valkey_url, tmp_path, calendar_private=True) as running:
        yield running


async def imported(found: Crew, url: str, **more: Any) -> str:
    body = {"layer": "from the calendar", "url": url, **more}
    return str((await found.site.call("POST", f"/schedules/{found.schedule}/calendars", body))["id"])


async def shown(found: Crew, ident: str, check: Any) -> dict[str, Any]:
    """The imported calendar as the API shows it, once the check holds."""

    async def look() -> Any:
        item = await found.site.call("GET", f"/schedules/{found.schedule}/calendars/{ident}")
        return item if check(item) else None

    item: dict[str, Any] = await until("the calendar", look, 30)
    return item


async def refreshed(found: Crew, ident: str, check: Any) -> dict[str, Any]:
    before = await found.site.call("GET", f"/schedules/{found.schedule}/calendars/{ident}")
    await found.site.call("POST", f"/schedules/{found.schedule}/calendars/{ident}/refresh")
    return await shown(found, ident, lambda c: c["checked_at"] != before["checked_at"] and check(c))


async def test_an_imported_calendar_is_the_top_layer_and_a_bad_copy_changes_nothing(
    inside: Site, server: CalendarServer
) -> None:
    found = await crew(inside, "ada", "ben", "cleo")
    start = monday(2)
    before = await found.on_call(start)
    other = next(n for n in ("ada", "ben", "cleo") if n not in before)
    server.body = feed(
        (start, start + timedelta(days=1), f"On call: {other.upper()}"), (start, start + timedelta(days=1), "Zoe")
    )
    ident = await imported(found, server.url)
    item = await shown(found, ident, lambda c: c["good_at"])
    assert (item["shifts"], item["problem"], item["stale"], item["host"]) == (1, "", False, "127.0.0.1")
    assert [(u["text"], u["events"]) for u in item["unknown"]] == [("Zoe", 1)]
    assert await found.on_call(start) == [other]
    assert await found.on_call(start + timedelta(days=1)) == before

    for bad in (b"<html>sign in</html>", feed((start, start + timedelta(days=1), "x"), more="DTSTART:rubbish"), b""):
        server.body = bad
        item = await refreshed(found, ident, lambda c: c["problem"])
        assert "cannot be used" in item["problem"] and item["shifts"] == 1
        assert await found.on_call(start) == [other]
    server.status = 500
    assert "answered 500" in (await refreshed(found, ident, lambda c: c["problem"]))["problem"]
    assert await found.on_call(start) == [other]

    schedule = await inside.call("GET", f"/schedules/{found.schedule}")
    body = {k: schedule[k] for k in ("name", "zone", "team_id", "layers")}
    await inside.call("PUT", f"/schedules/{found.schedule}", {**body, "name": "Renamed"})
    assert await found.on_call(start) == [other], "the imported layer survives that somebody saves the schedule"
    change = {"layer": "from the calendar", "every_s": 600}
    kept = await inside.call("PUT", f"/schedules/{found.schedule}/calendars/{ident}", change)
    assert (kept["host"], kept["every_s"]) == (item["host"], 600), "the address, which nobody sees, stays"
    await inside.call("DELETE", f"/schedules/{found.schedule}/calendars/{ident}")
    assert await found.on_call(start) == before


async def test_a_feed_that_did_not_change_is_not_sent_again_and_counts_as_fresh(
    inside: Site, server: CalendarServer, database: str
) -> None:
    found = await crew(inside, "ada", "ben")
    server.body = feed((monday(2), monday(3), "Ada"))
    ident = await imported(found, server.url)
    first = await shown(found, ident, lambda c: c["good_at"])
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("update calendar_sources set next_at = now()")
    inside.services.calendars_in.look_now()
    second = await shown(found, ident, lambda c: c["good_at"] != first["good_at"])
    assert server.answers == [200, 304] and second["changed_at"] == first["changed_at"]
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("update calendar_sources set good_at = now() - interval '3 days'")
    item = await inside.call("GET", f"/schedules/{found.schedule}/calendars/{ident}")
    assert item["stale"] and item["age_s"] > 2 * 86_400
    inside.services.calendars_in.look_now()

    async def measured() -> bool:
        page = (await inside.http.get("/metrics")).text
        line = f'sentinel_calendar_stale{{calendar="{ident}",schedule="{found.schedule}"}} 1.0'
        return line in page

    await until("the metric", measured)


async def test_an_endless_calendar_is_stopped_and_the_copy_in_use_stays(inside: Site, server: CalendarServer) -> None:
    found = await crew(inside, "ada", "ben")
    server.body = feed((monday(2), monday(3), "Ada"))
    ident = await imported(found, server.url)
    await shown(found, ident, lambda c: c["good_at"])
    server.body = feed((monday(0), monday(0) + timedelta(seconds=1), "Ben"), more="RRULE:FREQ=SECONDLY")
    item = await refreshed(found, ident, lambda c: c["problem"])
    assert "every second" in item["problem"] and item["shifts"] == 1


async def test_a_calendar_in_the_private_network_is_refused_unless_allowed(site: Site, server: CalendarServer) -> None:
    found = await crew(site, "ada", "ben")
    item = await shown(found, await imported(found, server.url), lambda c: c["problem"])
    assert "private network" in item["problem"] and server.requests == []


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/x",
        "http://localhost/x",
        "http://2130706433/x",
        "http://[::1]/x",
        "http://[::ffff:10.0.0.1]/x",
        "http://169.254.169.254/latest/meta-data",
        "file:///etc/passwd",
        "http://",
    ],
)
async def test_no_address_leads_inside(url: str) -> None:
    with pytest.raises(FetchFailed) as refused:
        await fetch(url, "", "", allow_private=False)
    assert (
        "private network" in str(refused.value)
        or "metadata" in str(refused.value)
        or "no URL" in str(refused.value)
        or "no http(s)" in str(refused.value)
    )


async def test_redirects_are_followed_a_few_times_and_size_is_limited(server: CalendarServer) -> None:
    with CalendarServer(redirect=server.url) as front:
        server.body = b"x" * 1000
        assert (await fetch(front.url, "", "", allow_private=True)).body == server.body
    server.redirect = server.url
    with pytest.raises(FetchFailed, match="redirects"):
        await fetch(server.url, "", "", allow_private=True)
    server.redirect, server.body = "", b"x" * (5 * 1024 * 1024)
    with pytest.raises(FetchFailed, match="larger than 4 MiB"):
        await fetch(server.url, "", "", allow_private=True)


# -- out -----------------------------------------------------------------------------------------------


async def subscribed(found: Crew, who: str, kind: str, subject: str) -> dict[str, Any]:
    made: dict[str, Any] = await found.as_(who, "POST", "/calendar-tokens", {"kind": kind, "subject_id": subject})
    return made


async def got(site: Site, made: dict[str, Any], **headers: str) -> Any:
    path = made["url"].partition("/calendar/")[2]
    return await site.http.get(f"/calendar/{path}", headers={"Authorization": "", **headers})


def events(body: bytes) -> dict[str, Any]:
    return {str(e["UID"]): e for e in icalendar.Calendar.from_ical(body).walk("VEVENT")}


async def test_a_calendar_program_reads_shifts_until_the_address_is_revoked(site: Site) -> None:
    found = await crew(site, "ada", "ben")
    made = await subscribed(found, "ada", "user", found.ids["ada"])
    assert made["webcal_url"].startswith("webcal://")
    answer = await got(site, made)
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert "max-age" in answer.headers["cache-control"]
    first = events(answer.content)
    assert len(first) > 10 and {str(e["SUMMARY"]) for e in first.values()} == {"On call: Primary"}
    for event in first.values():
        assert event.start.utcoffset() == timedelta(0) and event.end - event.start <= timedelta(days=7)
    assert (await got(site, made, **{"If-None-Match": answer.headers["etag"]})).status_code == 304
    assert (await site.http.head(f"/calendar/{made['url'].rpartition('/')[2]}")).status_code == 200
    (listed,) = (await found.as_("ada", "GET", "/calendar-tokens"))["items"]
    assert listed["used_at"] is not None and "url" not in listed
    await found.as_("ben", "DELETE", f"/calendar-tokens/{made['id']}", status=404)
    await found.as_("ada", "DELETE", f"/calendar-tokens/{made['id']}")
    gone = await got(site, made)
    assert gone.status_code == 404 and "revoked" in gone.json()["detail"]


async def test_a_shift_that_is_cut_short_keeps_its_uid_with_a_higher_sequence(site: Site) -> None:
    found = await crew(site, "ada", "ben")
    made = await subscribed(found, "ben", "schedule", found.schedule)
    answer = await got(site, made)
    before = events(answer.content)
    start = monday(3)
    (person,) = await found.on_call(start)
    other = "ben" if person == "ada" else "ada"
    override = {
        "user_id": found.ids[other],
        "start": text(start + timedelta(days=5)),
        "end": text(start + timedelta(days=7)),
    }
    await site.call("POST", f"/schedules/{found.schedule}/overrides", override)
    after = events((await got(site, made, **{"If-None-Match": answer.headers["etag"]})).content)
    (short,) = [e for e in after.values() if e.start == start]
    was = before[str(short["UID"])]
    assert was.end - was.start == timedelta(days=7) and short.end - short.start == timedelta(days=5)
    assert short["SEQUENCE"] > was["SEQUENCE"]
    assert short["LAST-MODIFIED"].dt >= was["LAST-MODIFIED"].dt
    assert {str(e["SUMMARY"]) for e in after.values()} == {"Primary: Ada", "Primary: Ben"}


async def test_the_token_is_nowhere_but_with_its_owner(site: Site, database: str) -> None:
    found = await crew(site, "ada", "ben")
    made = await subscribed(found, "ada", "team", found.team)
    assert len(events((await got(site, made)).content)) > 20
    token = made["url"].rpartition("/")[2].removesuffix(".ics")
    with psycopg.connect(database) as connection:
        rows = connection.execute("select t::text from calendar_tokens t").fetchall()
        rows += connection.execute("select detail::text from audit").fetchall()
    assert rows and not any(token in r[0] for r in rows)
    user = await site.call("GET", f"/users/{found.ids['ada']}")
    body = {"name": user["name"], "email": user["email"], "role": "responder", "active": False}
    await site.call("PUT", f"/users/{found.ids['ada']}", body)
    assert (await got(site, made)).status_code == 404, "who has left reads nothing any more"


async def test_the_load_is_told_per_person_with_suggestions(site: Site) -> None:
    found = await crew(site, "ada", "ben")
    start, end = monday(1), monday(5)
    for day in range(0, 21, 3):
        (person,) = await found.on_call(start + timedelta(days=day))
        if person == "ben":
            override = {
                "user_id": found.ids["ada"],
                "start": text(start + timedelta(days=day)),
                "end": text(start + timedelta(days=day + 1)),
            }
            await site.call("POST", f"/schedules/{found.schedule}/overrides", override)
    params = {"start": text(start), "end": text(end), "schedule": found.schedule}
    answer = await site.http.get("/api/v1/on-call/load", params=params)
    report = answer.json()
    assert answer.status_code == 200, report
    assert [p["name"] for p in report["people"]] == ["Ada", "Ben"]
    assert sum(p["hours"] for p in report["people"]) == 28 * 24
    assert sum(p["weekend"] for p in report["people"]) == 8 * 24
    assert sum(p["night"] for p in report["people"]) == 28 * 9
    assert all("Ada's shift" in s["words"] for s in report["suggestions"][:1])
    refused = await site.http.get("/api/v1/on-call/load", params={**params, "end": text(monday(80))})
    assert refused.status_code == 422
