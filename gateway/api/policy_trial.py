"""A policy before it is saved: who would be paged by it at an instant. And what leads to each of those saved."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace

from fastapi import APIRouter

from domain.configuration import Configuration, Integration, Route
from domain.errors import Invalid
from domain.policy_checks import check_policy
from gateway.api.planned import answer
from gateway.auth.principal import Reader
from gateway.schemas.base import problems
from gateway.schemas.plan import Plan
from gateway.schemas.policies import PolicyTrial, PolicyUse, PolicyUses
from gateway.then import AsOf
from integrations.base import Parsed
from storage.errors import NotFound

router = APIRouter(prefix="/policies", tags=["policies"])
TRIED = "preview"


@router.post("/preview", operation_id="previewPolicy", responses=problems(404))
async def preview_policy(body: PolicyTrial, _: Reader, then: AsOf) -> Plan:
    """The way of one alert through the policy as it is typed, while nobody answers; nothing is saved.

    By the functions that page, past all routing rules. `replaces`: the saved policy of which it would be a version.
    """
    config = await then.configuration()
    saved = config.policies.get(body.replaces) if body.replaces is not None else None
    if body.replaces is not None and saved is None:
        raise NotFound("policy", body.replaces)
    ident, version = (saved.id, saved.version + 1) if saved is not None else (TRIED, 1)
    policy = body.policy.to_domain(ident, version, config.vigil)
    try:
        check_policy(policy, config)
    except Invalid as error:
        raise Invalid(f"policy.{error.field}", error.message) from error
    way_in = Integration(TRIED, "Preview", "generic", policy.id, policy.team_id, organisation_routes=False)
    tried = replace(
        config,
        policies={**config.policies, policy.id: policy},
        integrations={**config.integrations, TRIED: way_in},
    )
    at = body.at.timestamp() if body.at is not None else await then.now()
    return await asyncio.to_thread(answer, tried, way_in, Parsed((body.alert.to_domain(at),)), at)


@router.get("/usage", operation_id="listPolicyUses")
async def list_uses(_: Reader, then: AsOf) -> PolicyUses:
    """Every integration, service, heartbeat and routing rule, with the policy that it leads to."""
    return PolicyUses(items=list(_uses(await then.configuration())))


def _uses(config: Configuration) -> Iterator[PolicyUse]:
    for service in sorted(config.services.values(), key=lambda s: s.name):
        if service.policy_id is not None:
            yield PolicyUse(policy_id=service.policy_id, kind="service", id=service.id, name=service.name)
    for entry in sorted(config.integrations.values(), key=lambda i: i.name):
        yield PolicyUse(policy_id=entry.policy_id, kind="integration", id=entry.id, name=entry.name)
        yield from _routed(entry.routes, "integration", entry.id, entry.name)
    for beat in sorted(config.heartbeats.values(), key=lambda b: b.name):
        yield PolicyUse(policy_id=beat.policy_id, kind="heartbeat", id=beat.id, name=beat.name)
    yield from _routed(config.routes, "organisation", "", "the organisation's routing rules")


def _routed(routes: tuple[Route, ...], kind: str, ident: str, name: str) -> Iterator[PolicyUse]:
    for n, route in enumerate(routes):
        if route.policy_id is not None:
            rule = f"rule {n + 1}" + (f" ({route.name})" if route.name else "")
            yield PolicyUse.model_validate(
                {"policy_id": route.policy_id, "kind": kind, "id": ident, "name": name, "rule": rule}
            )
