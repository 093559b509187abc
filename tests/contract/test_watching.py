"""Who is on call and calendars by the websocket: worked out once, told to all who watch, whenever they become others."""

from __future__ import annotations

import asyncio
import json
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from gateway import live_documents
from gateway.watched import document
from storage import bootstrap
from tests.contract.conftest import Site
from tests.contract.test_console import served

ROTATION = {"unit": "week", "every": 1, "start": "2026-01-05T09:00:00", "users": [bootstrap.ADMIN]}


async def schedule(site: Site, name: str = "Watched") -> str:
    body = {"name": name, "zone": "UTC", "layers": [{"name": "weekly", "rotation": ROTATION}]}
    return str((await site.call("POST", "/schedules", body))["id"])


async def say(socket: ClientConnection, kind: str, of: str) -> None:
    await socket.send(json.dumps({"type": kind, "of": of}))


async def told(socket: ClientConnection, *kinds: str) -> dict[str, Any]:
    """The next message of a kind."""
    while True:
        message: dict[str, Any] = json.loads(await asyncio.wait_for(socket.recv(), 10))
        if message["type"] in kinds:
            return message


def override(**more: Any) -> dict[str, Any]:
    now = datetime.now(UTC)
    body = {"kind": "remove", "start": now.isoformat(), "end": (now + timedelta(hours=4)).isoformat()}
    return {**body, "instead_of": bootstrap.ADMIN, **more}


