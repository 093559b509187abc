"""REST under /api/v1: one resource per file."""

from __future__ import annotations

from fastapi import APIRouter

from gateway.api import (
    access,
    alerts,
    explain,
    holidays,
    integrations,
    on_call,
    outbox,
    policies,
    preview,
    routing,
    schedule_changes,
    schedules,
    services,
    teams,
    timeline,
    users,
)
from gateway.schemas.base import problems


def router() -> APIRouter:
    """Every resource on one screen."""
    api = APIRouter(prefix="/api/v1", responses=problems())
    of_people = (users, teams, schedules, schedule_changes, holidays, policies)
    of_incidents = (alerts, timeline, explain, on_call, outbox)
    for part in (*of_incidents, *of_people, services, routing, integrations, preview, access):
        api.include_router(part.router)
    return api
