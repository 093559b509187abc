"""What would happen if this alert came: who would be paged, when, by which channel, and what is wrong with that."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter

from domain.errors import Invalid
from gateway.api.planned import answer, with_open
from gateway.api.preview import lost_resolutions, parsed_as
from gateway.auth.principal import Reader
from gateway.schemas.base import problems
from gateway.schemas.plan import Plan, PlanRequest
from gateway.then import AsOf
from integrations.base import Parsed

router = APIRouter(tags=["plan"])


@router.post("/plan", operation_id="planAlert", responses=problems())
async def plan_alert(body: PlanRequest, _: Reader, then: AsOf) -> Plan:
    """The whole way of an alert on virtual time, while nobody answers, by the functions that page."""
    config = await then.configuration()
    integration = config.integrations.get(body.integration_id)
    if integration is None:
        raise Invalid("integration_id", f"There is no integration with id {body.integration_id!r}.")
    at = body.at.timestamp() if body.at is not None else await then.now()
    if body.alert is not None and "payload" in body.model_fields_set:
        raise Invalid("payload", "Give either an alert or a payload, not both.")
    if body.alert is not None:
        parsed = Parsed((body.alert.to_domain(at),))
    elif "payload" in body.model_fields_set:
        parsed = parsed_as(integration, body.payload, at)
    else:
        raise Invalid("alert", "Give an alert, or a payload as the sender posts it.")
    doubts = lost_resolutions(config, integration, parsed, at)
    plan = await asyncio.to_thread(answer, config, integration, parsed, at, doubts)
    return with_open(plan, await then.open_in(i.line for i in plan.incidents))