async def test_many_who_watch_the_same_are_told_the_same_and_it_is_worked_out_once(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    ident, worked_out = await schedule(site), []

    def counted(of: str, *given: Any) -> Any:
        worked_out.append(of)
        return document(of, *given)

    monkeypatch.setattr(live_documents, "document", counted)
    of = f"calendar?schedule={ident}&span=28&zone=Europe/Berlin"
    async with served(site) as base, AsyncExitStack() as stack:
        live = f"{base}/api/v1/alerts/live?token={site.keys.admin_key}"
        sockets = [await stack.enter_async_context(connect(live)) for _ in range(20)]
        for socket in sockets:
            await say(socket, "watch", of)
        first = [await told(socket, "calendar") for socket in sockets]
        assert worked_out == [of] and first == [first[0]] * 20
        assert first[0]["zone"] == "Europe/Berlin" and len(first[0]["days"]) == 28
        days = first[0]["days"]
        of_api = f"start={quote(days[0]['start'])}&end={quote(first[0]['end'])}"
        assert first[0]["lines"] == await site.call("GET", f"/schedules/{ident}/preview?{of_api}")
        assert first[0]["people"][0]["id"] == bootstrap.ADMIN

        saved = await site.call("POST", f"/schedules/{ident}/overrides", override())
        again = [await told(socket, "calendar") for socket in sockets]
        assert worked_out == [of] * 2 and again == [again[0]] * 20
        assert [change["id"] for change in again[0]["lines"]["overrides"]] == [saved["id"]]
        assert len(again[0]["lines"]["gaps"]) == 1

        await say(sockets[0], "leave", of)
        await schedule(site, "Another")
        await site.call("DELETE", f"/schedules/{ident}/overrides/{saved['id']}")
        for socket in sockets[1:]:
            assert (await told(socket, "calendar"))["lines"]["overrides"] == []
        await say(sockets[0], "watch", "on-call")
        assert (await told(sockets[0], "calendar", "on-call"))["type"] == "on-call", "it has left the calendar"
    assert site.services.documents.watched == 0, "who has gone watches nothing"


async def test_who_watches_is_told_of_a_change_that_somebody_who_comes_finds_first(site: Site) -> None:
    ident = await schedule(site)
    await site.services.documents.stop()  # it would find the change itself, or not, by a tenth of a second
    async with served(site) as base, AsyncExitStack() as stack:
        live = f"{base}/api/v1/alerts/live?token={site.keys.admin_key}"
        early, late = [await stack.enter_async_context(connect(live)) for _ in range(2)]
        await say(early, "watch", f"calendar?schedule={ident}")
        assert (await told(early, "calendar"))["lines"]["overrides"] == []
        saved = await site.call("POST", f"/schedules/{ident}/overrides", override())
        await site.services.config.refresh()
        await say(late, "watch", f"calendar?schedule={ident}")
        for socket in (late, early):
            changes = (await told(socket, "calendar"))["lines"]["overrides"]
            assert [change["id"] for change in changes] == [saved["id"]]


async def test_who_is_on_call_is_told_when_somebody_else_is_without_anything_being_saved(site: Site) -> None:
    ident = await schedule(site)
    async with served(site) as base, connect(f"{base}/api/v1/alerts/live?token={site.keys.admin_key}") as socket:
        await say(socket, "watch", "on-call")
        said = await told(socket, "on-call")
        assert said["items"] == (await site.call("GET", "/on-call"))["items"]
        ends = (datetime.now(UTC) + timedelta(seconds=1.5)).isoformat()
        start = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
        await site.call("POST", f"/schedules/{ident}/overrides", override(start=start, end=ends))
        assert (await told(socket, "on-call"))["items"][0]["user_ids"] == []
        version = site.services.config.current.version
        assert (await told(socket, "on-call"))["items"][0]["user_ids"] == [bootstrap.ADMIN]
        assert site.services.config.current.version == version


async def test_what_is_not_understood_or_not_there_is_refused_and_changes_nothing(site: Site) -> None:
    ident = await schedule(site)
    async with served(site) as base, connect(f"{base}/api/v1/alerts/live?token={site.keys.admin_key}") as socket:
        await say(socket, "watch", f"calendar?schedule={ident}")
        await told(socket, "calendar")
        for wrong, pointer in (
            ("nonsense", ""),
            ('{"type": "buy", "of": "x"}', "/type"),
            ('{"type": "watch", "of": "incidents"}', "/of"),
            ('{"type": "watch", "of": "calendar?span=1000"}', "/span"),
            ('{"type": "watch", "of": "calendar?zone=Mars/Base"}', "/zone"),
            ('{"type": "watch", "of": "calendar?schedule=gone"}', "/schedule"),
            ('{"type": "watch", "of": "on-call?as_of=2001-01-01T00:00:00Z"}', "/as_of"),
            ("x" * 5_000, ""),
        ):
            await socket.send(wrong)
            refused = await told(socket, "refused", "calendar")
            assert refused["detail"] and refused["errors"][0]["pointer"] == pointer, refused
        for n in range(live_documents.MOST - 1):
            await say(socket, "watch", f"calendar?span={n + 1}")
            await told(socket, "calendar")
        await say(socket, "watch", "on-call")
        assert "at most 8" in (await told(socket, "refused", "on-call"))["detail"]
        assert site.services.documents.watched == live_documents.MOST

        await say(socket, "leave", "calendar?span=1")
        await say(socket, "watch", "calendar?schedule=" + (other := await schedule(site, "Short-lived")))
        assert (await told(socket, "calendar", "refused"))["schedule_id"] == other
        await site.call("DELETE", f"/schedules/{other}")
        gone = await told(socket, "refused")
        assert gone["of"].endswith(other) and "There is no schedule with id" in gone["detail"]
    async with served(site) as base:
        with pytest.raises(ConnectionClosed):
            async with connect(f"{base}/api/v1/alerts/live") as stranger:
                await say(stranger, "watch", "on-call")
                await stranger.recv()


async def test_what_was_is_told_once_as_it_was(site: Site) -> None:
    ident = await schedule(site)
    (then,) = [v["at"] for v in (await site.call("GET", "/configuration/versions?limit=1"))["items"]]
    await site.call("POST", f"/schedules/{ident}/overrides", override())
    async with served(site) as base, connect(f"{base}/api/v1/alerts/live?token={site.keys.admin_key}") as socket:
        await say(socket, "watch", f"calendar?schedule={ident}&as_of={quote(then)}")
        assert (await told(socket, "calendar", "refused"))["lines"]["overrides"] == []
        await say(socket, "watch", f"on-call?as_of={quote(then)}")
        found = (await told(socket, "on-call"))["items"]
        assert found == (await site.call("GET", f"/on-call?as_of={quote(then)}"))["items"]
