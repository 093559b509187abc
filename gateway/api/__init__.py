"""REST under /api/v1: one resource per file."""

from __future__ import annotations

from fastapi import APIRouter

from gateway.api import (
    access,
    alerts,
    calendars,
    explain,
    handoffs,
    holidays,
    imports,
    integrations,
    load,
    on_call,
    outbox,
    policies,
    schedule_changes,
    schedules,
    swaps,
    teams,
    time_off,
    timeline,
    users,
)
from gateway.schemas.base import problems


def router() -> APIRouter:
    """Every resource on one screen."""
    api = APIRouter(prefix="/api/v1", responses=problems())
    planning = (schedules, schedule_changes, holidays, policies)
    for part in (alerts, timeline, explain, on_call, outbox, users, teams, *planning, integrations, access):
        api.include_router(part.router)
    for part in (swaps, time_off, imports, handoffs, load, calendars):
        api.include_router(part.router)
    return api
