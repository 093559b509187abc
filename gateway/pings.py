"""Pings of heartbeats: a secret address becomes an inbox row, and is answered 200 after its commit. Bare ASGI.

    GET, HEAD or POST /ping/KEY[/start|/fail|/EXIT CODE]

Without a last part: a run is finished. Exit code 0 is a finish, any other a failure. What is posted is shown, its
beginning only. While Postgres is away a ping is fsynced into the spool, as alerts are, and counts from when it came in.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from domain.beat_events import Kind
from domain.heartbeat import SAID_MAX, PingReceived
from gateway.bare import Receive, Refused, Scope, Send, Taken, serve
from gateway.config_cache import ConfigCache
from gateway.metrics import PINGS
from gateway.writer import InboxWriter
from runtime.codec import json_of
from runtime.ids import EntityId, shard_of
from runtime.store import Inbound

PREFIX = "/ping/"
SAID_BYTES = 4 * SAID_MAX
MAX_BODY = 1024 * 1024
MAX_EXIT_CODE = 255
WORDS: dict[str, Kind] = {"": "success", "start": "start", "fail": "fail"}


class Pings:
    """ASGI application for everything below PREFIX. `now`: UTC epoch seconds."""

    def __init__(self, config: ConfigCache, inbox: InboxWriter, now: Callable[[], float]) -> None:
        self._config = config
        self._inbox = inbox
        self._now = now

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await serve(scope, receive, send, "pings", self._take, "GET, HEAD, POST")

    async def _take(self, scope: Scope, headers: dict[str, str], receive: Receive, fresh: str) -> Taken:
        if scope["method"] not in ("GET", "HEAD", "POST"):
            raise Refused(405, "Ping with GET, HEAD or POST.")
        key, _, action = scope["path"].removeprefix(PREFIX).strip("/").partition("/")
        if not self._config.loaded:
            raise Refused(503, "The configuration is not loaded yet; ping again in a few seconds.")
        ident = self._config.heartbeat_of(key)
        if ident is None:
            raise Refused(404, "There is no heartbeat with this address: it was deleted, or its address was replaced.")
        ping = read(action, self._now(), await _said(receive))
        entity = EntityId("heartbeat", ident)
        row = Inbound(
            entity=str(entity),
            shard=shard_of(entity),
            kind=type(ping).__name__,
            dedup=fresh,
            body=json_of(ping),
            env_version=self._config.current.version,
        )
        spooled = not await self._inbox.put([row], len(row.body))
        PINGS.labels(ping.kind).inc()
        return Taken(200, msgspec.json.encode({"status": "accepted", "receipt": fresh, "ping": ping.kind}), spooled)


def read(action: str, now: float, said: str) -> PingReceived:
    """The ping that an address means. Raises Refused for a last part that says nothing."""
    if (kind := WORDS.get(action)) is not None:
        return PingReceived(kind, now, None, said)
    if action.isascii() and action.isdigit() and int(action[:9]) <= MAX_EXIT_CODE and len(action) <= 9:
        code = int(action)
        return PingReceived("success" if code == 0 else "fail", now, code, said)
    text = f"{action[:40]!r} says nothing; end the address with nothing, start, fail, or an exit code from 0 to 255."
    raise Refused(404, text)


async def _said(receive: Receive) -> str:
    """The beginning of the body. No ping is refused for what it carries: beyond MAX_BODY nothing more is read."""
    parts, size, more = b"", 0, True
    while more and size <= MAX_BODY:
        message = await receive()
        if message["type"] == "http.disconnect":
            break
        body: bytes = message.get("body", b"")
        size += len(body)
        parts += body[: max(0, SAID_BYTES - len(parts))]
        more = message.get("more_body", False)
    return parts.decode("utf-8", "replace").replace("\x00", "")
