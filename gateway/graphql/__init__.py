"""GraphQL at /api/graphql: the same alerts, the same rights."""

from __future__ import annotations

from collections.abc import AsyncIterator

import strawberry
from fastapi import APIRouter
from graphql import GraphQLError
from starlette.requests import HTTPConnection
from strawberry.extensions import MaxTokensLimiter, QueryDepthLimiter
from strawberry.fastapi import BaseContext, GraphQLRouter
from strawberry.types import ExecutionContext

from domain.errors import Invalid
from domain.incident import Acknowledge, Resolve
from domain.roles import Permission, allows
from gateway.api.alerts import act, by, episode_of
from gateway.auth.principal import SAFE, any_services, holder_of, same_origin, services_of
from gateway.graphql.types import Alert, AlertStatus, Severity
from gateway.live import shown
from gateway.problems import ProblemError
from gateway.services import Services
from integrations.clean import TEXT_MAX, text
from storage import incidents
from storage.access import Holder
from storage.errors import NotFound

EXPECTED = (NotFound, Invalid, PermissionError, ProblemError)
"""Answers to callers, not faults of ours."""


class Context(BaseContext):
    """Who asks, and what answers. Websocket clients may send the key as `token` in connection_init."""

    def __init__(self, services: Services, holder: Holder | None) -> None:
        super().__init__()
        self.services = services
        self.holder = holder

    async def caller(self, permission: Permission) -> Holder:
        """The caller, if they may; else an error in the answer."""
        if self.holder is None:
            token = str((self.connection_params or {}).get("token", ""))
            self.holder = await holder_of(self.request, self.services, token) if token and self.request else None
        if self.holder is None:
            raise PermissionError("Send an API key as bearer token, or sign in.")
        if not allows(self.holder.role, self.holder.scopes, permission):
            raise PermissionError(f"{self.holder.name} may not do this; it takes the permission {permission}.")
        return self.holder


Info = strawberry.Info[Context, None]


@strawberry.type
class Query:
    """Reading."""

    @strawberry.field(description="Alerts, newest first; at most 500")
    async def alerts(
        self,
        info: Info,
        status: list[AlertStatus] | None = None,
        severity: list[Severity] | None = None,
        limit: int = 50,
    ) -> list[Alert]:
        await info.context.caller("read")
        wanted = incidents.Filter([s.value for s in status or ()], [s.value for s in severity or ()])
        rows, _ = await incidents.listed(info.context.services.sessions, wanted, max(1, min(limit, 500)), None)
        return [Alert.of(row) for row in rows]

    @strawberry.field(description="One alert, or null")
    async def alert(self, info: Info, id: strawberry.ID) -> Alert | None:
        await info.context.caller("read")
        try:
            return Alert.of(await incidents.one(info.context.services.sessions, str(id).replace("\x00", "")))
        except NotFound:
            return None


@strawberry.type
class Mutation:
    """What responders do."""

    @strawberry.mutation(description="I have it: nothing more is sent")
    async def acknowledge_alert(self, info: Info, alert_id: strawberry.ID, note: str = "") -> Alert:
        caller = await info.context.caller("respond")
        command = Acknowledge(episode_of(str(alert_id)), by(caller), text(note, TEXT_MAX), caller.user_id)
        await act(info.context.services, str(alert_id), command, None)
        return Alert.of(await incidents.one(info.context.services.sessions, str(alert_id)))

    @strawberry.mutation(description="It is over")
    async def resolve_alert(self, info: Info, alert_id: strawberry.ID, note: str = "") -> Alert:
        caller = await info.context.caller("respond")
        command = Resolve(episode_of(str(alert_id)), by(caller), text(note, TEXT_MAX))
        await act(info.context.services, str(alert_id), command, None)
        return Alert.of(await incidents.one(info.context.services.sessions, str(alert_id)))


@strawberry.type
class Subscription:
    """As it happens."""

    @strawberry.subscription(description="A new incident was opened")
    async def alert_created(self, info: Info) -> AsyncIterator[Alert]:
        async for alert in _following(info, only="Triggered"):
            yield alert

    @strawberry.subscription(description="Anything happened to an alert")
    async def alert_changed(self, info: Info) -> AsyncIterator[Alert]:
        async for alert in _following(info, only=None):
            yield alert


async def _following(info: Info, only: str | None) -> AsyncIterator[Alert]:
    await info.context.caller("read")
    services = info.context.services
    async with services.feed.follow(None) as events:
        async for event in events:
            ident = shown(event)["incident_id"]
            if ident is not None and only in (None, event["kind"]):
                yield Alert.of(await incidents.one(services.sessions, ident))


class Schema(strawberry.Schema):
    """Logs what is broken on our side; what a caller asked for in vain is only the caller's."""

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        ours = [e for e in errors if e.original_error and not isinstance(e.original_error, EXPECTED)]
        super().process_errors(ours, execution_context)


schema = Schema(
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    extensions=[lambda: QueryDepthLimiter(max_depth=8), lambda: MaxTokensLimiter(max_token_count=2000)],
)


async def _context(connection: HTTPConnection) -> Context:
    # Of the present only, as everything that happened.
    services = services_of(connection) if connection.scope["type"] == "http" else any_services(connection)
    holder = await holder_of(connection, services)
    cookie_only = "authorization" not in connection.headers and "x-api-key" not in connection.headers
    method = connection.scope.get("method", "GET")
    if holder is not None and cookie_only and method not in SAFE and not same_origin(connection):
        raise ProblemError(403, "This request came from another site and was refused.")
    return Context(services, holder)


def router() -> APIRouter:
    """To be mounted at the root."""
    graphql: GraphQLRouter[Context, None] = GraphQLRouter(
        schema, path="/api/graphql", context_getter=_context, graphql_ide=None, include_in_schema=False
    )
    return graphql
