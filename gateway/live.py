"""The websocket feed: committed events from a cursor on, as they happen.

    GET /api/v1/feed?cursor=123        (bearer key, `token` query, or session cookie)

First {"type": "hello", "cursor"}; then {"type": "event", "cursor", "id", "kind", "incident_id", "at", "body"}.
Send the last cursor you have when you come again. At least once: drop an `id` you have seen. Close code 4401:
not signed in; 4403: from another site; 4408: too slow, come again with your cursor.

    GET /api/v1/alerts/live            for lists: load a page of /api/v1/alerts after the first message, then keep the
                                       item with the higher `revision`

{"type": "counts", "open": {status: n}} at once and when it changes; {"type": "rows", "items": [alert without members]}.
{"type": "rota", "version": n}: who is on call, a swap, time off or the configuration may be different; ask again.

Who is on call comes whole, to who says what they watch (gateway/schemas/live.py has the parameters and documents):

    {"type": "watch", "of": "on-call"}                                        and "leave" when it is no longer shown
    {"type": "watch", "of": "calendar?schedule=ID&span=28&zone=Europe/Berlin"}

{"type": "on-call", "of", …} or {"type": "calendar", "of", …} at once, and again whenever it became another one:
something was saved, somebody else came on call, another day began. {"type": "refused", "of", "detail", "errors"}: it is
not, and what was watched before goes on. A socket watches at most eight; one that comes again says it again.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from datetime import UTC, datetime
from typing import Any

import msgspec
from fastapi import APIRouter, WebSocket, WebSocketDisconnect
from sqlalchemy.exc import SQLAlchemyError

from domain.roles import allows
from gateway.auth.lasting import SIGNED_OUT, until_ended
from gateway.auth.principal import Unsure, holder_of, same_origin
from gateway.live_feed import Event, Overflow, incident_of
from gateway.services import Services
from runtime.errors import RuntimeFault

AWAY = "the database is away; come again"
router = APIRouter()


def shown(event: Event) -> dict[str, Any]:
    """A journal row as consumers see it."""
    return {
        "type": "event",
        "cursor": event["position"],
        "id": f"{event['entity']}/{event['seq']}",
        "kind": event["kind"],
        "incident_id": incident_of(event),
        "at": datetime.fromtimestamp(event["at"], UTC).isoformat(),
        "body": event["body"],
    }


@router.websocket("/api/v1/feed")
async def feed(socket: WebSocket, cursor: int | None = None, token: str = "") -> None:
    """See the module's docstring."""
    services: Services = socket.app.state.services
    if not await _admitted(socket, token):
        return
    async with services.feed.follow(cursor) as events:
        # Until the first event this is what to come again with: not the newest position, which would skip the replay.
        start = services.feed.position if cursor is None else cursor
        await socket.send_text(msgspec.json.encode({"type": "hello", "cursor": start}).decode())
        await _while_open(socket, token, _send(socket, events))


@router.websocket("/api/v1/alerts/live")
async def live_alerts(socket: WebSocket, token: str = "") -> None:
    """See the module's docstring."""
    services: Services = socket.app.state.services
    if not await _admitted(socket, token):
        return
    with services.rows.watch() as queue:
        try:
            await socket.send_text(await services.rows.counts())
        except SQLAlchemyError:
            await socket.close(1013, AWAY)
            return
        watcher = services.documents.watcher(queue)
        try:
            await _while_open(socket, token, _send_rows(socket, queue), watcher.hear)
        finally:
            watcher.end()


async def _admitted(socket: WebSocket, token: str) -> bool:
    """Accepts, and closes again for who may not read or comes from another site."""
    try:
        holder = await holder_of(socket, socket.app.state.services, token)
    except Unsure:
        await socket.accept()
        await socket.close(1013, AWAY)
        return False
    await socket.accept()
    if holder is None or not allows(holder.role, holder.scopes, "read"):
        await socket.close(4401, "send an API key as bearer token or `token`, or sign in")
        return False
    if "origin" in socket.headers and not same_origin(socket):
        await socket.close(4403, "this page belongs to another site")
        return False
    return True


async def _ignore(_: str) -> None:
    """Nothing is expected."""


async def _while_open(
    socket: WebSocket,
    token: str,
    sending: Coroutine[None, None, None],
    hear: Callable[[str], Awaitable[None]] = _ignore,
) -> None:
    """Until the other side goes, or is signed out. `hear`: gets what it says."""
    beside = [asyncio.create_task(sending), asyncio.create_task(_sign_out(socket, token))]
    try:
        while True:
            await hear(await socket.receive_text())  # without a reader a closed tab would leak
    except (WebSocketDisconnect, RuntimeError):
        pass
    finally:
        for task in beside:
            task.cancel()
        await asyncio.gather(*beside, return_exceptions=True)


async def _sign_out(socket: WebSocket, token: str) -> None:
    await until_ended(socket, socket.app.state.services, token)
    await socket.close(SIGNED_OUT, "the session was ended")


async def _send_rows(socket: WebSocket, queue: asyncio.Queue[str | None]) -> None:
    while (message := await queue.get()) is not None:
        await socket.send_text(message)
    await socket.close(4408, "too slow; come again")


async def _send(socket: WebSocket, events: AsyncIterator[Event]) -> None:
    try:
        async for event in events:
            await socket.send_text(msgspec.json.encode(shown(event)).decode())
    except Overflow:
        await socket.close(4408, "too slow; come again with your cursor")
    except RuntimeFault:
        await socket.close(1013, "the database is away; come again with your cursor")
