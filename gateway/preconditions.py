"""Two people who edit one thing: GET answers with an ETag, and PUT or DELETE with it as If-Match is refused, 412, once

somebody else saved in between (RFC 9110, section 13.1.1). Without If-Match the last one to save wins.

The ETag is of what a PUT writes (storage/etags.py). So it is no key for a cache: what a GET shows beside that, such as
a schedule's overrides, may change under the same ETag. The answer to a PUT has none, because what is stored may be a
tidier form of what was sent (RFC 9110, section 9.3.4).
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.params import Depends as Dependency

from gateway.auth.principal import any_services, principal
from gateway.services import Services
from storage.access import Holder
from storage.etags import expecting, tag

ROOT = "/api/v1"
RESOURCES = {
    "/users/{user_id}": "user",
    "/me": "user",
    "/users/{user_id}/contact-methods/{contact_id}": "contact_method",
    "/users/{user_id}/notification-rules": "notification_rules",
    "/users/{user_id}/quiet-hours": "quiet_hours",
    "/teams/{team_id}": "team",
    "/schedules/{schedule_id}": "schedule",
    "/schedules/{schedule_id}/calendars/{calendar_id}": "calendar",
    "/holiday-calendars/{calendar_id}": "holiday-calendar",
    "/destinations/{destination_id}": "destination",
    "/policies/{policy_id}": "policy",
    "/last-resort": "last_resort",
    "/organisation": "organisation",
    "/services/{service_id}": "service",
    "/integrations/{integration_id}": "integration",
    "/routing-rules": "routing_rules",
    "/heartbeats/{heartbeat_id}": "heartbeat",
    "/silences/{silence_id}": "silence",
    "/maintenance/{maintenance_id}": "maintenance",
}
"""What people edit as a whole: its address -> the kind of the subject under which a change of it is saved.

Its id is the last one in the address; that of /me is whose it is.
"""
TAG = re.compile(r'(?:W/)?"([^"]*)"')
"""A proxy that compresses makes a tag weak (nginx does); it is the same state, so W/ is taken for none."""


def guards(router: APIRouter) -> list[Dependency]:
    """What the router's routes depend on, if one of them is a thing that people edit."""
    return [Depends(_guard)] if any(getattr(route, "path", "") in RESOURCES for route in router.routes) else []


def _subject(request: Request, kind: str | None, caller: Holder) -> str:
    *_, ident = ("", *request.path_params.values())
    ident = ident.replace("\x00", "") if ident or kind != "user" else caller.user_id or ""
    return f"{kind}/{ident}" if ident else str(kind)


async def _guard(
    request: Request,
    response: Response,
    caller: Annotated[Holder, Depends(principal)],
    services: Annotated[Services, Depends(any_services)],
) -> AsyncIterator[None]:
    kind = RESOURCES.get(request.scope["route"].path.removeprefix(ROOT))
    subject = _subject(request, kind, caller)
    wanted = ", ".join(request.headers.getlist("if-match"))
    if kind is not None and request.method == "GET" and "as_of" not in request.query_params:
        # Before it is read: a change in between leaves an old tag beside a new state, which is refused, never lost.
        async with services.sessions() as session:
            found = await tag(session, subject)
        if found is not None:
            response.headers["ETag"] = f'"{found}"'
    if kind is None or request.method == "GET" or wanted in ("", "*"):
        yield
        return
    with expecting(subject, frozenset(TAG.findall(wanted))):
        yield


def document(paths: dict[str, Any]) -> None:
    """Say it in the OpenAPI document."""
    about = "The ETag of the state that is edited; 412 if somebody else saved since. Left away: saved in any case"
    parameter = {"name": "If-Match", "in": "header", "required": False, "schema": {"type": "string"}}
    header = {"schema": {"type": "string"}, "description": "Of what a PUT writes; for If-Match"}
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    refused = {"description": "Somebody else saved in between", "content": problem, "headers": {"ETag": header}}
    for path in RESOURCES:
        for method, operation in paths[f"{ROOT}{path}"].items():
            if method == "get":
                operation["responses"]["200"]["headers"] = {"ETag": header}
            else:
                operation.setdefault("parameters", []).append({**parameter, "description": about})
                operation["responses"]["412"] = refused
