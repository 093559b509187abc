"""Every router on one screen. The webhooks and pings are in front of the framework, the rest is ordinary FastAPI."""

from __future__ import annotations

from collections.abc import AsyncIterator, MutableMapping
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import Response
from starlette.routing import Match

from gateway import api, graphql, health, live, pages, problems
from gateway.api import calendars
from gateway.auth.principal import Unsure
from gateway.bare import Receive, Scope, Send
from gateway.beneath import Asgi, beneath
from gateway.console import Console
from gateway.ingest import PREFIX
from gateway.metrics import REQUESTS
from gateway.openapi import customise
from gateway.pages import forgotten, invitation
from gateway.pings import PREFIX as PINGS
from gateway.pings import Pings
from gateway.rota_watch import RotaWatch
from gateway.services import Services
from runtime.ids import new_id
from runtime.version import VERSION


def build_api(services: Services) -> FastAPI:
    """The FastAPI part: REST, GraphQL, feed, pages, health."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        watch = RotaWatch(services)
        await services.start()
        watch.start()
        yield
        await watch.stop()
        await services.stop()

    app = FastAPI(
        title="Fangorn Sentinel",
        version=VERSION,
        description="On-call management: an accepted alert is never lost, a due page is never skipped.",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
    )
    app.state.services = services
    problems.install(app)

    async def unsure(request: Request, error: Unsure) -> Response:
        if request.url.path.startswith("/api/"):
            return problems.problem(error.status, error.detail, headers=error.headers)
        return pages.unsure(services)

    app.add_exception_handler(Unsure, unsure)  # type: ignore[arg-type]
    public = (calendars.public, health.router, pages.router, invitation.router, forgotten.router)
    for router in (api.router(), live.router, graphql.router(), *public):
        app.include_router(router)
    app.mount("/static", pages.static)
    customise(app, services.settings.base)
    return app


def build_app(services: Services) -> Asgi:
    """The whole gateway as one ASGI application."""
    app = build_api(services)
    console = Console(services)
    pings = Pings(services.config, services.inbox, services.time.now)

    async def gateway(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(PREFIX):
            await services.ingest(scope, receive, send)
        elif scope["type"] == "http" and scope["path"].startswith(PINGS):
            await pings(scope, receive, send)
        elif scope["type"] == "lifespan" or scope["path"].startswith("/api/") or _known(app, scope):
            await app(scope, receive, _observed(scope, send))
        else:
            await console(scope, receive, send)

    return beneath(services.settings.base, gateway)


def _known(app: FastAPI, scope: Scope) -> bool:
    return any(route.matches(scope)[0] is not Match.NONE for route in app.routes)


def _observed(scope: Scope, send: Send) -> Send:
    """Name each answer by its X-Request-Id, the sender's or a new one, and count it by route and status."""
    if scope["type"] != "http":
        return send
    given = next((value for name, value in scope["headers"] if name == b"x-request-id"), None)
    ident = given[:200] if given else new_id().encode()

    async def named(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            route = getattr(scope.get("route"), "path", "unmatched")
            REQUESTS.labels(route, message["status"]).inc()
            message = {**message, "headers": [*message.get("headers", ()), (b"x-request-id", ident)]}
        await send(message)

    return named
