"""Schedules through the API: what can be said, what is refused, what stays known of what was taken back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from domain.oncall import who
from storage import bootstrap, configuration
from tests.contract.conftest import Site

AT = "2026-06-01T12:00:00Z"


def layer(name: str, *users: str, **more: Any) -> dict[str, Any]:
    rotation = {"unit": "week", "start": "2026-01-05T09:00:00", "users": list(users)}
    return {"name": name, "rotation": rotation, **more}


async def people(site: Site, *names: str) -> list[str]:
    made = [await site.call("POST", "/users", {"name": n, "email": f"{n}@example.org"}, 201) for n in names]
    return [user["id"] for user in made]


async def on_call(site: Site, at: str) -> list[str]:
    found = await site.call("GET", f"/on-call?at={at}")
    users: list[str] = found["items"][0]["users"]
    return users


async def test_overrides_of_all_kinds_apply_in_the_order_they_are_made_and_are_kept_when_taken_back(
    site: Site,
) -> None:
    ada, ben, cleo = await people(site, "ada", "ben", "cleo")
    body = {"name": "S", "zone": "UTC", "layers": [layer("l", ada), layer("m", ben, together=True)]}
    path = f"/schedules/{(await site.call('POST', '/schedules', body, 201))['id']}"
    day = {"start": "2026-06-01T00:00:00Z", "end": "2026-06-02T00:00:00Z"}
    assert await on_call(site, AT) == ["ada", "ben"]
    instead = await site.call("POST", f"{path}/overrides", {**day, "user_id": cleo, "instead_of": ada}, 201)
    assert await on_call(site, AT) == ["cleo", "ben"]
    removed = await site.call("POST", f"{path}/overrides", {**day, "kind": "remove", "instead_of": ben}, 201)
    assert await on_call(site, AT) == ["cleo"]
    await site.call("POST", f"{path}/overrides", {**day, "kind": "add", "user_id": ada, "note": "watches"}, 201)
    assert await on_call(site, AT) == ["cleo", "ada"]
    nobody = await site.call("POST", f"{path}/overrides", {**day, "kind": "remove"}, 201)
    assert await on_call(site, AT) == []
    for gone in (nobody, removed):
        await site.call("DELETE", f"{path}/overrides/{gone['id']}", status=204)
    await site.call("DELETE", f"{path}/overrides/{removed['id']}", status=404)
    assert await on_call(site, AT) == ["cleo", "ben", "ada"]
    history = (await site.call("GET", f"{path}/overrides?removed=true"))["items"]
    assert len(history) == 4 and len((await site.call("GET", f"{path}/overrides"))["items"]) == 2
    back = next(o for o in history if o["id"] == removed["id"])
    assert back["removed_by"] and back["removed_at"] >= back["created_at"] and back["created_by"]
    await site.call("DELETE", f"/users/{cleo}", status=204)
    assert await on_call(site, AT) == ["ada", "ben"], "somebody who is gone stands in for nobody"
    kept = (await site.call("GET", f"{path}/overrides?removed=true"))["items"]
    assert {o["id"] for o in kept} == {o["id"] for o in history}, "what was done stays known"
    assert next(o for o in kept if o["id"] == instead["id"])["removed_by"]


async def test_a_temporary_schedule_replaces_layers_and_earlier_overrides_but_not_later_ones(site: Site) -> None:
    ada, ben, cleo = await people(site, "ada", "ben", "cleo")
    made = await site.call("POST", "/schedules", {"name": "S", "zone": "UTC", "layers": [layer("l", ada)]}, 201)
    path = f"/schedules/{made['id']}"
    day = {"start": "2026-06-01T00:00:00Z", "end": "2026-06-02T00:00:00Z"}
    await site.call("POST", f"{path}/overrides", {**day, "user_id": cleo}, 201)
    shifts = [{"user": ben, "start": "2026-06-01T06:00:00Z", "end": "2026-06-01T18:00:00Z"}]
    moving = {**day, "name": "Moving", "layers": [{"name": "by hand", "fixed": {"shifts": shifts}}]}
    temporary = await site.call("POST", f"{path}/temporaries", moving, 201)
    assert temporary["layers"][0]["fixed"]["shifts"] == shifts
    assert await on_call(site, AT) == ["ben"]
    assert await on_call(site, "2026-06-01T20:00:00Z") == [], "a temporary schedule may have gaps, and they show"
    later = {"user_id": ada, "start": "2026-06-01T10:00:00Z", "end": "2026-06-01T14:00:00Z"}
    await site.call("POST", f"{path}/overrides", later, 201)
    assert await on_call(site, AT) == ["ada"]
    window = "start=2026-06-01T00:00:00Z&end=2026-06-02T00:00:00Z"
    shown = await site.call("GET", f"{path}/preview?{window}")
    assert [s["user_id"] for s in shown["shifts"]] == [ben, ada, ben]
    assert [(line["name"], line["shifts"][0]["user_id"]) for line in shown["layers"]] == [("l", ada)]
    assert [(t["name"], t["id"], len(t["shifts"])) for t in shown["temporaries"]] == [("Moving", temporary["id"], 1)]
    assert [o["user_id"] for o in shown["overrides"]] == [cleo, ada]
    assert [(g["start"], g["end"]) for g in shown["gaps"]] == [
        ("2026-06-01T00:00:00Z", "2026-06-01T06:00:00Z"),
        ("2026-06-01T18:00:00Z", "2026-06-02T00:00:00Z"),
    ]
    refused = await site.call("DELETE", f"/users/{ada}", status=409)
    assert "schedule S" in refused["detail"]
    await site.call("DELETE", f"{path}/temporaries/{temporary['id']}", status=204)
    assert await on_call(site, "2026-06-01T20:00:00Z") == ["cleo"]
    assert len((await site.call("GET", f"{path}/temporaries?removed=true"))["items"]) == 1
    assert (await site.call("GET", f"{path}/temporaries"))["items"] == []


async def test_holidays_of_a_country_with_days_more_and_less_reach_the_schedules_that_name_them(site: Site) -> None:
    ada, ben = await people(site, "ada", "ben")
    berlin = {"name": "Berlin", "country": "DE", "subdivision": "BE", "dates": ["2026-12-24"]}
    calendar = await site.call("POST", "/holiday-calendars", berlin, 201)
    assert {"2026-12-25", "2026-12-24", "2026-03-08"} <= set(calendar["days"])
    windows = [{"holidays": calendar["id"], "on_holidays": "only"}]
    body = {"name": "S", "zone": "Europe/Berlin", "layers": [layer("l", ada), layer("holidays", ben, windows=windows)]}
    made = await site.call("POST", "/schedules", body, 201)
    assert await on_call(site, "2026-12-25T12:00:00Z") == ["ben"]
    assert await on_call(site, "2026-12-28T12:00:00Z") == ["ada"]
    path = f"/holiday-calendars/{calendar['id']}"
    await site.call("PUT", path, {**berlin, "except_dates": ["2026-12-25"]})
    assert await on_call(site, "2026-12-25T12:00:00Z") == ["ada"]
    refused = await site.call("DELETE", path, status=409)
    assert "schedule S" in refused["detail"]
    await site.call("DELETE", f"/schedules/{made['id']}", status=204)
    await site.call("DELETE", path, status=204)
    await site.call("GET", path, status=404)
    for field, wrong in (("country", "XX"), ("subdivision", "ZZ")):
        problem = await site.call("POST", "/holiday-calendars", {**berlin, field: wrong}, 422)
        assert problem["errors"][0]["pointer"] == f"/{field}"


async def test_everything_a_layer_can_say_is_saved_and_read_back(site: Site) -> None:
    (ada, ben) = await people(site, "ada", "ben")
    full = {
        "name": "l",
        "since": "2026-01-05T00:00:00",
        "until": "2027-01-01T00:00:00",
        "zone": "Asia/Tokyo",
        "together": True,
        "fixed": None,
        "windows": [
            {"zone": "", "weekdays": [0, 4], "start": "22:00", "end": "06:00", "holidays": "", "on_holidays": "never"}
        ],
        "rotation": {
            "unit": "week",
            "every": 2,
            "start": "2026-01-05T09:00:00",
            "users": [ada, ben],
            "handoffs": [{"weekday": 0, "time": "09:00"}, {"weekday": 4, "time": "17:00"}],
            "absences": [{"user": ada, "start": "2026-07-01T00:00:00", "end": None, "stand_in": ben}],
            "terms": [{"user": ben, "start": "2026-02-01T00:00:00", "end": None}],
        },
    }
    made = await site.call("POST", "/schedules", {"name": "S", "zone": "UTC", "layers": [full]}, 201)
    assert made["layers"] == [full]
    assert (await site.call("GET", f"/schedules/{made['id']}"))["layers"] == [full]
    loaded = (await configuration.load(site.services.engine, site.services.sealer)).schedules[made["id"]]
    assert loaded.layers[0].rotation is not None and loaded.layers[0].rotation.handoffs[1].time == "17:00"
    assert who(loaded, 0.0) == ()


ROTATION = {"unit": "day", "start": "2026-01-05T09:00:00", "users": [bootstrap.ADMIN]}
DAY = {"start": "2026-06-01T00:00:00Z", "end": "2026-06-02T00:00:00Z"}


def of(**more: Any) -> dict[str, Any]:
    return {"name": "l", "rotation": {**ROTATION, **more}}


WRONG: list[tuple[dict[str, Any], str]] = [
    (of(users=[]), "/layers/0/rotation/users"),
    (of(users=[bootstrap.ADMIN] * 10_000), "/layers/0/rotation/users"),
    (of(users=["nobody"]), "/layers/0/rotation/users/0"),
    (of(every=0), "/layers/0/rotation/every"),
    (of(every=1_000), "/layers/0/rotation/every"),
    (of(start="soon"), "/layers/0/rotation/start"),
    (of(handoffs=[{"weekday": 0, "time": "09:00"}]), "/layers/0/rotation/handoffs"),
    (of(unit="week", handoffs=[{"weekday": 0, "time": "9:00"}]), "/layers/0/rotation/handoffs/0/time"),
    (of(unit="week", handoffs=[{"weekday": 7, "time": "09:00"}]), "/layers/0/rotation/handoffs/0/weekday"),
    (of(absences=[{"user": "b", "start": "2026-01-01T00:00:00"}]), "/layers/0/rotation/absences/0/user"),
    (
        of(absences=[{"user": bootstrap.ADMIN, "start": "2026-01-01T00:00:00", "stand_in": bootstrap.ADMIN}]),
        "/layers/0/rotation/absences/0/stand_in",
    ),
    (
        of(terms=[{"user": bootstrap.ADMIN, "start": "2026-02-01T00:00:00", "end": "2026-01-01T00:00:00"}]),
        "/layers/0/rotation/terms/0/end",
    ),
    ({**of(), "zone": "Mars/Base"}, "/layers/0/zone"),
    ({**of(), "since": "2026-02-01T00:00:00", "until": "2026-01-01T00:00:00"}, "/layers/0/until"),
    ({**of(), "windows": [{"start": "24:00"}]}, "/layers/0/windows/0/start"),
    ({**of(), "windows": [{"holidays": "none"}]}, "/layers/0/windows/0/holidays"),
    ({"name": "l"}, "/layers/0/rotation"),
    ({"name": "l", "fixed": {"shifts": []}}, "/layers/0/fixed/shifts"),
    (
        {"name": "l", "fixed": {"shifts": [{"user": bootstrap.ADMIN, "start": DAY["end"], "end": DAY["start"]}]}},
        "/layers/0/fixed/shifts/0/end",
    ),
]


async def test_a_wrong_layer_is_refused_naming_the_field_and_nothing_is_saved(site: Site) -> None:
    for wrong, pointer in WRONG:
        problem = await site.call("POST", "/schedules", {"name": "S", "zone": "UTC", "layers": [wrong]}, 422)
        assert [e["pointer"] for e in problem["errors"]] == [pointer]
    assert (await site.call("GET", "/schedules"))["items"] == []


async def test_a_wrong_override_or_temporary_schedule_is_refused_naming_the_field(site: Site) -> None:
    admin = bootstrap.ADMIN
    made = await site.call("POST", "/schedules", {"name": "S", "zone": "UTC", "layers": [of()]}, 201)
    path = f"/schedules/{made['id']}"
    for more, pointer in (
        ({}, "/user_id"),
        ({"user_id": "nobody"}, "/user_id"),
        ({"user_id": admin, "kind": "remove"}, "/user_id"),
        ({"user_id": admin, "kind": "add", "instead_of": "other"}, "/instead_of"),
        ({"user_id": admin, "instead_of": admin}, "/instead_of"),
        ({"user_id": admin, "end": DAY["start"]}, "/end"),
        ({"user_id": admin, "end": "2028-06-01T00:00:00Z"}, "/end"),
        ({"user_id": admin, "kind": "swap"}, "/kind"),
    ):
        problem = await site.call("POST", f"{path}/overrides", {**DAY, **more}, 422)
        assert problem["errors"][0]["pointer"] == pointer, more
    for changed, pointer in (
        ({"end": DAY["start"]}, "/end"),
        ({"layers": [of(users=["x"])]}, "/layers/0/rotation/users/0"),
    ):
        body = {**DAY, "name": "T", "layers": [of()], **changed}
        assert (await site.call("POST", f"{path}/temporaries", body, 422))["errors"][0]["pointer"] == pointer
    for window in (
        "start=2026-01-01T00:00:00Z&end=2026-01-01T00:00:00Z",
        "start=2026-01-01T00:00:00Z&end=2028-01-01T00:00:00Z",
    ):
        assert (await site.call("GET", f"{path}/preview?{window}", status=422))["errors"][0]["pointer"] == "/end"
    shown = await site.call("GET", f"{path}")
    assert (shown["overrides"], shown["temporaries"]) == ([], [])


async def test_a_definition_is_tried_against_the_saved_schedule_and_says_what_changes_for_whom(site: Site) -> None:
    ada, ben = await people(site, "ada", "ben")
    body = {"name": "S", "zone": "UTC", "layers": [layer("l", ada, ben)]}
    saved = await site.call("POST", "/schedules", body, 201)
    now = datetime.now(UTC)
    override = {"start": now.isoformat(), "end": (now + timedelta(hours=2)).isoformat(), "user_id": ben}
    await site.call("POST", f"/schedules/{saved['id']}/overrides", override, 201)
    window = {"start": now.isoformat(), "end": (now + timedelta(days=21)).isoformat()}
    tried = {"schedule": {**body, "layers": [layer("l", ada)]}, **window, "compare": True}
    shown = await site.call("POST", "/schedules/preview", {**tried, "replaces": saved["id"]})
    assert len(shown["overrides"]) == 1 and shown["shifts"][0]["user_id"] == ben, "overrides stay as they are"
    loads = {c["user_id"]: c for c in shown["consequences"] if c["kind"] == "load"}
    assert loads[ada]["nights"] > 0 and loads[ben]["nights"] == -loads[ada]["nights"]
    assert loads[ada]["words"].startswith("ada gains ") and "night shifts" in loads[ada]["words"]
    new = await site.call("POST", "/schedules/preview", tried)
    assert {c["user_id"] for c in new["consequences"] if c["kind"] == "load"} == {ada}
    assert (await site.call("POST", "/schedules/preview", {**tried, "compare": False}))["consequences"] == []
    assert (await site.call("GET", f"/schedules/{saved['id']}"))["layers"] == saved["layers"], "nothing is saved"
    await site.call("POST", "/schedules/preview", {**tried, "replaces": "nobody"}, 404)
    wrong = {**tried, "schedule": {**body, "layers": [{**layer("l", ada), "zone": "Mars"}]}}
    refused = await site.call("POST", "/schedules/preview", wrong, 422)
    assert refused["errors"][0]["pointer"] == "/schedule/layers/0/zone"


async def test_all_schedules_are_shown_beside_each_other_and_how_their_people_are_reached(site: Site) -> None:
    ada, ben = await people(site, "ada", "ben")
    contact = {"channel": "email", "label": "work", "address": "ada@example.org"}
    await site.call("POST", f"/users/{ada}/contact-methods", contact, 201)
    team = (await site.call("POST", "/teams", {"name": "Ops", "member_ids": []}))["id"]
    one = {"name": "A", "zone": "Asia/Tokyo", "layers": [layer("l", ada)], "team_id": team}
    two = {"name": "B", "zone": "UTC", "layers": [layer("l", ben, until="2026-06-02T12:00:00")]}
    made = [(await site.call("POST", "/schedules", body, 201))["id"] for body in (one, two)]
    window = "start=2026-06-02T00:00:00Z&end=2026-06-03T00:00:00Z"
    items = (await site.call("GET", f"/on-call/timeline?{window}"))["items"]
    assert [(i["schedule_id"], i["zone"], i["shifts"][0]["user_id"]) for i in items] == [
        (made[0], "Asia/Tokyo", ada),
        (made[1], "UTC", ben),
    ]
    assert items[0]["gaps"] == []
    assert items[1]["gaps"] == [{"start": "2026-06-02T12:00:00Z", "end": "2026-06-03T00:00:00Z"}]
    only = (await site.call("GET", f"/on-call/timeline?{window}&team={team}"))["items"]
    assert [i["schedule"] for i in only] == ["A"]
    for query, field in ((f"{window}&team=none", "/team"), (window.replace("06-03", "06-01"), "/end")):
        refused = await site.call("GET", f"/on-call/timeline?{query}", status=422)
        assert refused["errors"][0]["pointer"] == field
    first = (await site.call("GET", f"/on-call?at={AT}"))["items"][0]
    assert first["reach"] == [
        [{"channel": "email", "label": "work", "address_hint": "a***@example.org", "verified": False}]
    ]
    theirs = (await site.call("GET", f"/readiness?days=1&user={ada}"))["items"]
    assert [(s["schedule"], s["user_id"]) for s in theirs] == [("A", ada)], "in schedules that no policy calls too"
