"""The configuration as one tree: what is written can be applied, what is applied is what is written."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from domain.configuration import Configuration
from domain.destination import Destination
from gateway.schemas.heartbeats import HeartbeatInput
from gateway.schemas.policies import PolicyInput
from gateway.schemas.routing import IntegrationInput
from gateway.tree.text import dump, parse
from gateway.tree.walk import Writer
from simulation.chance import Chance
from simulation.organisation import organisation
from storage.canary import CANARY
from tests.conftest import cloned
from tests.contract.conftest import Site, opened
from tests.contract.plain import named
from tests.contract.rota import Crew, crew, monday, text


async def export(site: Site) -> dict[str, Any]:
    answer = await site.http.get("/api/v1/configuration/export")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("application/yaml")
    return parse(answer.content)


async def post(site: Site, what: str, tree: Any, status: int = 200, **query: Any) -> Any:
    answer = await site.http.post(f"/api/v1/configuration/{what}", json=tree, params=query)
    assert answer.status_code == status, answer.text
    return answer.json()


async def config(site: Site) -> Configuration:
    await site.services.config.refresh()
    return site.services.config.current


async def everything(site: Site) -> Crew:
    """Something in every section, with all its parts."""
    made = await crew(site, "ada", "bob", "cy")
    calendar = {"name": "Berlin", "country": "DE", "subdivision": "BE", "dates": ["2027-01-02"]}
    berlin = (await site.call("POST", "/holiday-calendars", calendar))["id"]
    turns = {"unit": "week", "every": 1, "start": "2026-01-05T09:00:00", "users": [made.ids["ada"], made.ids["bob"]]}
    turns["absences"] = [{"user": made.ids["bob"], "start": "2027-01-01T00:00:00", "stand_in": made.ids["cy"]}]
    turns["terms"] = [{"user": made.ids["ada"], "end": "2030-01-01T00:00:00"}]
    nights = {"start": "22:00", "end": "06:00", "weekdays": [0, 1], "holidays": berlin}
    shift = {"user": made.ids["cy"], "start": text(monday(2)), "end": text(monday(3))}
    layers = [
        {"name": "base", "rotation": turns, "zone": "Asia/Tokyo", "since": "2026-01-01T00:00:00"},
        {"name": "nights", "rotation": turns, "windows": [nights], "together": True},
        {"name": "by hand", "fixed": {"shifts": [shift]}},
    ]
    body = {"name": "Primary", "zone": "Europe/Berlin", "team_id": made.team, "layers": layers}
    await site.call("PUT", f"/schedules/{made.schedule}", body)
    start, end = text(monday(1)), text(monday(1) + timedelta(hours=5))
    for kind, more in (("replace", {"user_id": made.ids["cy"], "instead_of": made.ids["ada"]}), ("remove", {})):
        override = {"kind": kind, "start": start, "end": end, "note": "Zahnarzt: 22:00", **more}
        await site.call("POST", f"/schedules/{made.schedule}/overrides", override)
    temporary = {"name": "Fair", "start": start, "end": end, "layers": layers[:1]}
    await site.call("POST", f"/schedules/{made.schedule}/temporaries", temporary)
    hand_off = {"confirm_within_s": 600, "slack_group": "S123", "slack_token": "xoxb-1"}
    await site.call("PUT", f"/schedules/{made.schedule}/hand-off", hand_off)
    ada = f"/users/{made.ids['ada']}"
    hook = {"channel": "webhook", "label": "hook", "address": "https://hooks.example.org/1", "secret": "s3"}
    sent = await site.call("POST", f"{ada}/contact-methods", hook)
    await site.call("POST", f"{ada}/contact-methods", {**hook, "address": "https://hooks.example.org/2", "secret": ""})
    await site.call("POST", f"{ada}/contact-methods", {"channel": "email", "address": "ada@example.org"})
    await site.call("PUT", f"{ada}/notification-rules", {"urgent": [{"contact_method_id": sent["id"], "delay_s": 60}]})
    await site.call("PUT", f"{ada}/quiet-hours", {"windows": [{"start": "22:00", "end": "07:00", "holidays": berlin}]})
    await site.call("PUT", f"{ada}/shift-notices", {"at_start": True, "remind_before_s": 3600})
    targets = [{"kind": "schedule", "id": made.schedule}, {"kind": "user", "id": made.ids["bob"]}]
    policy = {"name": "Shop", "team_id": made.team, "repeat": 1, "steps": [{"targets": targets, "wait_s": 300}]}
    await site.call("PUT", "/organisation", {"vigil": {"timeout_s": 7200, "label": "cluster"}})
    shop = (await site.call("POST", "/policies", policy))["id"]
    own = {**policy, "name": "Own", "vigil": {"shift_end": False}}
    await site.call("POST", "/policies", own)
    await site.call("POST", "/policies", {**own, "name": "Blind", "vigil": None})
    database = {"name": "db", "tier": 1, "links": [{"href": "https://example.org"}], "runbook": "https://example.org/r"}
    db = (await site.call("POST", "/services", database))["id"]
    web = {"name": "web", "policy_id": shop, "team_id": made.team, "depends_on": [db], "description": "a\n\nb: c"}
    service = (await site.call("POST", "/services", web))["id"]
    route = {
        "name": "night",
        "matchers": [{"label": "env", "value": "NO"}],
        "expression": "alert.labels['env'] == 'x'",
        "windows": [{"zone": "Europe/Berlin", "start": "22:00", "end": "06:00"}],
        "service_id": service,
        "severity": "warning",
        "continue": True,
        "grouping": {"labels": ["env"], "window_s": 600},
    }
    templates = {"title": "{{ alert.title }}", "labels": {"env": "{{ payload.env }}"}, "links": [{"href": "https://x"}]}
    integration = {"name": "Hook", "type": "generic", "policy_id": shop, "routes": [route], "templates": templates}
    await site.call("POST", "/integrations", {**integration, "group_by": ["env"], "default_severity": "info"})
    beat = {"name": "Backup", "cron": "0 2 * * *", "zone": "Europe/Berlin", "grace_s": 600, "policy_id": shop}
    await site.call("POST", "/heartbeats", {**beat, "service_id": service})
    await site.call("PUT", "/routing-rules", {"routes": [route]})
    await site.call("PUT", "/last-resort", {"targets": [{"kind": "user", "id": made.ids["ada"]}]})
    return made


def revealed(tree: dict[str, Any]) -> dict[str, Any]:
    """With the secrets of `everything` written out."""
    contacts = tree["users"]["ada@example.org"]["contacts"]
    contacts["hook"] |= {"address": "https://hooks.example.org/1", "secret": "s3"}
    contacts["hook 2"]["address"] = "https://hooks.example.org/2"
    tree["schedules"]["Primary"]["hand_off"]["slack_token"] = "xoxb-1"
    return tree


async def test_an_exported_tree_makes_the_same_configuration_on_an_empty_installation(
    site: Site, pg_server: str, valkey_url: str, tmp_path: Path
) -> None:
    await everything(site)
    tree = await export(site)
    written = dump(tree)
    assert "hooks.example.org" not in written and "xoxb" not in written and "s3" not in written
    with cloned(pg_server) as database:
        async with opened(database, valkey_url, tmp_path / "other") as other:
            refused = await post(other, "plan", tree, 422)
            at = "/users/ada@example.org/contacts/hook/address"
            assert at in [e["pointer"] for e in refused["errors"]]
            done = await post(other, "apply", revealed(parse(written)))
            assert done["applied"] is not None
            assert named(await config(other)) == named(await config(site))
            assert await export(other) == tree
            again = await post(other, "apply", tree)
            assert again["changes"] == [] and again["applied"] is None
            drift = (await other.http.get("/api/v1/configuration/drift")).json()
            assert not drift["drifted"] and drift["applied_version"] == done["applied"]


async def test_a_tree_of_its_own_export_changes_nothing(site: Site) -> None:
    await everything(site)
    tree, version = await export(site), (await config(site)).version
    for what in ("plan", "apply"):
        assert (await post(site, what, tree, prune=True))["changes"] == []
    assert (await config(site)).version == version
    assert await export(site) == tree


def tree_of(made: Configuration) -> dict[str, Any]:
    """A made-up organisation as a tree, by hand."""
    mail = {u.id: u.email for u in made.users.values()}

    names = mail | {
        i: x.name for part in (made.schedules, made.teams, made.policies, made.destinations) for i, x in part.items()
    }

    def body(model: Any, thing: Any) -> Any:
        plain = msgspec.json.decode(msgspec.json.encode(thing))
        found = model.model_validate({name: plain[name] for name in model.model_fields})
        return Writer(lambda _, ident: names[ident]).body(found, without="name")

    def target(t: Any) -> dict[str, str]:
        return {t.kind: mail[t.id] if t.kind == "user" else made.schedules[t.id].name}

    def rules(listed: Any) -> list[dict[str, Any]]:
        return [{"contact_method": r.contact_method_id.split("-")[1], "delay_s": r.delay_s} for r in listed]

    def destination(d: Destination) -> dict[str, Any]:
        shown = {"team": team.get(d.team_id or ""), "kind": d.contact.channel, "address": addresses[d.contact.channel]}
        return {**shown, "secret": "s" * 32} if d.contact.channel == "webhook" else shown

    def layer(x: Any) -> dict[str, Any]:
        users = [mail[u] for u in x.rotation.users]
        turns = {"unit": x.rotation.unit, "every": x.rotation.every, "start": x.rotation.start, "users": users}
        return {"name": x.name, "rotation": turns}

    team = {t.id: t.name for t in made.teams.values()}
    addresses = {"voice": "+4930901820", "sms": "+4930901820", "slack": "https://hooks.slack.com/x", "push": "t"}
    addresses["webhook"] = "https://robots.example.org/page"
    return {
        "users": {
            u.email: {
                "name": u.name,
                "zone": u.zone,
                "contacts": {
                    c.label: {"channel": c.channel, "address": addresses.get(c.channel, u.email)} for c in u.contacts
                },
                "rules": {"urgent": rules(u.urgent), "normal": rules(u.normal)},
                "quiet_hours": [msgspec.json.decode(msgspec.json.encode(w)) for w in u.quiet_hours],
            }
            for u in made.users.values()
        },
        "teams": {t.name: {"members": [mail[m] for m in t.member_ids]} for t in made.teams.values()},
        "schedules": {
            s.name: {"zone": s.zone, "team": team.get(s.team_id or ""), "layers": [layer(x) for x in s.layers]}
            for s in made.schedules.values()
        },
        "destinations": {d.name: destination(d) for d in made.destinations.values()},
        "policies": {p.name: body(PolicyInput, p) for p in made.policies.values()},
        "integrations": {i.name: body(IntegrationInput, i) for i in made.integrations.values()},
        "heartbeats": {h.name: body(HeartbeatInput, h) for h in made.heartbeats.values()},
        "last_resort": {"targets": [target(t) for t in made.last_resort]},
    }


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_made_up_organisations_become_what_they_are(site: Site, seed: int) -> None:
    made = organisation(Chance(seed), 30)
    before = await config(site)
    await post(site, "apply", tree_of(made))
    found = await config(site)
    own = set(before.users) | set(before.policies) | set(before.integrations)

    def without_own(part: Any) -> dict[str, Any]:
        return {k: v for k, v in part.items() if k not in own}

    mine = replace(
        found,
        users={i: u for i, u in found.users.items() if i not in own or i == CANARY},
        policies={i: p for i, p in found.policies.items() if i not in own or i == CANARY},
        integrations={i: x for i, x in found.integrations.items() if i not in own or i == CANARY},
    )
    canaries = {"users": before.users, "policies": before.policies, "integrations": before.integrations}
    given = replace(made, **{name: {**getattr(made, name), CANARY: part[CANARY]} for name, part in canaries.items()})

    def shape(c: Configuration) -> Any:
        plain = named(c)
        for user in plain["users"].values():
            for contact in user["contacts"]:
                contact["address"], contact["verified"] = "", True
        for place in plain["destinations"].values():
            place["contact"] = place["contact"]["channel"]
        return plain

    assert shape(mine) == shape(given)
    assert without_own(found.teams).keys() == found.teams.keys()
    tree = await export(site)
    assert (await post(site, "apply", tree))["changes"] == []


async def test_faults_are_named_by_their_path_and_nothing_is_saved(site: Site) -> None:
    await everything(site)
    version = (await config(site)).version
    tree = await export(site)
    step = {"targets": [{"schedule": "Primery"}, {"service": "Crew"}], "wait_s": -1}
    faulty: list[tuple[str, Any, str]] = [
        ("policies", {"Shop": {"steps": [step]}}, "/policies/Shop/steps/0/targets/0/schedule"),
        ("policies", {"Shop": {"steps": [step]}}, "/policies/Shop/steps/0/targets/1"),
        ("policies", {"Shop": {"steps": [{"wait_s": -1}]}}, "/policies/Shop/steps/0/wait_s"),
        ("policies", {"Shop": {"step": []}}, "/policies/Shop/step"),
        ("policies", {"Shop": {"team_id": "x", "steps": [{"wait_s": 1}]}}, "/policies/Shop/team_id"),
        ("policies", {"Shop": {"name": "x", "steps": [{"wait_s": 1}]}}, "/policies/Shop/name"),
        ("policies", {"Shop": {"steps": [{"wait_s": 1}]}}, "/policies/Shop/steps"),
        ("policies", ["Shop"], "/policies"),
        ("policy", {}, "/policy"),
        ("users", {"x@example.org": {"name": "X", "zone": "Mars"}}, "/users/x@example.org/zone"),
        ("users", {"x": {"name": "X"}}, "/users/x"),
        ("users", {"ADA@example.org": {"name": "X"}, "ada@example.org": {"name": "X"}}, "/users/ada@example.org"),
        (
            "users",
            {"x@example.org": {"name": "X", "contacts": {"p": {"channel": "sms", "address": "12"}}}},
            "/users/x@example.org/contacts/p/address",
        ),
        (
            "users",
            {"x@example.org": {"name": "X", "rules": {"urgent": [{"contact_method": "p", "delay_s": 0}]}}},
            "/users/x@example.org/rules/urgent/0/contact_method",
        ),
        ("schedules", {"S": {"zone": "UTC", "layers": [{"name": "a"}]}}, "/schedules/S/layers/0/rotation"),
        ("holiday_calendars", {"H": {"country": "XX"}}, "/holiday_calendars/H/country"),
        ("services", {"a": {"depends_on": ["a"]}}, "/services/a/depends_on/0"),
        ("services", {"a": {"depends_on": ["b"]}, "b": {"depends_on": ["a"]}}, "/services/b/depends_on"),
        ("integrations", {"Hook": {"type": "grafana", "policy": "Shop"}}, "/integrations/Hook/type"),
        ("integrations", {"I": {"type": "grafana", "policy": "Shup"}}, "/integrations/I/policy"),
        ("routing_rules", {"routes": [{"expression": "("}]}, "/routing_rules/routes/0/expression"),
        ("last_resort", {"targets": []}, "/last_resort/targets"),
        ("format", 2, "/format"),
        ("managed", {"locked": ["policy"]}, "/managed/locked/0"),
        ("renamed", {"teams": {"A": 1}}, "/renamed/teams/A"),
    ]
    for section, value, pointer in faulty:
        found = await post(site, "apply", {section: value}, 422)
        assert pointer in [e["pointer"] for e in found["errors"]], (section, found["errors"])
    many = await post(site, "plan", {"policies": {"Shop": {"steps": [step]}}, "teams": {"T": {"members": ["z"]}}}, 422)
    assert len(many["errors"]) >= 3
    assert (await config(site)).version == version and await export(site) == tree


async def test_a_plan_says_what_it_means_for_people_and_saves_nothing(site: Site) -> None:
    made = await crew(site, "ada", "bob")
    tree = await export(site)
    layer = tree["schedules"]["Primary"]["layers"][0]
    layer["rotation"]["users"] = ["bob@example.org"]
    start = monday(2)
    hole = {"kind": "remove", "start": text(start), "end": text(start + timedelta(hours=8))}
    tree["schedules"]["Primary"]["overrides"] = [hole]
    before = await config(site)
    found = await post(site, "plan", tree)
    kinds = {c["kind"] for c in found["consequences"]}
    assert {"uncovered", "load"} <= kinds
    gains = {c["user_id"]: c for c in found["consequences"] if c["kind"] == "load"}
    assert gains[made.ids["bob"]]["nights"] > 0 and "Bob gains" in gains[made.ids["bob"]]["words"]
    assert gains[made.ids["ada"]]["nights"] < 0
    (uncovered,) = [c for c in found["consequences"] if c["kind"] == "uncovered"]
    assert "09:00–17:00 (UTC) becomes uncovered" in uncovered["words"]
    (change,) = found["changes"]
    assert [f["path"] for f in change["fields"]] == [
        "/layers/0/rotation/users/0",
        "/overrides/0",
    ]
    assert await config(site) == before
    done = await post(site, "apply", tree, if_version=before.version)
    assert done["consequences"] == found["consequences"] and done["applied"] == before.version + 1
    assert await made.on_call(start + timedelta(hours=1)) == []


async def test_what_a_tree_named_once_is_deleted_when_it_names_it_no_more(site: Site) -> None:
    await crew(site, "ada")
    await post(site, "apply", {"teams": {"One": {}, "Two": {}}})
    found = await post(site, "plan", {"teams": {"One": {}}})
    assert [(c["action"], c["name"]) for c in found["changes"]] == [("delete", "Two")]
    assert found["not_in_tree"] == [{"section": "teams", "name": "Crew"}]
    await post(site, "apply", {"teams": {"One": {}}})
    assert sorted((await export(site))["teams"]) == ["Crew", "One"]
    await post(site, "apply", {"services": {}})
    assert sorted((await export(site))["teams"]) == ["Crew", "One"], "a section that is not there says nothing"
    await post(site, "apply", {"teams": {"One": {}}}, prune=True)
    assert sorted((await export(site))["teams"]) == ["One"]
    used = await post(site, "apply", {"schedules": {}, "users": {}}, 422, prune=True)
    assert "/users/admin@localhost" in [e["pointer"] for e in used["errors"]]
    renamed = await post(site, "apply", {"renamed": {"teams": {"One": "Uno"}}, "teams": {"Uno": {}}})
    assert [(c["action"], c["name"]) for c in renamed["changes"]] == [("update", "Uno")]
    again = await post(site, "apply", {"renamed": {"teams": {"One": "Uno"}}, "teams": {"Uno": {}}})
    assert again["changes"] == []


async def test_parts_that_are_left_away_stay_and_drift_is_seen_in_what_was_said(site: Site) -> None:
    made = await everything(site)
    full = await export(site)
    body = {k: v for k, v in full["schedules"]["Primary"].items() if k not in ("overrides", "calendars", "hand_off")}
    tree = {"schedules": {"Primary": body}}
    assert (await post(site, "apply", tree))["changes"] == []
    override = {"user_id": made.ids["bob"], "start": text(monday(4)), "end": text(monday(5))}
    await site.call("POST", f"/schedules/{made.schedule}/overrides", override)
    assert not (await site.call("GET", "/configuration/drift"))["drifted"], "the tree says nothing of overrides"
    changed = await site.call("GET", f"/schedules/{made.schedule}")
    saved = {k: changed[k] for k in ("name", "zone", "team_id", "layers")} | {"zone": "UTC"}
    await site.call("PUT", f"/schedules/{made.schedule}", saved)
    (thing,) = (await site.call("GET", "/configuration/drift"))["things"]
    assert (thing["name"], [f["words"] for f in thing["fields"]]) == ("Primary", ["zone: Europe/Berlin → UTC"])
    assert "sentinel_configuration_drift 1.0" in (await site.http.get("/metrics")).text
    await post(site, "apply", tree)
    assert not (await site.call("GET", "/configuration/drift"))["drifted"]
    assert "sentinel_configuration_drift 0.0" in (await site.http.get("/metrics")).text
    assert len((await export(site))["schedules"]["Primary"]["overrides"]) == 3


async def test_what_is_locked_is_changed_by_a_tree_only(site: Site) -> None:
    made = await crew(site, "ada", "bob")
    managed = {"lives_in": "https://git.example.org/ops", "locked": ["schedules", "teams"]}
    await post(site, "apply", {"managed": managed})
    assert await made.as_("ada", "GET", "/managed") == managed
    refused = await site.call("POST", "/teams", {"name": "New"}, 409)
    assert "https://git.example.org/ops" in refused["detail"] and "managed by code" in refused["detail"]
    await site.call("DELETE", f"/schedules/{made.schedule}", status=409)
    await site.call("POST", "/services", {"name": "free"})
    override = {"user_id": made.ids["bob"], "start": text(monday(4)), "end": text(monday(5))}
    await site.call("POST", f"/schedules/{made.schedule}/overrides", override)
    assert (await export(site))["managed"] == managed
    await post(site, "apply", {"managed": managed, "teams": {"New": {}}})
    await post(site, "apply", {"teams": {"New": {}}})
    assert (await site.call("GET", "/managed"))["locked"] == []
    await site.call("POST", "/teams", {"name": "Newer"})


async def test_only_administrators_and_only_the_version_that_was_seen(site: Site) -> None:
    made = await crew(site, "ada", role="manager")
    for method, what in (("GET", "export"), ("GET", "drift"), ("POST", "plan"), ("POST", "apply")):
        await made.as_("ada", method, f"/configuration/{what}", {} if method == "POST" else None, 403)
    seen = (await config(site)).version
    await site.call("POST", "/teams", {"name": "Meanwhile"})
    refused = await post(site, "apply", {"teams": {"T": {}}}, 409, if_version=seen)
    assert f"at version {seen + 1}, not {seen}" in refused["detail"]


async def test_one_entry_in_the_audit_log_one_version_and_live_schedules_hear_of_it(site: Site) -> None:
    made = await crew(site, "ada", "bob")
    before = (await config(site)).version
    tree = await export(site)
    tree["schedules"]["Primary"]["zone"] = "Europe/Berlin"
    tree["policies"]["Default"]["repeat"] = 3
    await post(site, "apply", tree)
    assert (await config(site)).version == before + 1
    async with site.services.engine.connect() as connection:
        (entry,) = (await connection.exec_driver_sql("select detail from audit where action = 'apply'")).all()
        assert entry.detail == {"update": 2, "names": ["update schedules/Primary", "update policies/Default"]}
        rows = "select kind from rt.inbox where entity = 'schedule/" + made.schedule + "' and env_version = "
        assert [r.kind for r in await connection.exec_driver_sql(rows + str(before + 1))] == ["ScheduleChanged"]
        kept = await connection.exec_driver_sql(
            f"select count(*) from schedule_versions where config_version = {before + 1}"
        )
        assert kept.scalar_one() == 1
        steps = await connection.exec_driver_sql(
            "select max(version) from policy_versions where definition->>'name' = 'Default'"
        )
        assert steps.scalar_one() == 2


async def test_a_tree_that_is_no_tree_is_refused(site: Site) -> None:
    for body, status in ((b"a: 1\na: 2", 422), (b"- a", 422), (b"[" * 5_000, 422), (b"#" * 5_000_001, 413), (b"", 200)):
        headers = {"content-type": "application/yaml"}
        answer = await site.http.post("/api/v1/configuration/plan", content=body, headers=headers)
        assert answer.status_code == status, answer.text
