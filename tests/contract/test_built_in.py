"""What Sentinel made for itself: the canary's, which stays, and the first administrator's address, which may."""

from __future__ import annotations

import pytest

from storage.bootstrap import ADMIN, PLACEHOLDER
from storage.canary import CANARY
from tests.contract.conftest import Site
from tests.contract.test_accounts import browser, signed_in


@pytest.mark.parametrize("kind", ["integrations", "policies", "users"])
async def test_nothing_of_the_canary_is_changed_or_deleted(site: Site, kind: str) -> None:
    path = f"/{kind}/{CANARY}"
    before = await site.call("GET", path)
    said = await site.call("DELETE", path, status=409)
    assert "Sentinel's own" in said["detail"] and "Nothing was changed" in said["detail"]
    body = {
        "integrations": {"name": "Mine", "type": "generic", "policy_id": CANARY},
        "policies": {"name": "Mine", "steps": [{"targets": [{"kind": "user", "id": ADMIN}], "wait_s": 60}]},
        "users": {"name": "Mine", "email": "mine@example.org", "active": False},
    }[kind]
    await site.call("PUT", path, body, 409)
    assert await site.call("GET", path) == before


async def test_the_canarys_keys_and_address_stay_and_its_integration_is_marked(site: Site) -> None:
    keys = f"/integrations/{CANARY}/keys"
    (key,) = (await site.call("GET", keys))["items"]
    await site.call("DELETE", f"{keys}/{key['id']}", status=409)
    await site.call("POST", keys, status=409)
    contacts = f"/users/{CANARY}/contact-methods"
    (contact,) = (await site.call("GET", contacts))["items"]
    await site.call("DELETE", f"{contacts}/{contact['id']}", status=409)
    await site.call("POST", contacts, {"channel": "email", "address": "a@example.org"}, 409)
    assert (await site.call("GET", "/standing"))["built_in"] == [CANARY]
    await site.services.config.refresh()
    assert site.services.config.current.integrations[CANARY].policy_id == CANARY


async def test_the_address_of_the_first_start_is_kept_by_others_and_replaced_by_its_person(site: Site) -> None:
    path = f"/users/{ADMIN}"
    user = await site.call("GET", path)
    body = {"name": "Olga", "email": user["email"], "role": "admin", "zone": "Europe/Berlin"}
    assert user["email"] == PLACEHOLDER
    said = await site.call("PUT", path, body)
    assert (said["name"], said["zone"], said["email"]) == ("Olga", "Europe/Berlin", PLACEHOLDER)
    for made_up in ("olga@localhost", "no address"):
        await site.call("PUT", path, {**body, "email": made_up}, 422)
    async with browser(site, await signed_in(site)) as http:
        mine = {"name": "Olga", "email": PLACEHOLDER, "zone": "Europe/Berlin"}
        refused = await http.put("/api/v1/me", json=mine)
        assert (refused.status_code, "Write your own address" in refused.text) == (422, True)
        assert (await http.put("/api/v1/me", json={**mine, "email": "olga@example.org"})).status_code == 200
