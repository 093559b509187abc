"""From a request to who is asking, and whether they may."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import HTTPConnection

from domain.errors import Invalid
from domain.roles import Permission, allows
from gateway.problems import ProblemError, is_outage
from gateway.services import Services
from storage.access import Holder, api_key_holder, session_holder
from storage.changes import Sessions
from storage.managed import check_not_built_in

COOKIE = "sentinel_session"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
UNKNOWN_S = 3.0
"""How long a database that did not answer is waited for by a caller of whom nothing is known from before."""


class Unsure(ProblemError):
    """The database is away and whoever asks is not known from before: not the same as a stranger."""


async def holder_of(connection: HTTPConnection, services: Services, token: str = "") -> Holder | None:
    """Who the bearer token, API key header, `token` or session cookie belongs to. Raises Unsure."""
    scheme, _, bearer = connection.headers.get("authorization", "").partition(" ")
    key = token or connection.headers.get("x-api-key", "") or (bearer.strip() if scheme.lower() == "bearer" else "")
    if key:
        return await _asked(services, api_key_holder, key)
    cookie = connection.cookies.get(COOKIE, "")
    return await _asked(services, session_holder, cookie) if cookie else None


async def _asked(
    services: Services,
    ask: Callable[[Sessions, str], Awaitable[Holder | None]],
    secret: str,
) -> Holder | None:
    """The holder by the database; while it is away, as it was last known: an acknowledgement must get through.

    Who is not known from before is asked for all the same, a second time too: they signed in just now, or the database
    was only slow. Raises Unsure if it does not answer: they may be somebody.
    """
    for again in (services.outage.away, True):
        known = services.config.holder_of(secret, services.time.now()) if again else None
        if known is not None:
            return known
        try:
            async with asyncio.timeout(UNKNOWN_S if again else None):
                return await ask(services.sessions, secret)
        except (SQLAlchemyError, TimeoutError) as error:
            if isinstance(error, SQLAlchemyError) and not is_outage(error):
                raise
    detail = "The database does not answer, and this key or session is not known from before. Try again in a moment."
    raise Unsure(503, detail, {"Retry-After": "2"})


def same_origin(connection: HTTPConnection) -> bool:
    """False for a browser request that another site caused; requests without an Origin are no browser's."""
    origin = connection.headers.get("origin")
    if origin is None:
        return connection.headers.get("sec-fetch-site", "none") in ("none", "same-origin")
    return urlsplit(origin).netloc == connection.headers.get("host", "")


async def principal(request: Request) -> Holder:
    """The caller. Raises Unsure, 401, and 403 for a cookie of another site."""
    services: Services = request.app.state.services
    found = await holder_of(request, services)
    if found is None:
        detail = "Send an API key as `Authorization: Bearer snt_api_…`, or sign in. The key may have been revoked."
        raise ProblemError(401, detail, {"WWW-Authenticate": "Bearer"})
    cookie_only = "authorization" not in request.headers and "x-api-key" not in request.headers
    if request.method not in SAFE and cookie_only and not same_origin(request):
        raise ProblemError(403, "This request came from another site and was refused.")
    return found


def require(permission: Permission) -> Callable[[Holder], Awaitable[Holder]]:
    """Dependency: the caller, if they have this permission."""

    async def check(found: Annotated[Holder, Depends(principal)]) -> Holder:
        if not allows(found.role, found.scopes, permission):
            raise ProblemError(
                403, f"{found.name} (role {found.role}) may not do this; it takes the permission {permission}."
            )
        return found

    return check


def look_after(caller: Holder, user_id: str) -> None:
    """People look after how they are reached themselves, also viewers; who may configure, after everybody.

    Nobody looks after the canary: raises Conflict. Raises 403, also for a person's key that may only read: it could
    lead their pages astray.
    """
    check_not_built_in(user_id)
    if allows(caller.role, caller.scopes, "configure"):
        return
    if caller.user_id != user_id:
        raise ProblemError(403, "Only the person, a manager or an administrator may change this.")
    if caller.scopes and not allows(caller.role, caller.scopes, "respond"):
        raise ProblemError(403, "This API key may only read; changing how a person is reached takes the scope respond.")


async def person(found: Annotated[Holder, Depends(principal)]) -> Holder:
    """Dependency: somebody who is signed in. An API key must not take its owner's account over."""
    if not found.session or found.user_id is None:
        raise ProblemError(403, "Only the person themself may do this, signed in in a browser; an API key may not.")
    return found


def any_services(request: HTTPConnection) -> Services:
    """Dependency: the gateway's services, whatever time is asked about."""
    services: Services = request.app.state.services
    return services


def services_of(request: HTTPConnection) -> Services:
    """Dependency: the gateway's services, for what is so now. Raises Invalid if another time is asked about."""
    if "as_of" in request.query_params:
        changing = request.scope.get("method", "GET") not in SAFE
        words = "what was cannot be changed" if changing else "this is known for the present only"
        raise Invalid("as_of", f"Leave as_of away: {words}. Nothing was changed.")
    return any_services(request)


Person = Annotated[Holder, Depends(person)]
Reader = Annotated[Holder, Depends(require("read"))]
Responder = Annotated[Holder, Depends(require("respond"))]
Configurer = Annotated[Holder, Depends(require("configure"))]
Admin = Annotated[Holder, Depends(require("admin"))]
Gateway = Annotated[Services, Depends(services_of)]
