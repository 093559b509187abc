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
    destinations,
    everyone,
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
    policy_trial,
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
from gateway.preconditions import guards
from gateway.schemas.base import problems


def router() -> APIRouter:
    """Every resource on one screen."""
    api = APIRouter(prefix="/api/v1", responses=problems())
    of_people = (users, contacts, verification, notification_rules, teams, swaps, time_off, load)
    of_accounts = (account, contact_tests, invitations, reach, setup)
    of_incidents = (alerts, ties, timeline, export, explain, on_call, everyone, outbox)
    of_schedules = (schedules, schedule_changes, holidays, imports, handoffs, calendars)
    of_administration = (health_parts, providers, audit, access, configuration, versions, analytics)
    of_policies = (policy_trial, policies, destinations, plan, lint)
    of_alerts = (services, routing, integrations, received, heartbeats, preview)
    of_noise = (silences, maintenance, standing)
    for parts in (
        of_incidents,
        of_people,
        of_accounts,
        of_schedules,
        of_policies,
        of_alerts,
        of_noise,
        of_administration,
    ):
        for part in parts:
            api.include_router(part.router, dependencies=guards(part.router))
    return api
