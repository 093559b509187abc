"""Loading the whole configuration as one immutable value."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeVar, cast

import msgspec
from sqlalchemy import Float, func, select
from sqlalchemy import cast as sql_cast
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from domain.alert import Link, Severity
from domain.configuration import Configuration, Integration, Route, Templates
from domain.expected import Heartbeat
from domain.flap import Flapping
from domain.holidays import Holidays
from domain.people import ContactMethod, NotificationRule, Team, User
from domain.policy import Policy, Step, Target, Vigil
from domain.schedule import Layer, Override, Schedule, Temporary, calendars_of
from domain.service import Service
from domain.window import Window
from storage.canary import CANARY
from storage.contacts import opened
from storage.db import sessions
from storage.destinations import destination_of
from storage.holidays import holidays_of
from storage.noise import maintenance_planned, silences_in_force
from storage.rota import load_rota
from storage.sealed import Sealer
from storage.tables import (
    ContactMethodRow,
    DestinationRow,
    HeartbeatRow,
    HolidayCalendarRow,
    IntegrationRow,
    OverrideRow,
    PolicyRow,
    ScheduleRow,
    ServiceRow,
    SettingsRow,
    TeamRow,
    TemporaryRow,
    UserRow,
)

T = TypeVar("T")


async def version(engine: AsyncEngine) -> int:
    """Version of the newest saved configuration."""
    async with engine.connect() as connection:
        return int((await connection.execute(select(SettingsRow.config_version))).scalar_one())


async def version_and_time(engine: AsyncEngine) -> tuple[int, float]:
    """Version of the newest saved configuration, and the database's time (UTC epoch seconds)."""
    now = sql_cast(func.extract("epoch", func.now()), Float)
    async with engine.connect() as connection:
        version, at = (await connection.execute(select(SettingsRow.config_version, now))).one()
    return int(version), float(at)


async def load(engine: AsyncEngine, sealer: Sealer) -> Configuration:
    """Everything, as of one instant: version and rows agree."""
    async with sessions(engine)() as session:
        await session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        return await load_in(session, sealer)


async def load_in(session: AsyncSession, sealer: Sealer) -> Configuration:
    """Everything as this transaction sees it."""
    settings = (await session.execute(select(SettingsRow))).scalar_one()
    holidays = await calendars(session)
    return Configuration(
        version=settings.config_version,
        users={u.id: user_of(u, sealer) for u in await _all(session, UserRow)},
        teams={t.id: Team(t.id, t.name, tuple(m.user_id for m in t.members)) for t in await _all(session, TeamRow)},
        schedules={s.id: schedule_of(s, holidays) for s in await _all(session, ScheduleRow)},
        policies={p.id: policy_of(p) for p in await _all(session, PolicyRow)},
        integrations={i.id: integration_of(i) for i in await _all(session, IntegrationRow)},
        last_resort=convert(settings.last_resort, tuple[Target, ...]),
        services={s.id: service_of(s) for s in await _all(session, ServiceRow)},
        routes=convert(settings.routes, tuple[Route, ...]),
        holidays=holidays,
        rota=await load_rota(session, sealer),
        heartbeats={h.id: heartbeat_of(h) for h in await _all(session, HeartbeatRow)},
        silences=await silences_in_force(session),
        maintenance=await maintenance_planned(session),
        destinations={d.id: destination_of(d, sealer) for d in await _all(session, DestinationRow)},
        vigil=convert(settings.vigil, Vigil | None),
    )


async def _all(session: AsyncSession, table: type[T]) -> list[T]:
    return list((await session.execute(select(table))).scalars())


def convert(value: Any, shape: Any) -> Any:
    """A jsonb value as domain dataclasses."""
    return msgspec.convert(value, shape)


def contact_of(row: ContactMethodRow, sealer: Sealer) -> ContactMethod:
    """One contact method, opened."""
    address, settings = opened(row, sealer)
    return ContactMethod(
        id=row.id,
        user_id=row.user_id,
        channel=cast(Any, row.channel),
        label=row.label,
        address=address,
        enabled=row.enabled,
        verified=row.verified_at is not None or row.channel == "outbox",
        settings=settings,
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
        quiet_hours=convert(row.quiet_hours, tuple[Window, ...]),
        synthetic=row.id == CANARY,
    )


async def calendars(session: AsyncSession) -> dict[str, Holidays]:
    """All holiday calendars with their days, by id."""
    return {c.id: holidays_of(c) for c in await _all(session, HolidayCalendarRow)}


def override_of(row: OverrideRow) -> Override:
    """One override."""
    return Override(
        id=row.id,
        user=row.user_id,
        start=row.starts_at.timestamp(),
        end=row.ends_at.timestamp(),
        created_at=row.created_at.timestamp(),
        kind=cast(Any, row.kind),
        instead_of=row.instead_of,
        created_by=row.created_by,
        note=row.note,
    )


def temporary_of(row: TemporaryRow) -> Temporary:
    """One temporary schedule."""
    return Temporary(
        id=row.id,
        name=row.name,
        start=row.starts_at.timestamp(),
        end=row.ends_at.timestamp(),
        layers=convert(row.layers, tuple[Layer, ...]),
        created_at=row.created_at.timestamp(),
        created_by=row.created_by,
    )


def schedule_of(row: ScheduleRow, holidays: Mapping[str, Holidays]) -> Schedule:
    """A schedule with its overrides and temporary schedules that count, and the days of the calendars it names."""
    schedule = Schedule(
        id=row.id,
        name=row.name,
        zone=row.zone,
        layers=convert(row.layers, tuple[Layer, ...]),
        overrides=tuple(override_of(o) for o in row.overrides if o.removed_at is None),
        team_id=row.team_id,
        temporaries=tuple(temporary_of(t) for t in row.temporaries if t.removed_at is None),
    )
    named = tuple(holidays[ident] for ident in sorted(calendars_of(schedule)) if ident in holidays)
    return replace(schedule, holidays=named)


def policy_of(row: PolicyRow) -> Policy:
    """A policy at its current version."""
    steps, vigil = convert(row.steps, tuple[Step, ...]), convert(row.vigil, Vigil | None)
    required = row.required_acknowledgements
    return Policy(row.id, row.name, row.version, steps, row.repeat, row.team_id, vigil, required)


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
        wait_s=row.wait_s,
        auto_resolve_s=row.auto_resolve_s,
        flapping=convert(row.flapping, Flapping) if row.flapping is not None and row.id != CANARY else None,
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


def heartbeat_of(row: HeartbeatRow) -> Heartbeat:
    """A heartbeat, without the address it is pinged at."""
    return Heartbeat(
        id=row.id,
        name=row.name,
        grace_s=row.grace_s,
        policy_id=row.policy_id,
        period_s=row.period_s,
        cron=row.cron,
        zone=row.zone,
        team_id=row.team_id,
        service_id=row.service_id,
        severity=Severity(row.severity),
    )
