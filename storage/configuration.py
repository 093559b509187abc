"""Loading the whole configuration as one immutable value."""

from __future__ import annotations

from collections import defaultdict
from typing import Any, TypeVar, cast

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from domain.alert import Link, Severity
from domain.configuration import Configuration, Integration, Route, Templates
from domain.people import ContactMethod, NotificationRule, Team, User
from domain.policy import Policy, Step, Target
from domain.schedule import Layer, Override, Schedule
from domain.service import Service
from storage.canary import CANARY
from storage.db import sessions
from storage.sealed import Sealer
from storage.tables import (
    ContactMethodRow,
    IntegrationRow,
    OverrideRow,
    PolicyRow,
    ScheduleRow,
    ServiceRow,
    SettingsRow,
    TeamRow,
    UserRow,
)

T = TypeVar("T")


async def version(engine: AsyncEngine) -> int:
    """Version of the newest saved configuration."""
    async with engine.connect() as connection:
        return int((await connection.execute(select(SettingsRow.config_version))).scalar_one())


async def load(engine: AsyncEngine, sealer: Sealer) -> Configuration:
    """Everything, as of one instant: version and rows agree."""
    async with sessions(engine)() as session:
        await session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        settings = (await session.execute(select(SettingsRow))).scalar_one()
        return Configuration(
            version=settings.config_version,
            users={u.id: user_of(u, sealer) for u in await _all(session, UserRow)},
            teams={t.id: Team(t.id, t.name, tuple(m.user_id for m in t.members)) for t in await _all(session, TeamRow)},
            schedules={s.id: schedule_of(s) for s in await _all(session, ScheduleRow)},
            policies={p.id: policy_of(p) for p in await _all(session, PolicyRow)},
            integrations={i.id: integration_of(i) for i in await _all(session, IntegrationRow)},
            last_resort=convert(settings.last_resort, tuple[Target, ...]),
            services={s.id: service_of(s) for s in await _all(session, ServiceRow)},
            routes=convert(settings.routes, tuple[Route, ...]),
        )


async def _all(session: AsyncSession, table: type[T]) -> list[T]:
    return list((await session.execute(select(table))).scalars())


def convert(value: Any, shape: Any) -> Any:
    """A jsonb value as domain dataclasses."""
    return msgspec.convert(value, shape)


def contact_of(row: ContactMethodRow, sealer: Sealer) -> ContactMethod:
    """One contact method, opened."""
    secret = sealer.open(row.sealed)
    return ContactMethod(
        id=row.id,
        user_id=row.user_id,
        channel=cast(Any, row.channel),
        label=row.label,
        address=secret["address"],
        enabled=row.enabled,
        settings=secret.get("settings", {}),
    )


def user_of(row: UserRow, sealer: Sealer) -> User:
    """A user with contacts and rules."""
    rules: dict[str, list[NotificationRule]] = defaultdict(list)
    for rule in row.rules:
        rules[rule.urgency].append(NotificationRule(rule.contact_method_id, rule.delay_s))
    return User(
        id=row.id,
        name=row.name,
        email=row.email,
        zone=row.zone,
        contacts=tuple(contact_of(c, sealer) for c in row.contacts),
        urgent=tuple(rules["urgent"]),
        normal=tuple(rules["normal"]),
        active=row.active,
        synthetic=row.id == CANARY,
    )


def override_of(row: OverrideRow) -> Override:
    """One override."""
    return Override(row.id, row.user_id, row.starts_at.timestamp(), row.ends_at.timestamp(), row.created_at.timestamp())


def schedule_of(row: ScheduleRow) -> Schedule:
    """A schedule with its overrides."""
    layers = convert(row.layers, tuple[Layer, ...])
    return Schedule(row.id, row.name, row.zone, layers, tuple(map(override_of, row.overrides)), row.team_id)


def policy_of(row: PolicyRow) -> Policy:
    """A policy at its current version."""
    return Policy(row.id, row.name, row.version, convert(row.steps, tuple[Step, ...]), row.repeat, row.team_id)


def integration_of(row: IntegrationRow) -> Integration:
    """An integration with its routes."""
    return Integration(
        id=row.id,
        name=row.name,
        type=cast(Any, row.type),
        policy_id=row.policy_id,
        team_id=row.team_id,
        default_severity=Severity(row.default_severity),
        routes=convert(row.routes, tuple[Route, ...]),
        group_by=tuple(row.group_by),
        service_id=row.service_id,
        group_by_sender=row.group_by_sender,
        group_window_s=row.group_window_s,
        organisation_routes=row.id != CANARY,
        templates=convert(row.templates, Templates),
    )


def service_of(row: ServiceRow) -> Service:
    """A service with what it needs."""
    return Service(
        id=row.id,
        name=row.name,
        team_id=row.team_id,
        policy_id=row.policy_id,
        tier=row.tier,
        description=row.description,
        runbook=row.runbook,
        links=convert(row.links, tuple[Link, ...]),
        depends_on=tuple(row.depends_on),
    )
