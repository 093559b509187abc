"""What refers to what: a deletion that would leave somebody unreachable is refused with the names of the users."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.errors import Conflict
from storage.tables import IntegrationRow, PolicyRow, ScheduleRow, ServiceRow, SettingsRow


async def check_unused(session: AsyncSession, kind: str, ident: str) -> None:
    """Raise Conflict naming what uses the user, schedule, policy or service."""
    used = await _uses(session, kind, ident)
    if used:
        raise Conflict(f"This {kind} is still used by {', '.join(used)}. Change these first.")


async def _uses(session: AsyncSession, kind: str, ident: str) -> list[str]:
    target = {"kind": kind, "id": ident}
    used: list[str] = []
    if kind == "policy":
        services = (await session.execute(select(ServiceRow))).scalars()
        used = [f"service {s.name}" for s in services if s.policy_id == ident]
        return used + await _routed(session, "policy_id", ident)
    if kind == "service":
        services = (await session.execute(select(ServiceRow))).scalars()
        used = [f"service {s.name}" for s in services if ident in s.depends_on]
        return used + await _routed(session, "service_id", ident)
    for policy in (await session.execute(select(PolicyRow))).scalars():
        if any(target in step["targets"] for step in policy.steps):
            used.append(f"policy {policy.name}")
    if target in (await session.execute(select(SettingsRow))).scalar_one().last_resort:
        used.append("the last resort")
    if kind == "user":
        for schedule in (await session.execute(select(ScheduleRow))).scalars():
            if any(ident in layer["rotation"]["users"] for layer in schedule.layers):
                used.append(f"schedule {schedule.name}")
    return used


async def _routed(session: AsyncSession, name: str, ident: str) -> list[str]:
    """Integrations, and the organisation's rules, that lead to this policy or service."""

    def led(routes: list[Any]) -> bool:
        return any(route.get(name) == ident for route in routes)

    rows = (await session.execute(select(IntegrationRow))).scalars()
    used = [f"integration {r.name}" for r in rows if getattr(r, name) == ident or led(r.routes)]
    if led((await session.execute(select(SettingsRow))).scalar_one().routes):
        used.append("the organisation's routing rules")
    return used
