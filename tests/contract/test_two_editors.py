"""Two people edit one thing: the second is told who saved in between, and nothing of the first is lost unseen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from gateway.preconditions import RESOURCES, ROOT
from gateway.tree.text import parse
from tests.contract.conftest import Site
from tests.contract.test_administration_api import as_role

ZONE = {"zone": "Europe/Berlin"}


async def things(site: Site) -> dict[str, tuple[str, dict[str, Any], dict[str, Any]]]:
    """Of each kind: its path, what is sent to it, and what somebody else sends in between."""

    async def made(path: str, body: dict[str, Any]) -> str:
        return f"{path}/{(await site.call('POST', path, body, 201))['id']}"

    soon, later = ((datetime.now(UTC) + timedelta(days=n)).isoformat() for n in (1, 2))
    user = {"name": "Ann", "email": "ann@example.org", "role": "responder", "zone": "UTC"}
    person = await made("/users", user)
    ident = person.removeprefix("/users/")
    rotation = {"unit": "week", "every": 1, "start": "2026-01-05T09:00:00", "users": [ident]}
    schedule = {"name": "Line", "zone": "UTC", "layers": [{"name": "weekly", "rotation": rotation}]}
    team = {"name": "Shop", "member_ids": [ident], "owner_ids": []}
    days = {"name": "Feasts", "dates": ["2026-12-25"]}
    chat = {"name": "Chat", "kind": "webhook", "address": "https://example.org/hook", "secret": "s" * 20}
    policy = {"name": "Way", "steps": [{"targets": [{"kind": "user", "id": ident}], "wait_s": 60}]}
    way = await made("/policies", policy)
    line = await made("/schedules", schedule)
    address = {"channel": "outbox", "address": "", "label": "Screen"}
    contact = await made(f"{person}/contact-methods", address)
    by = {"contact_method_id": contact.rpartition("/")[2], "delay_s": 0}
    window = {"start": "22:00", "end": "07:00"}
    feed = {"url": "https://calendars.example.org/a.ics", "layer": "Theirs"}
    policy_id = way.removeprefix("/policies/")
    entry = {"name": "In", "type": "generic", "policy_id": policy_id}
    beat = {"name": "Backup", "period_s": 3600, "grace_s": 600, "policy_id": policy_id}
    silence = {"matchers": [{"label": "a", "value": "b"}], "minutes": 60, "comment": "one"}
    work = {"name": "Move", "starts_at": soon, "ends_at": later, "comment": "one"}
    last = {"targets": [{"kind": "user", "id": ident}]}
    rule = {"name": "Rule", "matchers": [{"label": "a", "value": "b"}], "policy_id": policy_id}
    return {
        "user": (person, user, {**user, **ZONE}),
        "contact_method": (contact, address, {**address, "label": "Wall"}),
        "notification_rules": (f"{person}/notification-rules", {"urgent": [by]}, {"normal": [by]}),
        "quiet_hours": (f"{person}/quiet-hours", {"windows": []}, {"windows": [window]}),
        "schedule": (line, schedule, {**schedule, **ZONE}),
        "calendar": (await made(f"{line}/calendars", feed), feed, {**feed, "every_s": 1200}),
        "team": (await made("/teams", team), team, {**team, "owner_ids": [ident]}),
        "holiday-calendar": (await made("/holiday-calendars", days), days, {**days, "name": "Holidays"}),
        "destination": (await made("/destinations", chat), chat, {**chat, "name": "Room"}),
        "policy": (way, policy, {**policy, "repeat": 1}),
        "service": (await made("/services", {"name": "Web"}), {"name": "Web"}, {"name": "Web", "tier": 1}),
        "integration": (await made("/integrations", entry), entry, {**entry, "name": "Inwards"}),
        "heartbeat": (await made("/heartbeats", beat), beat, {**beat, "grace_s": 900}),
        "silence": (await made("/silences", silence), *({"minutes": 90, "comment": c} for c in ("two", "three"))),
        "maintenance": (await made("/maintenance", work), work, {**work, "comment": "two"}),
        "last_resort": ("/last-resort", last, {"targets": [*last["targets"], {"kind": "user", "id": "other"}]}),
        "organisation": ("/organisation", {"vigil": {"timeout_s": 7200}}, {"vigil": None}),
        "routing_rules": ("/routing-rules", {"routes": []}, {"routes": [rule]}),
    }


async def sent(site: Site, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
    return await site.http.request(method, f"{ROOT}{path}", json=body, headers=headers)


async def test_whatever_is_edited_as_a_whole_tells_the_second_who_was_first(site: Site) -> None:
    found = await things(site)
    assert set(found) == set(RESOURCES.values())
    for kind, (path, mine, theirs) in found.items():
        if kind == "last_resort":
            theirs["targets"][1]["id"] = (await site.call("GET", "/users"))["items"][0]["id"]
        read = await sent(site, "GET", path)
        tag = read.headers["etag"]
        assert (await sent(site, "GET", path)).headers["etag"] == tag, f"{kind}: nothing was changed"
        assert (await sent(site, "PUT", path, theirs, **{"if-match": tag})).is_success, kind
        late = await sent(site, "PUT", path, mine, **{"if-match": tag})
        assert late.status_code == 412, f"{kind}: {late.text}"
        said = late.json()
        assert said["changed_by"] in said["detail"] and said["changed_at"][:19].replace("T", " ") in said["detail"]
        me = (await site.call("GET", "/me"))["name"]
        assert said["changed_by"] == me, f"{kind}: {said}"
        now = await sent(site, "GET", path)
        assert now.headers["etag"] == late.headers["etag"] != tag
        assert (await sent(site, "PUT", path, mine, **{"if-match": late.headers["etag"]})).is_success, "overwritten"


async def test_nothing_is_deleted_that_was_changed_since_and_without_if_match_all_is_as_ever(site: Site) -> None:
    made = (await site.call("POST", "/services", {"name": "Web"}, 201))["id"]
    path = f"/services/{made}"
    tag = (await sent(site, "GET", path)).headers["etag"]
    assert (await sent(site, "PUT", path, {"name": "Web", "tier": 1})).is_success
    assert (await sent(site, "DELETE", path, **{"if-match": tag})).status_code == 412
    assert (await sent(site, "PUT", path, {"name": "Web"}, **{"if-match": '"none of ours"'})).status_code == 412
    assert (await sent(site, "PUT", path, {"name": "Web"}, **{"if-match": "*"})).is_success
    tag = (await sent(site, "GET", path)).headers["etag"]
    assert (await sent(site, "DELETE", path, **{"if-match": f'"old", W/{tag}'})).status_code == 204, (
        "weakened by a proxy"
    )
    assert (await sent(site, "PUT", path, {"name": "Web"}, **{"if-match": tag})).status_code == 404
    assert "etag" not in (await sent(site, "GET", path)).headers


async def test_what_is_not_edited_keeps_the_tag_and_a_tree_and_a_tag_of_then_do_not(site: Site) -> None:
    found = await things(site)
    path, body, _ = found["schedule"]
    tag = (await sent(site, "GET", path)).headers["etag"]
    user = body["layers"][0]["rotation"]["users"][0]
    span = {"start": "2030-01-01T00:00:00Z", "end": "2030-01-02T00:00:00Z"}
    await site.call("POST", f"{path}/overrides", {"user_id": user, **span}, 201)
    assert (await sent(site, "GET", path)).headers["etag"] == tag, "an override is beside what the editor writes"
    tree = parse((await sent(site, "GET", "/configuration/export")).content)
    tree["schedules"]["Line"]["zone"] = "Europe/Paris"
    assert (await sent(site, "POST", "/configuration/apply", tree)).is_success
    late = await sent(site, "PUT", path, body, **{"if-match": tag})
    assert late.status_code == 412 and late.json()["changed_by"], "whatever way it was changed"
    at = (await site.call("GET", "/on-call"))["at"]
    assert "etag" not in (await sent(site, "GET", f"{path}?as_of={at}")).headers


async def test_ones_own_name_is_told_of_an_administrator_too(site: Site) -> None:
    session = await as_role(site, "viewer")
    ident = (await sent(site, "GET", "/me", **session)).json()["user_id"]
    tag = (await sent(site, "GET", "/me", **session)).headers["etag"]
    theirs = {"name": "Vera", "email": "viewer@example.org", "role": "viewer"}
    assert (await sent(site, "PUT", f"/users/{ident}", theirs)).is_success
    mine = {"name": "Vic", "email": "viewer@example.org", "zone": "UTC"}
    late = await sent(site, "PUT", "/me", mine, **session, **{"if-match": tag})
    assert late.status_code == 412 and "changed the user" in late.json()["detail"], late.text
    again = {"if-match": late.headers["etag"]}
    assert (await sent(site, "PUT", "/me", mine, **session, **again)).is_success


@pytest.mark.parametrize("key", [None, "snt_api_none"])
async def test_no_tag_for_who_may_not_read(site: Site, key: str | None) -> None:
    headers = {"authorization": f"Bearer {key}" if key else ""}
    answer = await site.http.get(f"{ROOT}/routing-rules", headers=headers)
    assert answer.status_code == 401 and "etag" not in answer.headers
