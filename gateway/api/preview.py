"""What would become of a request: parsed, put into words, routed and grouped as ingest does it, and nothing stored."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
from fastapi import APIRouter

from domain.alert import AlertEvent
from domain.configuration import Configuration, Integration
from domain.enrichment import taken_in
from domain.errors import Invalid
from domain.grouping import Group
from gateway.api.integrations import checked
from gateway.api.parameters import PathId
from gateway.auth.principal import Configurer
from gateway.schemas.base import problems
from gateway.schemas.routing import Preview, PreviewedAlert, PreviewedIncident, PreviewRequest
from gateway.then import AsOf
from integrations.base import Malformed, Parsed
from integrations.registry import TYPES
from storage.errors import NotFound

router = APIRouter(prefix="/integrations", tags=["integrations"])
ALERTS_SHOWN = 100


@router.post("/{integration_id}/preview", operation_id="previewIntegration", responses=problems(404))
async def preview(integration_id: PathId, body: PreviewRequest, _: Configurer, then: AsOf) -> Preview:
    """Try a body, with the saved settings or with others: where it goes. Who would be paged is answered by /plan."""
    config = await then.configuration()
    saved = config.integrations.get(integration_id)
    if saved is None:
        raise NotFound("integration", integration_id)
    tried = replace(checked(body.integration, config), id=integration_id) if body.integration is not None else saved
    now = await then.now()
    parsed = parsed_as(tried, body.payload, now)
    groups = taken_in(config, tried, parsed.events, now, parsed.payloads)
    open_ = await then.open_in(found.line_key for found in groups)
    return Preview(
        incidents=[_incident(found, config, tried, open_.get(found.line_key)) for found in groups],
        problems=list(dict.fromkeys(p for found in groups for p in found.problems)),
        warnings=lost_resolutions(config, tried, parsed, now),
    )


def parsed_as(integration: Integration, payload: Any, at: float) -> Parsed:
    """The body as its sender's integration reads it. Raises Invalid naming the field."""
    try:
        return TYPES[integration.type].parse({}, msgspec.json.encode(payload), at)
    except Malformed as error:
        field = error.field.replace("/", ".")
        raise Invalid(f"payload{field}", f"The sender would be refused: {error.detail}") from error


def lost_resolutions(config: Configuration, integration: Integration, parsed: Parsed, now: float) -> list[str]:
    """A firing that its own resolution would not find stays open until somebody resolves it by hand."""
    found = []
    for n, event in enumerate(parsed.events[:ALERTS_SHOWN]):
        payload = parsed.payloads[n : n + 1]
        fires, over = (
            {g.line_key for g in taken_in(config, integration, [replace(event, status=s)], now, payload)}
            for s in ("firing", "resolved")
        )
        if not fires <= over:
            found.append(f"{event.title}: its resolution would go to another incident than its firing.")
    return found


def _incident(found: Group, config: Configuration, integration: Integration, open_: str | None) -> PreviewedIncident:
    policy = config.policies.get(found.policy_id)
    return PreviewedIncident(
        line=found.line_key,
        rule=found.rule or "default route",
        policy_id=found.policy_id,
        policy=policy.name if policy is not None else "",
        service_id=found.service_id,
        team_id=found.team_id,
        open=open_,
        alerts=[_alert(event, integration) for event in found.events[:ALERTS_SHOWN]],
    )


def _alert(event: AlertEvent, integration: Integration) -> PreviewedAlert:
    return PreviewedAlert(
        title=event.title,
        status=event.status,
        severity=(event.severity or integration.default_severity).value,
        description=event.description,
        labels=dict(event.labels),
        links=[{"href": link.href, "text": link.text} for link in event.links],
        dedup_key=event.dedup_key,
        group_key=event.made_key or event.group_key,
        silenced_by=list(event.silenced_by),
    )
