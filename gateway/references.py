"""What refers to what: a deletion that would leave somebody unreachable is refused with the names of the users."""

from __future__ import annotations

from itertools import chain
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.schedule import Layer, calendars_in, users_of
from storage.configuration import convert
from storage.errors import Conflict
from storage.tables import HeartbeatRow, IntegrationRow, MaintenanceRow, PolicyRow, ScheduleRow, ServiceRow, SettingsRow


async def check_unused(session: AsyncSession, kind: str, ident: str) -> None:
    """Raise Conflict naming what uses the user, team, schedule, destination, policy, service or holiday calendar."""
    used = await uses(session, kind, ident)
    if used:
        raise Conflict(f"This {kind} is still used by {', '.join(used)}. Change these first.")


async def uses(session: AsyncSession, kind: str, ident: str) -> list[str]:
    """What uses it, in words: "policy Default"."""
    if kind == "policy":
        services = (await session.execute(select(ServiceRow))).scalars()
        used = [f"service {s.name}" for s in services if s.policy_id == ident]
        return used + await _routed(session, "policy_id", ident)
    if kind == "service":
        services = (await session.execute(select(ServiceRow))).scalars()
        used = [f"service {s.name}" for s in services if ident in s.depends_on]
        return used + await _routed(session, "service_id", ident)
    if kind == "holiday calendar":
        return [*await _planned(session, kind, ident), *await _in_windows(session, ident)]
    used = []

    def among(targets: list[Any]) -> bool:
        return any((t["kind"], t["id"]) == (kind, ident) for t in targets)

    for policy in (await session.execute(select(PolicyRow))).scalars():
        if any(among(step["targets"]) for step in policy.steps):
            used.append(f"policy {policy.name}")
    if among((await session.execute(select(SettingsRow))).scalar_one().last_resort):
        used.append("the last resort")
    return [*used, *await _planned(session, kind, ident)] if kind == "user" else used


async def _planned(session: AsyncSession, kind: str, ident: str) -> list[str]:
    """Schedules whose layers name the user or holiday calendar, or those of a temporary schedule not over yet."""
    now = (await session.execute(select(func.now()))).scalar_one()
    used: list[str] = []
    for row in (await session.execute(select(ScheduleRow))).scalars():
        coming = [t.layers for t in row.temporaries if t.removed_at is None and t.ends_at > now]
        layers = convert([*row.layers, *chain(*coming)], tuple[Layer, ...])
        if ident in (users_of(layers) if kind == "user" else calendars_in(layers)):
            used.append(f"schedule {row.name}")
    return used


async def _routed(session: AsyncSession, name: str, ident: str) -> list[str]:
    """Integrations, heartbeats, and the organisation's rules, that lead to this policy or service."""

    def led(routes: list[Any]) -> bool:
        return any(route.get(name) == ident for route in routes)

    rows = (await session.execute(select(IntegrationRow))).scalars()
    used = [f"integration {r.name}" for r in rows if getattr(r, name) == ident or led(r.routes)]
    beats = (await session.execute(select(HeartbeatRow))).scalars()
    used += [f"heartbeat {b.name}" for b in beats if getattr(b, name) == ident]
    if led((await session.execute(select(SettingsRow))).scalar_one().routes):
        used.append("the organisation's routing rules")
    return used


async def _in_windows(session: AsyncSession, ident: str) -> list[str]:
    """Policies, routing rules and maintenance in which a window, wherever it stands, names the holiday calendar."""
    policies = (await session.execute(select(PolicyRow))).scalars()
    used = [f"policy {row.name}" for row in policies if _names(row.steps, ident)]
    rows = (await session.execute(select(IntegrationRow))).scalars()
    used += [f"integration {row.name}" for row in rows if _names(row.routes, ident)]
    works = (await session.execute(select(MaintenanceRow))).scalars()
    return used + [f"maintenance {row.name}" for row in works if _names(row.windows, ident)]


def _names(value: Any, calendar: str) -> bool:
    if isinstance(value, dict):
        return value.get("holidays") == calendar or any(_names(v, calendar) for v in value.values())
    return isinstance(value, list) and any(_names(v, calendar) for v in value)
