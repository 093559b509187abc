"""What refers to what: a deletion that would leave somebody unreachable is refused with the names of the users."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.schedule import Layer, users_of
from storage.configuration import convert
from storage.errors import Conflict
from storage.tables import IntegrationRow, PolicyRow, ScheduleRow, SettingsRow


async def check_unused(session: AsyncSession, kind: str, ident: str) -> None:
    """Raise Conflict naming what uses the user, schedule or policy."""
    used = await _uses(session, kind, ident)
    if used:
        raise Conflict(f"This {kind} is still used by {', '.join(used)}. Change these first.")


async def _uses(session: AsyncSession, kind: str, ident: str) -> list[str]:
    target = {"kind": kind, "id": ident}
    used: list[str] = []
    if kind == "policy":
        rows = (await session.execute(select(IntegrationRow))).scalars()
        return [f"integration {r.name}" for r in rows if r.policy_id == ident or _routed(r.routes, ident)]
    for policy in (await session.execute(select(PolicyRow))).scalars():
        if any(target in step["targets"] for step in policy.steps):
            used.append(f"policy {policy.name}")
    if target in (await session.execute(select(SettingsRow))).scalar_one().last_resort:
        used.append("the last resort")
    if kind == "user":
        for schedule in (await session.execute(select(ScheduleRow))).scalars():
            coming = [t.layers for t in schedule.temporaries if t.removed_at is None]
            if any(ident in users_of(convert(layers, tuple[Layer, ...])) for layers in (schedule.layers, *coming)):
                used.append(f"schedule {schedule.name}")
    return used


def _routed(routes: list[Any], policy_id: str) -> bool:
    return any(route["policy_id"] == policy_id for route in routes)
