"""Silences and maintenance in the tree: written, planned, applied and seen to drift; what is over says nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import text

from tests.contract.conftest import Site
from tests.contract.rota import crew
from tests.contract.test_as_of import database_now, get
from tests.contract.test_configuration_tree import export, post


async def noisy(site: Site) -> dict[str, Any]:
    await crew(site, "ada")
    now = await database_now(site)
    at = {name: (now + timedelta(hours=h)).isoformat() for name, h in (("yesterday", -24), ("later", 2), ("end", 6))}
    disks = {"matchers": [{"label": "alertname", "value": "disk"}], "integration": "Generic", "comment": "on order"}
    windows = [{"zone": "Europe/Berlin", "weekdays": [5, 6], "start": "22:00", "end": "01:00"}]
    return {
        "services": {"db": {}},
        "silences": {"disks": {**disks, "starts_at": at["later"], "ends_at": at["end"]}},
        "maintenance": {
            "Backups": {"starts_at": at["yesterday"], "services": ["db"], "windows": windows},
            "Move": {"starts_at": at["later"], "ends_at": at["end"], "integrations": ["Generic", "Grafana"]},
        },
        "over": {"starts_at": at["yesterday"], "ends_at": (now - timedelta(hours=1)).isoformat()},
    }


async def test_what_is_applied_is_what_is_written_and_a_change_by_hand_is_seen(site: Site) -> None:
    tree = await noisy(site)
    tree.pop("over")
    done = await post(site, "apply", tree)
    assert {(c["section"], c["name"]) for c in done["changes"]} >= {("silences", "disks"), ("maintenance", "Move")}
    assert (await post(site, "apply", tree))["changes"] == []
    written = await export(site)
    assert (await post(site, "apply", written))["changes"] == []
    assert written["silences"]["disks"]["integration"] == "Generic"
    assert written["maintenance"]["Backups"]["services"] == ["db"]
    silence = await get(site, "/silences/disks")
    assert (silence["state"], silence["comment"]) == ("pending", "on order")
    assert len((await get(site, "/maintenance"))["items"]) == 2

    by_hand = await site.call("POST", "/silences", {"matchers": [{"label": "a", "value": "b"}], "minutes": 60})
    assert not (await get(site, "/configuration/drift"))["drifted"]
    await site.call("PUT", "/silences/disks", {"minutes": 600, "comment": "still on order"})
    (thing,) = (await get(site, "/configuration/drift"))["things"]
    assert (thing["section"], thing["name"]) == ("silences", "disks") and "/comment" in [
        f["path"] for f in thing["fields"]
    ]
    then = await database_now(site)
    await post(site, "apply", tree)
    assert (await get(site, "/silences/disks"))["comment"] == "on order"
    assert (await get(site, "/silences/disks", as_of=then.isoformat()))["comment"] == "still on order"
    assert (await get(site, f"/silences/{by_hand['id']}"))["state"] == "active", "made by hand, so left alone"
    await post(site, "apply", {"silences": {}, "maintenance": {}})
    assert [s["id"] for s in (await get(site, "/silences"))["items"]] == [by_hand["id"]]
    assert (await get(site, "/maintenance"))["items"] == []


async def test_what_is_over_is_neither_made_nor_missed_nor_deleted(site: Site) -> None:
    tree = await noisy(site)
    over = tree.pop("over")
    tree["silences"]["old"] = {"matchers": [{"label": "a", "value": "b"}], **over}
    tree["maintenance"]["Old"] = over
    done = await post(site, "apply", tree)
    assert not {"old", "Old"} & {c["name"] for c in done["changes"]}
    ended = "update silences set starts_at = now() - interval '2 hours', ends_at = now() - interval '1 hour'"
    async with site.services.sessions() as session:
        await session.execute(text(ended))
        await session.commit()
    tree["silences"]["disks"] |= over
    assert (await post(site, "apply", tree))["changes"] == []
    assert (await get(site, "/silences/disks"))["state"] == "over"
    assert not (await get(site, "/configuration/drift"))["drifted"]


async def test_faults_are_named_and_a_silence_cannot_be_locked(site: Site) -> None:
    tree = await noisy(site)
    disks, move = tree["silences"]["disks"], tree["maintenance"]["Move"]
    faulty: list[tuple[str, Any, str]] = [
        ("silences", {"a b": disks}, "/silences/a b"),
        ("silences", {"x": {**disks, "ends_at": disks["starts_at"]}}, "/silences/x/ends_at"),
        (
            "silences",
            {"x": {**disks, "matchers": [{"label": "a", "op": "=~", "value": "("}]}},
            "/silences/x/matchers/0",
        ),
        ("silences", {"x": {"starts_at": disks["starts_at"], "ends_at": disks["ends_at"]}}, "/silences/x/matchers"),
        ("silences", {"x": {**disks, "service": "dv"}}, "/silences/x/service"),
        ("silences", {"x": {"matchers": disks["matchers"]}}, "/silences/x/ends_at"),
        ("maintenance", {"M": {**move, "integrations": ["Nope"]}}, "/maintenance/M/integrations/0"),
        ("maintenance", {"M": {"starts_at": move["starts_at"]}}, "/maintenance/M/ends_at"),
        ("managed", {"locked": ["silences"]}, "/managed/locked/0"),
    ]
    for section, value, pointer in faulty:
        found = await post(site, "plan", {section: value}, 422)
        assert any(e["pointer"].startswith(pointer) for e in found["errors"]), (section, found["errors"])
    await post(
        site, "apply", {**{k: v for k, v in tree.items() if k != "over"}, "managed": {"locked": ["maintenance"]}}
    )
    work = (await get(site, "/maintenance"))["items"][0]
    await site.call("DELETE", f"/maintenance/{work['id']}", status=409)
    await site.call("POST", "/silences/disks/expire")


async def test_a_roll_back_brings_maintenance_back_and_leaves_silences_alone(site: Site) -> None:
    tree = await noisy(site)
    tree.pop("over")
    then = (await post(site, "apply", tree))["applied"]
    await post(site, "apply", {"silences": {}, "maintenance": {}})
    made = await site.call("POST", "/silences", {"matchers": [{"label": "a", "value": "b"}], "minutes": 60})
    answer = await site.http.post(f"/api/v1/configuration/versions/{then}/roll-back")
    assert {c["section"] for c in answer.json()["changes"]} == {"maintenance"}, answer.text
    assert [s["id"] for s in (await get(site, "/silences"))["items"]] == [made["id"]]
    assert {m["name"] for m in (await get(site, "/maintenance"))["items"]} == {"Backups", "Move"}
