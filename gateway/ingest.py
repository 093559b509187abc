"""The hot path: a webhook becomes inbox rows, and is answered 2xx after their commit. Bare ASGI, no framework.

While Postgres is away the rows are fsynced into the local spool instead; the answer says so in `Sentinel-Durability`.

    POST /api/v1/webhooks/{generic|grafana|prometheus}[/KEY]

The key is the last path segment, a bearer token or a Basic password. A well-formed body from a known key is
never answered 4xx or 429, which senders do not retry: it is stored, or answered 503.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import zlib
from collections.abc import Callable
from functools import partial

import msgspec

from domain.configuration import Integration
from domain.enrichment import group_title, taken_in
from domain.grouping import Group, received
from gateway.bare import Receive, Refused, Scope, Send, Taken, serve
from gateway.config_cache import ConfigCache
from gateway.last_requests import Arrival
from gateway.metrics import ALERTS
from gateway.writer import InboxWriter
from integrations.base import Integration as Parser
from integrations.base import Malformed, Parsed
from integrations.registry import TYPES
from runtime.codec import json_of
from runtime.ids import EntityId, derived_id, shard_of
from runtime.store import Inbound

PREFIX = "/api/v1/webhooks/"
CHUNK = 500
"""Alerts of one group in one message: a group of thousands becomes several turns, in order."""
MAX_LINES_ANSWERED = 100


class Ingest:
    """ASGI application for everything below PREFIX. `now`: UTC epoch seconds, for display only.

    `heard(integration id, at)` is told of every request that was taken in, `answered` of every one, after its answer.
    """

    def __init__(
        self,
        config: ConfigCache,
        inbox: InboxWriter,
        max_body: int,
        now: Callable[[], float],
        heard: Callable[[str, float], None],
        answered: Callable[[Arrival, Taken], None],
    ) -> None:
        self._config = config
        self._inbox = inbox
        self._max_body = max_body
        self._now = now
        self._heard = heard
        self._answered = answered

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        arrival = Arrival()
        taken = await serve(scope, receive, send, "webhooks", partial(self._take, arrival), "POST, PUT")
        self._answered(arrival, taken)

    async def _take(
        self, arrival: Arrival, scope: Scope, headers: dict[str, str], receive: Receive, fresh: str
    ) -> Taken:
        arrival.at, arrival.method, arrival.headers = self._now(), scope["method"], headers
        if client := scope.get("client"):
            arrival.source = client[0]
        parser, integration = self._authorise(scope, headers, arrival)
        packed = await self._read(receive, headers)
        arrival.carries(packed)
        raw = _unpack(packed, headers, self._max_body)
        return await self.accept(arrival, parser, integration, raw, fresh)

    async def accept(self, arrival: Arrival, parser: Parser, integration: Integration, raw: bytes, fresh: str) -> Taken:
        """Take in the body of a request whose sender is known. Raises Refused, or a RuntimeFault: then nothing is."""
        arrival.carries(raw)
        headers = arrival.headers
        try:
            parsed = parser.parse(headers, raw, self._now())
        except Malformed as error:
            raise Refused(422, error.detail, error.field) from error
        receipt = _receipt(integration.id, headers.get("idempotency-key"), raw) or fresh
        rows, groups = self._rows(integration, parsed, receipt)
        ids = await self._inbox.put(rows, len(raw)) if rows else []
        ALERTS.labels(integration.type).inc(len(parsed.events))
        self._heard(integration.id, self._now())
        answer = {
            "status": "accepted",
            "receipt": receipt,
            "alerts": len(parsed.events),
            "incident_lines": [found.line_key for found in groups[:MAX_LINES_ANSWERED]],
        }
        arrival.went(groups, len(parsed.events), ids)
        return Taken(202, msgspec.json.encode(answer), spooled=bool(rows) and not ids)

    def _authorise(self, scope: Scope, headers: dict[str, str], arrival: Arrival) -> tuple[Parser, Integration]:
        kind, _, key = scope["path"].removeprefix(PREFIX).strip("/").partition("/")
        parser = TYPES.get(kind)
        if parser is None:
            raise Refused(404, f"There is no integration type {kind[:40]!r}; there are {', '.join(TYPES)}.")
        if scope["method"] not in ("POST", "PUT"):
            raise Refused(405, "Post alerts here. This address shows nothing.")
        key = key or _key_in(headers.get("authorization", ""))
        if not key:
            raise Refused(
                401, "The integration key is missing: put it at the end of the URL, or send it as a bearer token."
            )
        if not self._config.loaded:
            raise Refused(503, "The configuration is not loaded yet; send it again in a few seconds.")
        integration = self._config.integration_of(key)
        if integration is None:
            raise Refused(
                401, "This integration key is not known or was revoked. The integrations page has the current URL."
            )
        arrival.integration_id = integration.id
        if integration.type != kind:
            raise Refused(
                403,
                f"This key belongs to an integration of type {integration.type}; post to {PREFIX}{integration.type}.",
            )
        return parser, integration

    async def _read(self, receive: Receive, headers: dict[str, str]) -> bytes:
        declared = headers.get("content-length", "0")
        if declared.isdecimal() and int(declared) > self._max_body:
            raise Refused(
                413, f"The body is {declared} bytes; at most {self._max_body} are taken (SENTINEL_MAX_BODY_BYTES)."
            )
        message = await receive()
        body: bytes = message.get("body", b"")
        if not message.get("more_body"):
            return self._checked(body)
        parts, size = [body], len(body)
        while message.get("more_body"):
            message = await receive()
            if message["type"] == "http.disconnect":
                raise Refused(400, "The connection ended before the body was complete.")
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            if size > self._max_body:
                raise Refused(413, f"At most {self._max_body} bytes are taken (SENTINEL_MAX_BODY_BYTES).")
        return b"".join(parts)

    def _checked(self, body: bytes) -> bytes:
        if len(body) > self._max_body:
            raise Refused(413, f"At most {self._max_body} bytes are taken (SENTINEL_MAX_BODY_BYTES).")
        return body

    def _rows(self, integration: Integration, parsed: Parsed, unique: str) -> tuple[list[Inbound], list[Group]]:
        rows: list[Inbound] = []
        config, now = self._config.current, self._now()
        title = group_title(integration, parsed.group_title)
        groups = taken_in(config, integration, parsed.events, now, parsed.payloads)
        for found in groups:
            rows += inbound(integration.id, found, title, now, unique, config.version)
        return rows, groups


def inbound(
    integration_id: str, found: Group, group_title: str, received_at: float, unique: str, env_version: int
) -> list[Inbound]:
    """Inbox rows for one group of alerts. `unique` makes the request's rows unique, and a retry of it the same."""
    entity = EntityId("incident", found.line_key)
    rows = []
    for n in range(0, len(found.events), CHUNK):
        message = received(integration_id, found, group_title, received_at, found.events[n : n + CHUNK])
        rows.append(
            Inbound(
                entity=str(entity),
                shard=shard_of(entity),
                kind="AlertsReceived",
                dedup=f"{unique}/{found.line_key}/{n}",
                body=json_of(message),
                env_version=env_version,
            )
        )
    return rows


