"""The gateway's half of the console: who is let through, what it says without the console, the live list."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from gateway.pages import own
from storage import access, bootstrap
from tests.contract.conftest import Site, until
from tests.contract.test_api import fired
from tests.fakes.ports import free_port


async def signed_in(site: Site) -> None:
    token = await access.create_session(site.services.sessions, bootstrap.ADMIN)
    site.http.headers.pop("Authorization")
    site.http.headers["Cookie"] = f"sentinel_session={token}"


@asynccontextmanager
async def console(site: Site) -> AsyncIterator[list[Any]]:
    """Stands in for the console's process on its socket file; what it was asked."""
    asked: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            return
        asked.append((scope["path"], dict(scope["headers"])))
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.accept"})
            said = await receive()
            await send({"type": "websocket.send", "text": said["text"].upper()})
            await receive()
            return
        headers = [(b"content-type", b"text/html"), (b"content-security-policy", b"default-src 'none'")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"a page"})

    path = site.services.settings.console_socket
    server = uvicorn.Server(uvicorn.Config(app, uds=str(path), log_level="error", lifespan="off"))
    task = asyncio.create_task(server.serve())
    await until("the socket", lambda: _exists(path))
    yield asked
    server.should_exit = True
    await task
    path.unlink(missing_ok=True)


async def _exists(path: Any) -> bool:
    return bool(path.exists())


@asynccontextmanager
async def served(site: Site) -> AsyncIterator[str]:
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(site.app, port=port, log_level="error", lifespan="off"))
    task = asyncio.create_task(server.serve())
    await until("the server", lambda: _started(server))
    yield f"ws://127.0.0.1:{port}"
    server.should_exit = True
    await task


async def _started(server: uvicorn.Server) -> bool:
    return server.started


async def test_without_the_console_its_pages_say_so_and_the_gateways_own_work(site: Site) -> None:
    await signed_in(site)
    answer = await site.http.get("/incidents")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    assert "people are paged meanwhile" in answer.text and "/outbox" in answer.text
    assert (await site.http.get("/outbox")).status_code == 200
    assert (await site.http.get("/api/v1/no-such-thing")).headers["content-type"] == "application/problem+json"
    assert (await site.http.post("/incidents")).status_code == 405


async def test_pages_come_through_with_the_session_and_only_for_who_is_signed_in(site: Site) -> None:
    async with console(site) as asked:
        site.http.headers.pop("Authorization")
        turned_away = await site.http.get("/incidents/abc-1")
        assert (turned_away.status_code, turned_away.headers["location"]) == (303, "/sign-in?next=%2Fincidents%2Fabc-1")
        assert asked == []
        site.http.headers["Authorization"] = "unused"
        await signed_in(site)
        shown = await site.http.get("/incidents/abc-1", headers={"X-Sent": "by the browser"})
        assert (shown.status_code, shown.text) == (200, "a page")
        assert shown.headers["content-security-policy"] == "default-src 'none'"
        path, headers = asked[0]
        assert path == "/incidents/abc-1" and headers[b"x-sent"] == b"by the browser"
        assert b"sentinel_session=" in headers[b"cookie"]


async def test_the_consoles_websocket_comes_through_and_not_for_other_sites(site: Site) -> None:
    await signed_in(site)
    cookie = {"Cookie": site.http.headers["Cookie"]}
    async with console(site), served(site) as base:
        async with connect(f"{base}/_event/?token=1", additional_headers=cookie) as socket:
            await socket.send("hello")
            assert await socket.recv() == "HELLO"
        for headers in ({}, {**cookie, "Origin": "https://evil.example"}):
            with pytest.raises(Exception, match="403"):
                await connect(f"{base}/_event/", additional_headers=headers)


async def test_the_live_list_says_counts_and_changed_incidents_once_for_all(live_site: Site) -> None:
    token = live_site.keys.admin_key
    async with served(live_site) as base, connect(f"{base}/api/v1/alerts/live?token={token}") as socket:
        assert json.loads(await socket.recv()) == {"type": "counts", "open": {}}
        ident = (await fired(live_site, title="Seen live"))["id"]
        told: dict[str, Any] = {}
        while not told.keys() >= {"rows", "counts"} or told["counts"]["open"] != {"triggered": 1}:
            message = json.loads(await asyncio.wait_for(socket.recv(), 10))
            told[message["type"]] = message
        (row,) = told["rows"]["items"]
        assert (row["id"], row["title"]) == (ident, "Seen live") and "members" not in row
        shown = await live_site.call("GET", f"/alerts/{ident}")
        assert row["revision"] <= shown["revision"]
        assert await live_site.call("GET", "/alerts/counts") == {"type": "counts", "open": {"triggered": 1}}
        listed = await live_site.call("GET", "/alerts?label=team=none&person=nobody&service=none")
        assert listed["items"] == []
    async with served(live_site) as base:
        with pytest.raises(ConnectionClosed):
            async with connect(f"{base}/api/v1/alerts/live") as stranger:
                await stranger.recv()


async def test_open_pages_hear_that_the_rota_may_be_different(site: Site) -> None:
    token, me = site.keys.admin_key, bootstrap.ADMIN
    async with served(site) as base, connect(f"{base}/api/v1/alerts/live?token={token}") as socket:

        async def told(people: bool = False) -> int:
            while (message := json.loads(await asyncio.wait_for(socket.recv(), 10)))["type"] != "rota":
                pass
            assert message["people"] is people
            return int(message["version"])

        await until("a look", lambda: _looked(site))
        rotation = {"unit": "week", "every": 1, "start": "2026-01-05T09:00:00", "users": [me]}
        body = {"name": "Heard of", "zone": "UTC", "layers": [{"name": "weekly", "rotation": rotation}]}
        await site.call("POST", "/schedules", body)
        saved = await told()
        assert saved == site.services.config.current.version
        assert (await site.call("GET", "/on-call"))["version"] >= saved
        await site.call(
            "POST", "/time-off", {"user_id": me, "start": "2030-01-01T00:00:00Z", "end": "2030-01-02T00:00:00Z"}
        )
        assert await told() == saved, "no part of the configuration, and told all the same"
        await site.call("POST", "/teams", {"name": "Heard of, too"}, 201)
        assert await told(people=True) > saved


async def _looked(site: Site) -> bool:
    await site.services.rota.look()
    return site.services.rows.watchers > 0


@pytest.mark.parametrize(
    ("wanted", "goes"),
    [
        ("/incidents/a-1?tab=all", "/incidents/a-1?tab=all"),
        ("https://evil.example/", "/incidents"),
        ("//evil.example", "/incidents"),
        ("/\\evil.example", "/incidents"),
        ("javascript:alert(1)", "/incidents"),
        ("", "/incidents"),
        ("/a\r\nSet-Cookie: x", "/incidents"),
    ],
)
def test_signing_in_leads_to_our_own_pages_only(wanted: str, goes: str) -> None:
    assert own(wanted, "") == goes
