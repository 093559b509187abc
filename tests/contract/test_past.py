"""Alerts and answers of the past, read back from a real journal, and the whole `--from-database` on top of them."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from cli import simulate
from domain.alert import Severity
from storage.past import past
from tests.contract.conftest import Site, until


def options(**given: object) -> simulate.Options:
    default: dict[str, object] = {
        "seed": 1,
        "people": 20,
        "days": 1.0,
        "per_day": 1.0,
        "faults": None,
        "from_database": True,
        "since": "1d",
        "organisation": None,
        "alerts": None,
        "policy": None,
        "export_config": None,
        "export_alerts": None,
        "json_file": None,
    }
    return simulate.Options(**{**default, **given})  # type: ignore[arg-type]


async def fired(site: Site, *alerts: dict[str, object]) -> None:
    answer = await site.http.post(site.webhook("generic"), content=json.dumps(list(alerts)))
    assert answer.status_code == 202, answer.text


async def incident(site: Site, title: str, status: str) -> str:
    async def found() -> str:
        listed = await site.call("GET", "/alerts")
        return next((i["id"] for i in listed["items"] if (i["title"], i["status"]) == (title, status)), "")

    return str(await until(f"{title} to be {status}", found))


async def test_the_past_is_read_back_and_asked_what_a_change_would_have_done(
    live_site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    disk = {"title": "Disk full", "dedup_key": "disk", "labels": {"host": "db1"}, "severity": "error"}
    await fired(live_site, disk, {"title": "Slow", "dedup_key": "slow"})
    ident = await incident(live_site, "Disk full", "triggered")
    await live_site.call("POST", f"/alerts/{ident}/acknowledge")
    await incident(live_site, "Disk full", "acknowledged")
    await fired(live_site, {**disk, "status": "resolved"})
    await incident(live_site, "Disk full", "resolved")
    slow = await incident(live_site, "Slow", "triggered")
    await live_site.call("POST", f"/alerts/{slow}/resolve")
    await incident(live_site, "Slow", "resolved")

    found = await past(live_site.services.engine, 0.0)
    told = [(e.dedup_key, e.status, r.by_hand) for r in found.requests for e in r.events]
    assert sorted(told[:2]) == [("disk", "firing", False), ("slow", "firing", False)]
    assert told[2:] == [("disk", "resolved", False), ("slow", "firing", True)]
    first = next(r.events[0] for r in found.requests if r.events[0].dedup_key == "disk")
    assert (first.title, first.severity, dict(first.labels)) == (
        "Disk full",
        Severity.ERROR,
        {"host": "db1", "severity": "error"},
    )
    answered = [c for c in found.calls if c.by]
    assert all(c.answered_s is not None and c.answered_s >= 0 for c in answered)

    config, alerts, change, report = (tmp_path / n for n in ("org.json", "alerts.jsonl", "change.json", "report.json"))

    def run(**given: object) -> int:
        return simulate.run(options(**given), lambda: live_site.services.settings)

    assert await asyncio.to_thread(run, export_config=config, export_alerts=alerts) == 0
    change.write_text("{}")
    assert await asyncio.to_thread(run, policy=change, json_file=report) == 0
    there = json.loads(report.read_text())
    assert there["before"] == there["after"]
    assert there["before"]["incidents"] == 2
    again = {"from_database": False, "organisation": config, "alerts": alerts, "policy": change}
    assert await asyncio.to_thread(run, **again, json_file=report) == 0
    assert json.loads(report.read_text())["digests"] == there["digests"]
    assert "The promise held" in capsys.readouterr().out


async def test_what_people_merged_and_split_is_read_as_if_they_had_not_and_what_came_by_no_integration_follows_its_policy(
    live_site: Site,
) -> None:
    for name in ("left", "right"):
        await fired(live_site, {"title": f"Tied {name}", "dedup_key": f"tied-{name}"})
    left, right = [await incident(live_site, f"Tied {name}", "triggered") for name in ("left", "right")]
    await live_site.call("POST", f"/alerts/{left}/merge", {"into": right})
    await incident(live_site, "Tied left", "resolved")
    await fired(live_site, {"title": "Tied left", "dedup_key": "tied-left", "status": "resolved"})
    await live_site.call("POST", "/alerts", {"title": "By hand", "dedup_key": "by-hand"})
    await incident(live_site, "By hand", "triggered")

    async def over() -> list[str]:
        found = await past(live_site.services.engine, 0.0)
        mine = [(r, e) for r in found.requests for e in r.events]
        lines = {e.group_key for _, e in mine if e.dedup_key == "tied-left"}
        assert lines == {left.rpartition("-")[0]}, "all of it in the line that it was sent to"
        hand = [r for r, e in mine if e.dedup_key == "by-hand"]
        assert hand and hand[0].policy_id
        return [e.status for _, e in mine if e.dedup_key == "tied-left" and e.status == "resolved"]

    assert await until("its end to be read", over) == ["resolved"]