def _receipt(integration_id: str, idempotency: str | None, raw: bytes) -> str | None:
    """What the request's inbox rows are found by: their `dedup` begins with it. None without a key.

    The body is part of it: a sender that puts one fixed Idempotency-Key on everything must lose nothing.
    """
    if not idempotency:
        return None
    return derived_id(integration_id, idempotency, hashlib.blake2b(raw, digest_size=16).hexdigest())


def _key_in(authorization: str) -> str:
    scheme, _, value = authorization.partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    if scheme.lower() == "basic":
        try:
            user, _, password = base64.b64decode(value, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return ""
        return password or user
    return ""


def _unpack(body: bytes, headers: dict[str, str], limit: int) -> bytes:
    encoding = headers.get("content-encoding", "identity").lower()
    if encoding in ("identity", ""):
        return body
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise Refused(415, f"Content-Encoding {encoding[:40]!r} is not understood; send gzip, deflate or nothing.")
    unzip = zlib.decompressobj(wbits=47)
    try:
        plain = unzip.decompress(body, limit + 1)
    except zlib.error as error:
        raise Refused(400, f"The body is not valid {encoding}: {error}") from error
    if len(plain) > limit:
        raise Refused(413, f"Unpacked, the body has more than {limit} bytes (SENTINEL_MAX_BODY_BYTES).")
    return plain
