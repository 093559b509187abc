"""REST under /api/v1: one resource per file."""

from __future__ import annotations

from fastapi import APIRouter

from gateway.api import (
    access,
    account,
    alerts,
    analytics,
    audit,
    calendars,
    configuration,
    contact_tests,
    contacts,
    explain,
    export,
    handoffs,
    health_parts,
    heartbeats,
    holidays,
    imports,
    integrations,
    invitations,
    lint,
    load,
    maintenance,
    notification_rules,
    on_call,
    outbox,
    plan,
    policies,
    preview,
    providers,
    reach,
    received,
    routing,
    schedule_changes,
    schedules,
    services,
    setup,
    silences,
    standing,
    swaps,
    teams,
    ties,
    time_off,
    timeline,
    users,
    verification,
    versions,
)
from gateway.schemas.base import problems


def router() -> APIRouter:
    """Every resource on one screen."""
    api = APIRouter(prefix="/api/v1", responses=problems())
    of_people = (users, contacts, verification, notification_rules, teams, swaps, time_off, load)
    of_accounts = (account, contact_tests, invitations, reach, setup)
    of_incidents = (alerts, ties, timeline, export, explain, on_call, outbox)
    of_schedules = (schedules, schedule_changes, holidays, imports, handoffs, calendars)
    of_administration = (analytics, health_parts, providers, audit, access, configuration, versions)
    of_alerts = (policies, services, routing, integrations, received, heartbeats, preview, plan, lint)
    of_noise = (silences, maintenance, standing)
    for part in (*of_incidents, *of_people, *of_accounts, *of_schedules, *of_alerts, *of_noise, *of_administration):
        api.include_router(part.router)
    return api
