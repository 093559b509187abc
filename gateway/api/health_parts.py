"""How every part stands, in one answer: what the console's administration shows, and `curl` at 3 a.m."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from fastapi import APIRouter

from domain.health_facts import Facts, ProviderFact
from gateway.auth.principal import Gateway, Reader
from gateway.schemas.health import HealthParts
from gateway.services import Services

router = APIRouter(prefix="/health", tags=["administration"])
NO_PROVIDER = "outbox"


@router.get("/parts", operation_id="getHealthParts")
async def get_health_parts(_: Reader, gateway: Gateway) -> HealthParts:
    """Every part from the database to the dead man's ping, each with what it means and what to do."""
    return HealthParts.of(await facts(gateway), gateway.time.now())


async def facts(gateway: Services) -> Facts:
    """From tables that are small, kept for five seconds; and what this gateway knows itself."""
    standing = await gateway.figures.standing()
    figures, took = standing if standing is not None else (None, None)
    return Facts(
        figures=figures,
        database_s=took,
        away_s=gateway.outage.away_s,
        valkey_s=await gateway.figures.valkey_s(),
        own=gateway.presence.own(),
        providers=await _providers(gateway),
    )


async def _providers(gateway: Services) -> list[ProviderFact]:
    counted = await gateway.figures.providers()
    people = (u for u in gateway.config.current.users.values() if u.active)
    used: Counter[str] = Counter(c.channel for user in people for c in user.contacts if c.enabled)
    found = []
    for name, channel in gateway.channels.items():
        if name == NO_PROVIDER:
            continue
        known = counted.get(name, ProviderFact(name, "", 0))
        found.append(replace(known, problem=channel.problem, contacts=used[name]))
    return found
