"""The organisation's routing rules."""

from __future__ import annotations

from fastapi import APIRouter
from sqlalchemy import select

from domain.route_checks import check_routes
from gateway.auth.principal import Configurer, Gateway, Reader
from gateway.schemas.routing import RoutingRules
from gateway.then import AsOf
from storage.changes import change
from storage.tables import SettingsRow

router = APIRouter(prefix="/routing-rules", tags=["routing"])


@router.get("", operation_id="getRoutingRules")
async def get_routing_rules(_: Reader, then: AsOf) -> RoutingRules:
    """In their order; empty if there are none."""
    async with then.session() as session:
        row = (await session.execute(select(SettingsRow))).scalar_one()
        return RoutingRules.model_validate({"routes": row.routes})


@router.put("", operation_id="replaceRoutingRules")
async def replace_routing_rules(body: RoutingRules, caller: Configurer, gateway: Gateway) -> RoutingRules:
    """As a whole. They come before the rules of every integration; an empty list is none."""
    check_routes([route.to_domain() for route in body.routes], gateway.config.current)
    async with change(gateway.sessions, caller.name, "update", "routing_rules") as session:
        row = (await session.execute(select(SettingsRow))).scalar_one()
        row.routes = [route.model_dump() for route in body.routes]
    await gateway.config.refresh()
    return body
