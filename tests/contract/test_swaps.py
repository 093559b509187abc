"""Swap requests and time off over the API, on a real Postgres; notices by a real host."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest

from gateway import swapping, time_off
from tests.contract.conftest import Site, until
from tests.contract.rota import Crew, crew, monday, text


async def turn_of(found: Crew, name: str) -> datetime:
    """The beginning of a week to come that is theirs."""
    for weeks in range(1, 8):
        if await found.on_call(monday(weeks)) == [name]:
            return monday(weeks)
    raise AssertionError(f"{name} has no turn")


async def asked(found: Crew, who: str, **more: Any) -> dict[str, Any]:
    start = await turn_of(found, who)
    body = {"schedule_id": found.schedule, "start": text(start), "end": text(start + timedelta(days=2)), **more}
    made: dict[str, Any] = await found.as_(who, "POST", "/swap-requests", body)
    return made


async def test_part_of_a_shift_changes_hands_when_it_is_taken_and_not_before(site: Site) -> None:
    found = await crew(site, "ada", "ben", "cleo")
    request = await asked(found, "ada", note="dentist")
    start = datetime.fromisoformat(request["start"])
    assert request["state"] == "open" and set(request["asked"]) == {found.ids["ben"], found.ids["cleo"]}
    assert await found.on_call(start) == ["ada"], "nobody is off duty because they asked"
    taken = await found.as_("ben", "POST", f"/swap-requests/{request['id']}/take")
    assert (taken["state"], taken["taken_by"], len(taken["override_ids"])) == ("taken", found.ids["ben"], 1)
    assert [h["what"] for h in taken["history"]] == ["asked", "taken"]
    assert await found.on_call(start) == ["ben"]
    assert await found.on_call(start + timedelta(days=2)) == ["ada"]
    again = await found.as_("ben", "POST", f"/swap-requests/{request['id']}/take")
    assert again["history"] == taken["history"], "taking twice is taking once"
    late = await found.as_("cleo", "POST", f"/swap-requests/{request['id']}/take", status=409)
    assert "already" in late["detail"]


async def test_of_two_who_take_it_at_once_exactly_one_gets_it(site: Site) -> None:
    found = await crew(site, "ada", "ben", "cleo")
    request = await asked(found, "ada")

    async def take(who: str) -> bool:
        try:
            await found.as_(who, "POST", f"/swap-requests/{request['id']}/take")
        except AssertionError as refused:
            assert "409" in str(refused)
            return False
        return True

    assert sorted(await asyncio.gather(take("ben"), take("cleo"))) == [False, True]
    overrides = (await site.call("GET", f"/schedules/{found.schedule}"))["overrides"]
    assert len(overrides) == 1


async def test_an_exchange_hands_over_both_shifts_or_none(site: Site) -> None:
    found = await crew(site, "ada", "ben")
    mine, theirs = await turn_of(found, "ada"), await turn_of(found, "ben")
    back = {"start": text(theirs), "end": text(theirs + timedelta(days=1))}
    request = await asked(found, "ada", asked=[found.ids["ben"]], in_return=back)
    override = {"user_id": found.ids["ada"], "start": back["start"], "end": back["end"]}
    made = await site.call("POST", f"/schedules/{found.schedule}/overrides", override)
    refused = await found.as_("ben", "POST", f"/swap-requests/{request['id']}/take", status=409)
    assert "Ben is not on call for all of that time" in refused["detail"]
    assert await found.on_call(mine) == ["ada"], "nothing of it was done"
    await site.call("DELETE", f"/schedules/{found.schedule}/overrides/{made['id']}")
    taken = await found.as_("ben", "POST", f"/swap-requests/{request['id']}/take")
    assert len(taken["override_ids"]) == 2
    assert await found.on_call(mine) == ["ben"] and await found.on_call(theirs) == ["ada"]


async def test_people_act_for_themselves_and_managers_for_anybody(site: Site) -> None:
    found = await crew(site, "ada", "ben", "cleo")
    request = await asked(found, "ada", asked=[found.ids["ben"]])
    path = f"/swap-requests/{request['id']}"
    assert "was not asked" in (await found.as_("cleo", "POST", f"{path}/take", status=409))["detail"]
    await found.as_("cleo", "POST", f"{path}/take", {"user_id": found.ids["ben"]}, status=403)
    await found.as_("cleo", "POST", f"{path}/withdraw", status=403)
    taken = await site.call("POST", f"{path}/take", {"user_id": found.ids["ben"]})
    assert taken["taken_by"] == found.ids["ben"] and taken["history"][-1]["by"] == "Administrator"


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"end": text(monday(-1))}, "/end"),
        ({"start": text(monday(0)), "end": text(monday(30))}, "/start"),
        ({"asked": ["nobody"]}, "/asked/0"),
        ({"in_return": {"start": text(monday(2)), "end": text(monday(3))}}, "/asked"),
        ({"expires_at": text(monday(-1))}, "/expires_at"),
    ],
)
async def test_a_request_that_makes_no_sense_names_the_field(site: Site, more: dict[str, Any], field: str) -> None:
    found = await crew(site, "ada", "ben")
    start = await turn_of(found, "ada")
    body = {"schedule_id": found.schedule, "start": text(start), "end": text(start + timedelta(days=1)), **more}
    refused = await found.as_("ada", "POST", "/swap-requests", body, status=422)
    assert refused["errors"][0]["pointer"] == field, refused
    assert (await site.call("GET", "/swap-requests"))["items"] == []


async def test_a_request_nobody_took_expires_and_says_so(site: Site, database: str) -> None:
    found = await crew(site, "ada", "ben")
    request = await asked(found, "ada")
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("update swap_requests set expires_at = now() - interval '1 second'")
    refused = await found.as_("ben", "POST", f"/swap-requests/{request['id']}/take", status=409)
    assert "expired" in refused["detail"]
    assert await swapping.expire(site.services) == 0, "it was expired by the attempt to take it"
    shown = await site.call("GET", f"/swap-requests/{request['id']}")
    assert (shown["state"], shown["history"][-1]["by"]) == ("expired", "time")


async def test_everybody_concerned_is_told_once_beside_the_pages(live_site: Site) -> None:
    found = await crew(live_site, "ada", "ben", "cleo")
    request = await asked(found, "ada")
    await found.as_("cleo", "POST", f"/swap-requests/{request['id']}/decline")
    await found.as_("ben", "POST", f"/swap-requests/{request['id']}/take")

    async def told() -> Any:
        items = (await live_site.call("GET", "/outbox?limit=100"))["items"]
        mine = sorted((i["person"], i["subject"]) for i in items if i["channel"] == "notice-outbox")
        return mine if len(mine) >= 4 and all(i["state"] == "delivered" for i in items) else None

    assert await until("the notices", told) == [
        ("Ada", "Ben takes your shift in Primary"),
        ("Ben", "Ada asks for cover in Primary"),
        ("Ben", "You took a shift in Primary"),
        ("Cleo", "Ada asks for cover in Primary"),
    ]


async def test_time_off_asks_for_cover_and_shows_what_is_uncovered_until_it_is_taken(site: Site) -> None:
    found = await crew(site, "ada", "ben", "cleo")
    start = await turn_of(found, "ada")
    away = {"start": text(start + timedelta(days=1)), "end": text(start + timedelta(days=20)), "note": "holiday"}
    made = await found.as_("ada", "POST", "/time-off", away)
    (piece,) = made["uncovered"]
    assert piece["swap_state"] == "open"
    assert await found.on_call(start + timedelta(days=2)) == ["ada"], "time off removes nobody from duty"
    listed = (await site.call("GET", "/time-off?uncovered=true"))["items"]
    assert [t["id"] for t in listed] == [made["id"]]
    request = await site.call("GET", f"/swap-requests/{piece['swap_request_id']}")
    assert request["time_off_id"] == made["id"] and len(request["asked"]) == 2
    await found.as_("cleo", "POST", f"/swap-requests/{request['id']}/take")
    assert (await site.call("GET", "/time-off?uncovered=true"))["items"] == []
    assert await found.on_call(start + timedelta(days=2)) == ["cleo"]


async def test_a_shift_that_comes_into_time_off_later_is_asked_for_once(site: Site) -> None:
    found = await crew(site, "ada", "ben", "cleo")
    start = await turn_of(found, "ben")
    away = {"start": text(start), "end": text(start + timedelta(days=3))}
    made = await found.as_("ada", "POST", "/time-off", away)
    assert made["uncovered"] == []
    override = {"user_id": found.ids["ada"], "start": text(start), "end": text(start + timedelta(days=1))}
    await site.call("POST", f"/schedules/{found.schedule}/overrides", override)
    assert await time_off.look_over(site.services) == 1
    assert await time_off.look_over(site.services) == 0
    (request,) = (await site.call("GET", "/swap-requests"))["items"]
    await found.as_("ada", "DELETE", f"/time-off/{made['id']}")
    assert (await site.call("GET", f"/swap-requests/{request['id']}"))["state"] == "withdrawn"
    assert (await site.call("GET", "/time-off"))["items"] == []


async def test_of_two_people_on_call_only_the_asker_is_replaced(site: Site) -> None:
    found = await crew(site, "ada", "ben", "cleo")
    start = await turn_of(found, "ada")
    both = {"kind": "add", "user_id": found.ids["ben"], "start": text(start), "end": text(start + timedelta(days=7))}
    request = await asked(found, "ada")
    await site.call("POST", f"/schedules/{found.schedule}/overrides", both)
    refused = await found.as_("ben", "POST", f"/swap-requests/{request['id']}/take", status=409)
    assert "on call in this schedule then already" in refused["detail"]
    await found.as_("cleo", "POST", f"/swap-requests/{request['id']}/take")
    assert await found.on_call(start) == ["ben", "cleo"]
