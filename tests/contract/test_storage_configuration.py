"""The snapshot says what was saved, as of one instant; no secret can be read in any table."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from psycopg import sql

from domain.alert import Severity
from domain.configuration import Configuration
from domain.people import NotificationRule
from storage import bootstrap, configuration
from storage.access import create_sign_in, redeem_sign_in
from storage.changes import change, fetch
from storage.tables import TeamRow, UserRow
from tests.contract.conftest import Site

Load = Callable[[], Awaitable[Configuration]]


@pytest.fixture
async def load(site: Site) -> AsyncIterator[Load]:
    """Loads the snapshot, and sees to it that every load so far has a higher version than the one before."""
    seen = -1

    async def loaded() -> Configuration:
        nonlocal seen
        config = await configuration.load(site.services.engine, site.services.sealer)
        assert config.version == await configuration.version(site.services.engine)
        assert config.version > seen, "each write raises the version"
        seen = config.version
        return config

    yield loaded


async def test_people_and_how_they_are_reached(site: Site, load: Load) -> None:
    await load()
    user = (await site.call("POST", "/users", {"name": "Ada", "email": "ada@example.org", "zone": "Europe/Rome"}))["id"]
    base = f"/users/{user}"
    assert (await load()).users[user].zone == "Europe/Rome"
    mail = {"channel": "email", "label": "Work", "address": "ada@example.org"}
    one = (await site.call("POST", f"{base}/contact-methods", mail))["id"]
    hook = {"channel": "webhook", "address": "https://hooks.example.org/x", "secret": "sign-me"}
    two = (await site.call("POST", f"{base}/contact-methods", hook))["id"]
    contacts = (await load()).users[user].contacts
    assert [(c.id, c.channel, c.address) for c in contacts] == [
        (one, "email", "ada@example.org"),
        (two, "webhook", "https://hooks.example.org/x"),
    ]
    assert contacts[1].settings == {"secret": "sign-me"}
    rules = {"urgent": [{"contact_method_id": two, "delay_s": 0}, {"contact_method_id": one, "delay_s": 60}]}
    await site.call("PUT", f"{base}/notification-rules", {**rules, "normal": []})
    found = (await load()).users[user]
    assert (found.urgent, found.normal) == ((NotificationRule(two, 0.0), NotificationRule(one, 60.0)), ())
    await site.call("PUT", f"{base}/contact-methods/{one}", {**mail, "address": "a@example.org", "enabled": False})
    contact = (await load()).users[user].contacts[0]
    assert (contact.address, contact.enabled) == ("a@example.org", False)
    await site.call("DELETE", f"{base}/contact-methods/{two}")
    found = (await load()).users[user]
    assert ([c.id for c in found.contacts], found.urgent) == ([one], (NotificationRule(one, 60.0),))
    await site.call("PUT", base, {"name": "Ada B", "email": "ada@example.org", "active": False})
    found = (await load()).users[user]
    assert (found.name, found.active) == ("Ada B", False)
    team = (await site.call("POST", "/teams", {"name": "Ops", "member_ids": [user]}))["id"]
    assert (await load()).teams[team].member_ids == (user,)
    await site.call("DELETE", base)
    config = await load()
    assert user not in config.users and config.teams[team].member_ids == ()


async def test_schedules_policies_integrations_and_the_last_resort(site: Site, load: Load) -> None:
    await load()
    admin = bootstrap.ADMIN
    rotation = {"unit": "week", "every": 1, "start": "2026-01-05T09:00:00", "users": [admin]}
    body: dict[str, Any] = {"name": "S", "zone": "Europe/Berlin", "layers": [{"name": "l", "rotation": rotation}]}
    schedule = (await site.call("POST", "/schedules", body))["id"]
    found = (await load()).schedules[schedule]
    assert (found.zone, found.layers[0].rotation.users, found.overrides) == ("Europe/Berlin", (admin,), ())
    window = {"user_id": admin, "start": "2026-02-01T00:00:00Z", "end": "2026-02-02T00:00:00Z"}
    override = (await site.call("POST", f"/schedules/{schedule}/overrides", window))["id"]
    made = (await load()).schedules[schedule].overrides[0]
    assert (made.id, made.user, made.start, made.end - made.start) == (override, admin, 1769904000.0, 86400.0)
    await site.call("DELETE", f"/schedules/{schedule}/overrides/{override}")
    assert (await load()).schedules[schedule].overrides == ()
    steps = [{"targets": [{"kind": "schedule", "id": schedule}], "wait_s": 60}]
    policy = (await site.call("POST", "/policies", {"name": "P", "steps": steps}))["id"]
    assert (await load()).policies[policy].version == 1
    await site.call("PUT", f"/policies/{policy}", {"name": "P", "steps": steps, "repeat": 3})
    saved = (await load()).policies[policy]
    assert (saved.version, saved.repeat, saved.steps[0].targets[0].id) == (2, 3, schedule)
    route = {"matchers": [{"label": "env", "op": "!=", "value": "prod"}], "policy_id": policy}
    given = {"name": "I", "type": "generic", "policy_id": policy, "default_severity": "warning"}
    made_id = (await site.call("POST", "/integrations", {**given, "routes": [route], "group_by": ["host"]}))["id"]
    integration = (await load()).integrations[made_id]
    assert (integration.default_severity, integration.group_by) == (Severity.WARNING, ("host",))
    assert (integration.routes[0].matchers[0].op, integration.routes[0].policy_id) == ("!=", policy)
    await site.call("DELETE", f"/integrations/{made_id}")
    assert made_id not in (await load()).integrations
    await site.call("PUT", "/last-resort", {"targets": [{"kind": "schedule", "id": schedule}]})
    assert [(t.kind, t.id) for t in (await load()).last_resort] == [("schedule", schedule)]
    await site.call("PUT", "/last-resort", {"targets": []}, 422)
    await site.call("DELETE", f"/schedules/{schedule}", status=409)
    await site.call("DELETE", f"/users/{admin}", status=409)
    again = await configuration.load(site.services.engine, site.services.sealer)
    assert again.last_resort, "the last resort cannot become empty"
    await site.call("PUT", f"/schedules/{schedule}", {**body, "zone": "UTC"})
    assert (await load()).schedules[schedule].zone == "UTC"


async def test_a_snapshot_never_mixes_two_versions(site: Site) -> None:
    """Each change renames two rows alike: a load that saw one but not the other would show it."""
    services = site.services
    team = (await site.call("POST", "/teams", {"name": "0"}))["id"]
    first = await configuration.load(services.engine, services.sealer)
    for n in range(1, 20):
        entered = change(services.sessions, "ada", "update", "both")
        async with entered as session:
            (await fetch(session, UserRow, bootstrap.ADMIN, "user")).name = str(n)
            await session.flush()
            during = await configuration.load(services.engine, services.sealer)
            (await fetch(session, TeamRow, team, "team")).name = str(n)
        after = await configuration.load(services.engine, services.sealer)
        assert (during.version, during.teams[team].name) == (first.version + n - 1, str(n - 1))
        assert during.users[bootstrap.ADMIN].name == ("Administrator" if n == 1 else str(n - 1))
        assert after == replace(
            during,
            version=first.version + n,
            users={**during.users, bootstrap.ADMIN: replace(during.users[bootstrap.ADMIN], name=str(n))},
            teams={t.id: replace(t, name=str(n)) for t in during.teams.values()},
        )


SECRETS = {
    "password": "correct horse battery",
    "hook": "https://hooks.example.org/hidden-path-7",
    "sign": "signing-secret-7",
    "slack": "https://hooks.slack.com/services/T00/B00/hiddentoken7",
    "mail": "private-7@example.net",
}


async def test_no_secret_can_be_read_in_any_table(site: Site, database: str) -> None:
    person = {"name": "Ada", "email": "ada@example.org", "password": SECRETS["password"]}
    base = f"/users/{(await site.call('POST', '/users', person))['id']}"
    contact = {"channel": "webhook", "address": SECRETS["hook"], "secret": SECRETS["sign"]}
    made = await site.call("POST", f"{base}/contact-methods", contact)
    await site.call("PUT", f"{base}/contact-methods/{made['id']}", contact)
    await site.call("POST", f"{base}/contact-methods", {"channel": "slack", "address": SECRETS["slack"]})
    await site.call("POST", f"{base}/contact-methods", {"channel": "email", "address": SECRETS["mail"]})
    await site.call("PUT", base, person)
    api_key = (await site.call("POST", "/api-keys", {"name": "k", "scopes": ["read"]}))["key"]
    integration = (await site.call("GET", "/integrations"))["items"][0]["id"]
    key = (await site.call("POST", f"/integrations/{integration}/keys"))["key"]
    answer = await site.http.post(site.webhook("generic"), json={"title": "seen"})
    assert answer.status_code == 202
    one_time = await create_sign_in(site.services.sessions, bootstrap.ADMIN)
    session = await redeem_sign_in(
        site.services.sessions, await create_sign_in(site.services.sessions, bootstrap.ADMIN)
    )
    keys = [site.keys.admin_key, *site.keys.integrations.values(), api_key, key, one_time, session]
    everything = dump(database)
    assert "ada@example.org" in everything and "seen" in everything, "the dump holds what was stored"
    for secret in [*SECRETS.values(), *keys]:
        assert secret is not None and secret not in everything, f"{secret!r} can be read"
        assert secret.encode().hex() not in everything


def dump(database: str) -> str:
    """Every column of every row as text; bytes as hex."""
    found: list[str] = []
    with psycopg.connect(database) as connection:
        tables = connection.execute(
            "select table_schema, table_name from information_schema.tables where table_schema in ('public', 'rt')"
        ).fetchall()
        assert len(tables) > 20
        for schema, table in tables:
            rows = connection.execute(sql.SQL("select to_jsonb(t) from {} t").format(sql.Identifier(schema, table)))
            found.extend(json.dumps(row[0], ensure_ascii=False) for row in rows)
    return "\n".join(found)
