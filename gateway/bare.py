"""Answering without a framework: what the webhooks and the pings share. Durable first, then 2xx; else a clear 503."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any

from gateway.metrics import REQUESTS
from gateway.problems import TYPE, broken_body, problem_body
from runtime.errors import OutcomeUnknown, RuntimeFault, StatementRejected
from runtime.ids import new_id

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class Refused(Exception):
    """The request is answered with this problem; nothing was stored."""

    def __init__(self, status: int, detail: str, pointer: str = "") -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.pointer = pointer

    def __reduce__(self) -> tuple[type[Refused], tuple[int, str, str]]:
        return (type(self), (self.status, self.detail, self.pointer))


@dataclass(frozen=True, slots=True)
class Taken:
    """What to answer. `spooled`: it is durable on this gateway's disk instead of the database."""

    status: int
    body: bytes
    spooled: bool = False


Take = Callable[[Scope, dict[str, str], Receive, str], Awaitable[Taken]]
"""Takes a request in: (scope, headers, receive, a fresh id) -> the answer. Raises Refused or a RuntimeFault."""


async def serve(scope: Scope, receive: Receive, send: Send, route: str, take: Take, allowed: str) -> Taken:
    """Answer one request, whatever happens, and tell how. `route`: for the metrics; `allowed`: methods, for a 405."""
    headers = {k.decode("latin-1"): v.decode("latin-1") for k, v in scope["headers"]}
    fresh = new_id()
    request_id = headers.get("x-request-id") or fresh
    try:
        taken = await take(scope, headers, receive, fresh)
    except Refused as refused:
        errors = [{"pointer": refused.pointer, "detail": refused.detail}] if refused.pointer else []
        taken = Taken(refused.status, problem_body(refused.status, refused.detail, errors))
    except StatementRejected as error:
        taken = Taken(422, problem_body(422, f"The database refuses this content: {error}"))
    except OutcomeUnknown:
        detail = (
            "The database did not say in time whether this was stored. Send it again in a few seconds; "
            "an alert that is known already opens no second incident."
        )
        taken = Taken(503, problem_body(503, detail))
    except RuntimeFault:
        detail = "Nothing can be stored right now. Nothing of this request was; send it again in a few seconds."
        taken = Taken(503, problem_body(503, detail))
    except Exception as error:
        taken = Taken(500, broken_body(error))
    REQUESTS.labels(route, taken.status).inc()
    await _answer(scope, send, taken, request_id, allowed)
    return taken


async def _answer(scope: Mapping[str, Any], send: Send, taken: Taken, request_id: str, allowed: str) -> None:
    status, body = taken.status, taken.body
    headers = [
        (b"content-type", b"application/json" if status < 400 else TYPE.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"x-request-id", request_id.encode("latin-1", "replace")),
    ]
    if taken.spooled:
        headers.append((b"sentinel-durability", b"spool"))
    if status == 503:
        headers.append((b"retry-after", b"2"))
    if status == 405:
        headers.append((b"allow", allowed.encode()))
    if status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})
