"""Read models: filters, pages without gaps or repeats, one incident's timeline."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import psycopg
import pytest

from domain.errors import Invalid
from storage import incidents, outbox
from storage.changes import Sessions
from storage.db import make_engine, sessions
from storage.errors import NotFound

LINE = "0123456789abcdef0123"
AT = 1_790_000_000.123457


@pytest.fixture
async def factory(database: str) -> AsyncIterator[Sessions]:
    engine = make_engine(database)
    yield sessions(engine)
    await engine.dispose()


def incident(
    database: str, ident: str, title: str = "Disk full", at: float = AT, body: dict[str, Any] | None = None, **more: Any
) -> None:
    facets = {"status": "triggered", "severity": "critical", "team_id": None, "title": title, "opened_at": at, **more}
    with psycopg.connect(database) as connection:
        connection.execute(
            "insert into rt.record (id, kind, entity, rev, facets, body, at) values (%s, 'incident', %s, 1, %s, %s, now())",
            (
                ident,
                f"incident/{ident.rpartition('-')[0]}",
                json.dumps(facets),
                json.dumps({"id": ident, **(body or {})}),
            ),
        )


def page(database: str, ident: str, at: str = "now()", **body: str) -> None:
    with psycopg.connect(database) as connection:
        connection.execute(
            "insert into rt.outbox (id, entity, shard, kind, channel, grp, body, state, due_at, created_at)"
            " values (%s, 'incident/x', 0, 'page', %s, 'g', %s, %s, now(), %s::timestamptz)",
            (ident, body.pop("channel", "outbox"), json.dumps(body), body.pop("state", "delivered"), at),
        )


async def ids(factory: Sessions, **wanted: Any) -> list[str]:
    found, _ = await incidents.listed(factory, incidents.Filter(**wanted), 100, None)
    return [i["id"] for i in found]


async def test_incidents_are_filtered_by_status_severity_and_team(factory: Sessions, database: str) -> None:
    incident(database, "a-1", at=3.0)
    incident(database, "b-1", at=2.0, status="resolved", team_id="ops")
    incident(database, "c-1", at=1.0, severity="warning", team_id="web")
    assert await ids(factory) == ["a-1", "b-1", "c-1"]
    assert await ids(factory, status=["resolved"]) == ["b-1"]
    assert await ids(factory, status=["resolved", "triggered"], severity=["warning"]) == ["c-1"]
    assert await ids(factory, team=["ops", "web"]) == ["b-1", "c-1"]
    assert await ids(factory, team=["none"]) == []


async def test_incidents_are_filtered_by_service_person_and_labels(factory: Sessions, database: str) -> None:
    members = [{"labels": {"env": "prod", "job": "node"}}, {"labels": {"env": "dev"}}]
    incident(database, "a-1", at=2.0, service_id="shop", body={"assignees": ["ann", "bob"], "members": members})
    incident(database, "b-1", at=1.0, body={"assignees": ["bob"], "members": []})
    assert await ids(factory, service=["shop", "other"]) == ["a-1"]
    assert await ids(factory, person=["bob"]) == ["a-1", "b-1"]
    assert await ids(factory, person=["ann"]) == ["a-1"]
    assert await ids(factory, labels={"env": "dev"}) == ["a-1"]
    assert await ids(factory, labels={"env": "prod", "job": "node"}) == ["a-1"]
    assert await ids(factory, labels={"env": "dev", "job": "node"}) == [], "one alert has them all"


async def test_some_incidents_and_how_many_are_open(factory: Sessions, database: str) -> None:
    incident(database, "a-1", open=True)
    incident(database, "b-1", open=True, status="acknowledged")
    incident(database, "c-1", open=False, status="resolved")
    assert {i["id"] for i in await incidents.some(factory, ["a-1", "c-1", "gone-1"])} == {"a-1", "c-1"}
    assert await incidents.open_counts(factory) == {"triggered": 1, "acknowledged": 1}


async def test_words_are_found_whole_in_part_and_never_as_a_pattern(factory: Sessions, database: str) -> None:
    incident(database, "a-1", "db_1: disk 91 % full", at=3.0)
    incident(database, "b-1", "dbx1: Disk 91 percent full", at=2.0)
    incident(database, "c-1", r"share \\nas\logs gone", at=1.0)
    assert await ids(factory, words="full DISK") == ["a-1", "b-1"]
    assert await ids(factory, words="perc") == ["b-1"]
    assert await ids(factory, words="db_1") == ["a-1"], "an underscore is no wildcard"
    assert await ids(factory, words="91 %") == ["a-1"] or await ids(factory, words="91 %") == ["a-1", "b-1"]
    assert await ids(factory, words="%") == ["a-1"], "a percent sign is no wildcard"
    assert await ids(factory, words=r"\nas\logs") == ["c-1"]
    assert await ids(factory, words="b-1") == ["b-1"], "an id finds its incident"
    assert await ids(factory, words="' or true --") == []


async def test_pages_of_incidents_neither_repeat_nor_leave_out(factory: Sessions, database: str) -> None:
    """Several open at the same instant; one opens between two pages."""
    expected = []
    for n in range(23):
        at = AT + (n // 4) * 0.000001
        incident(database, f"i{n:02}-1", at=at)
        expected.append((at, f"i{n:02}-1"))
    seen, cursor = [], None
    while True:
        found, cursor = await incidents.listed(factory, incidents.Filter(), 5, cursor)
        seen.extend(i["id"] for i in found)
        incident(database, f"new{len(seen):02}-1", at=AT + 100)
        if cursor is None:
            break
    assert seen == [ident for _, ident in sorted(expected, reverse=True)]
    with pytest.raises(Invalid, match="cursor"):
        await incidents.listed(factory, incidents.Filter(), 5, "nonsense")


async def test_pages_of_the_outbox_neither_repeat_nor_leave_out(factory: Sessions, database: str) -> None:
    """Microseconds survive the way through the cursor."""
    for n in range(23):
        page(database, f"p{n:02}", f"2026-11-24 12:00:00.{123450 + n // 4:06}+00")
    seen, cursor = [], None
    while True:
        found, cursor = await outbox.listed(factory, outbox.Filter(), 5, cursor)
        seen.extend(p["id"] for p in found)
        if cursor is None:
            break
    assert seen == [f"p{n:02}" for n in reversed(range(23))]


async def test_the_outbox_is_filtered(factory: Sessions, database: str) -> None:
    page(database, "a", user_id="ada", incident_id="i-1")
    page(database, "b", user_id="bob", incident_id="i-2", channel="email", state="failed")

    async def found(**wanted: str) -> list[str]:
        return [p["id"] for p in (await outbox.listed(factory, outbox.Filter(**wanted), 10, None))[0]]

    assert sorted(await found()) == ["a", "b"]
    assert await found(user="ada") == await found(state="delivered") == await found(incident="i-1") == ["a"]
    assert await found(channel="email") == await found(state="failed") == await found(incident="i-2") == ["b"]
    assert await found(user="ada", state="failed") == []


async def test_a_timeline_holds_its_own_episode_only_in_order(factory: Sessions, database: str) -> None:
    for episode in (1, 2):
        incident(database, f"{LINE}-{episode}", at=AT + episode)
        page(database, f"p{episode}", incident_id=f"{LINE}-{episode}")
    rows = [(1, 1, "Triggered"), (2, 1, "Resolved"), (3, 2, "Triggered"), (4, 2, "Acknowledged")]
    with psycopg.connect(database) as connection:
        for seq, episode, kind in rows:
            connection.execute(
                "insert into rt.journal (entity, seq, shard, epoch, cause, kind, body, at)"
                " values (%s, %s, 0, 1, 'c', %s, %s, now())",
                (f"incident/{LINE}", seq, kind, json.dumps({"episode": episode})),
            )
    events, pages = await incidents.timeline(factory, f"{LINE}-2")
    assert [e["kind"] for e in events] == ["Triggered", "Acknowledged"]
    assert [p["id"] for p in pages] == ["p2"]
    assert await incidents.one(factory, f"{LINE}-1") == {"id": f"{LINE}-1", "revision": 1}
    for unknown in (f"{LINE}-3", f"{LINE}-99999999999999", "nonsense", "", "x'--1"):
        with pytest.raises(NotFound):
            await incidents.timeline(factory, unknown)
    with pytest.raises(NotFound):
        await incidents.one(factory, "nonsense")
