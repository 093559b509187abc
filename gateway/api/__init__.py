"""REST under /api/v1: one resource per file."""

from __future__ import annotations

from fastapi import APIRouter

from gateway.api import (
    access,
    alerts,
    explain,
    integrations,
    on_call,
    outbox,
    policies,
    schedules,
    teams,
    timeline,
    users,
)
from gateway.schemas.base import problems


def router() -> APIRouter:
    """Every resource on one screen."""
    api = APIRouter(prefix="/api/v1", responses=problems())
    for part in (alerts, timeline, explain, on_call, outbox, users, teams, schedules, policies, integrations, access):
        api.include_router(part.router)
    return api
