"""Versions: who changed what, what is different between two of them, and the way back, whole or not at all."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from storage import access, versions
from storage.as_of import session_at
from tests.contract.conftest import Site
from tests.contract.rota import Crew, crew, monday
from tests.contract.rota import text as written
from tests.contract.test_as_of import database_now, get
from tests.contract.test_configuration_tree import config, everything, export, post


async def number(site: Site) -> int:
    return (await config(site)).version


async def back(site: Site, to: int, status: int = 200, **query: Any) -> Any:
    answer = await site.http.post(f"/api/v1/configuration/versions/{to}/roll-back", params=query)
    assert answer.status_code == status, answer.text
    return answer.json()


async def test_every_change_is_a_version_with_who_and_what(site: Site) -> None:
    begun = await number(site)
    made = await crew(site, "ada", role="manager")
    team = await made.as_("ada", "POST", "/teams", {"name": "Web"})
    await made.as_("ada", "PUT", f"/teams/{team['id']}", {"name": "Shop", "member_ids": [made.ids["ada"]]})
    listed = await get(site, "/configuration/versions", limit=2)
    assert [v["words"] for v in listed["items"]] == ["Ada changed the team Shop", "Ada made the team Web"]
    rest = await get(site, "/configuration/versions", cursor=listed["next_cursor"], limit=200)
    numbers = [v["number"] for v in [*listed["items"], *rest["items"]]]
    assert numbers == list(range(await number(site), -1, -1)) and rest["next_cursor"] is None
    newest = numbers[0]
    detail = await get(site, f"/configuration/versions/{newest}")
    (change,) = detail["changes"]
    assert (change["section"], change["name"], change["action"]) == ("teams", "Shop", "update")
    words = [f["words"] for f in change["fields"]]
    assert words == ["name: Web → Shop", "members: nothing → [ada@example.org]"]
    assert (await get(site, "/configuration/versions/0"))["changes"] is None
    found = await get(site, "/configuration/diff", **{"from": begun})
    assert {(c["section"], c["action"]) for c in found["changes"]} == {
        ("users", "create"),
        ("teams", "create"),
        ("schedules", "create"),
    }
    reverse = await get(site, "/configuration/diff", **{"from": newest, "to": begun})
    assert {c["action"] for c in reverse["changes"]} == {"delete"}
    await get(site, f"/configuration/versions/{newest + 1}", 404)
    await get(site, "/configuration/diff", 404, **{"from": newest + 1})


async def test_a_roll_back_is_the_version_again_with_the_same_ids(site: Site) -> None:
    made = await everything(site)
    tree, then = await export(site), await number(site)
    before = {kind: await get(site, f"/{kind}") for kind in ("schedules", "services", "integrations", "teams")}
    hook = next(i for i in before["integrations"]["items"] if i["name"] == "Hook")
    kept = next(i for i in before["integrations"]["items"] if i["name"] == "Generic")
    await site.call("DELETE", f"/integrations/{hook['id']}")
    other = {k: v for k, v in kept.items() if k not in ("id", "counted_since")}
    await site.call("PUT", f"/integrations/{kept['id']}", {**other, "name": "Renamed"})
    beats = (await site.call("GET", "/heartbeats"))["items"]
    await site.call("DELETE", f"/heartbeats/{beats[0]['id']}")
    await site.call("PUT", "/routing-rules", {"routes": []})
    await site.call("DELETE", f"/services/{next(s['id'] for s in before['services']['items'] if s['name'] == 'web')}")
    shop = next(p for p in (await get(site, "/policies"))["items"] if p["name"] == "Shop")
    await site.call("DELETE", f"/policies/{shop['id']}")
    override = {"user_id": made.ids["bob"], "start": written(monday(4)), "end": written(monday(5))}
    await site.call("POST", f"/schedules/{made.schedule}/overrides", override)
    await site.call("POST", "/teams", {"name": "New", "member_ids": []})
    contacts = f"/users/{made.ids['ada']}/contact-methods"
    mail = next(c for c in (await get(site, contacts))["items"] if c["channel"] == "email")
    await site.call("PUT", f"{contacts}/{mail['id']}", {"channel": "email", "label": "post", "address": "a@b.example"})
    changed, newest = await export(site), await number(site)

    planned = await back(site, then, dry=True)
    assert planned["applied"] is None and await export(site) == changed
    assert {"load"} <= {c["kind"] for c in planned["consequences"]}
    await back(site, then, 409, if_version=newest + 1)
    done = await back(site, then, if_version=newest)
    assert done["changes"] == planned["changes"] and done["applied"] == newest + 1
    assert await export(site) == tree
    assert not (await get(site, "/configuration/diff", **{"from": then}))["changes"]
    again = {kind: await get(site, f"/{kind}") for kind in before}
    for kind, found in before.items():
        assert [i["id"] for i in again[kind]["items"]] == [i["id"] for i in found["items"]], kind
    assert (await get(site, f"/policies/{shop['id']}"))["version"] == 2
    assert (await get(site, contacts))["items"][-1]["address_hint"] == "ada@example.org"
    (version,) = (await get(site, "/configuration/versions", limit=1))["items"]
    assert version["action"] == "roll-back" and f"to version {then}" in version["words"]
    assert (await back(site, then))["changes"] == [] and await number(site) == newest + 1
    await back(site, newest)
    assert await export(site) == changed, "a roll-back can be rolled back"


async def test_a_roll_back_that_cannot_be_changes_nothing(site: Site) -> None:
    made = await crew(site, "ada", "bob", role="manager")
    phone = {"channel": "voice", "label": "phone", "address": "+49301234567"}
    base = f"/users/{made.ids['bob']}/contact-methods"
    contact = (await site.call("POST", base, phone))["id"]
    then = await number(site)
    await site.call("PUT", f"{base}/{contact}", {**phone, "label": "mobile", "address": "+49307654321"})
    done = await back(site, then)
    assert [f["path"] for c in done["changes"] for f in c["fields"]] == ["/contacts/phone/label"]
    assert (await get(site, base))["items"][-1]["address_hint"] == "…4321", "secrets are of no version"
    await site.call("DELETE", f"{base}/{contact}")
    tree, newest = await export(site), await number(site)
    refused = await back(site, then, 422)
    assert "/users/bob@example.org/contacts/phone/address" in [e["pointer"] for e in refused["errors"]]
    assert await export(site) == tree and await number(site) == newest
    await back(site, newest + 5, 404)

    old = await number(site)
    await site.call("PUT", f"/teams/{made.team}", {"name": "Other", "member_ids": []})
    await site.call("POST", "/teams", {"name": "Crew", "member_ids": []})
    assert "another one's name now" in (await back(site, old, 409))["detail"]
    await made.as_("ada", "POST", f"/configuration/versions/{old}/roll-back", status=409)


async def test_who_may_and_what_is_managed_by_code(site: Site) -> None:
    made = await crew(site, "ada", role="manager")
    seen = await crew_of_one(site, "bob")
    begun = await number(site)
    team = await site.call("POST", "/teams", {"name": "Web"})
    path = f"/configuration/versions/{begun}/roll-back"
    await seen.as_("bob", "POST", path, status=403)
    await seen.as_("bob", "GET", f"/configuration/versions/{begun}", status=403)
    await seen.as_("bob", "GET", "/configuration/versions")
    await made.as_("ada", "POST", path)
    assert team["id"] not in [t["id"] for t in (await get(site, "/teams"))["items"]]
    user = {"name": "Cy", "email": "cy@example.org"}
    await site.call("POST", "/users", user)
    assert "administrator" in (await made.as_("ada", "POST", path, status=403))["detail"]
    await back(site, begun)
    await site.call("POST", "/teams", {"name": "Web"})
    await post(site, "apply", {"managed": {"lives_in": "https://git.example.org", "locked": ["teams"]}})
    locked = await number(site)
    assert "https://git.example.org" in (await back(site, begun, 409))["detail"]
    assert await number(site) == locked
    assert (await export(site))["managed"]["locked"] == ["teams"]


async def crew_of_one(site: Site, name: str) -> Crew:
    made = Crew(site)
    user = await site.call("POST", "/users", {"name": name, "email": f"{name}@example.org", "role": "responder"})
    _, made.keys[name] = await access.create_api_key(site.services.sessions, "test", name, [], user["id"])
    return made


async def test_what_is_old_is_forgotten_and_what_is_still_so_is_not(site: Site) -> None:
    made = await crew(site, "ada")
    first = await number(site)
    await site.call("PUT", f"/teams/{made.team}", {"name": "Two", "member_ids": []})
    tree, newest = await export(site), await number(site)
    assert await versions.forget(site.services.sessions, 3_600) == 0
    assert await versions.forget(site.services.sessions, 0) > 0
    assert await export(site) == tree
    now = await database_now(site)
    async with session_at(site.services.sessions, now) as session:
        assert session is not None
    assert (await get(site, "/teams", as_of=now.isoformat())) == await get(site, "/teams")
    await get(site, "/teams", 422, as_of=(now - timedelta(minutes=1)).isoformat())
    for known in (first, newest):
        await get(site, f"/configuration/versions/{known}", 404)
    await site.call("PUT", f"/teams/{made.team}", {"name": "Three", "member_ids": []})
    detail = await get(site, f"/configuration/versions/{newest + 1}")
    assert [f["words"] for c in detail["changes"] for f in c["fields"]] == ["name: Two → Three"]
