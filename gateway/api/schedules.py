"""Schedules, and previews of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query, Response
from sqlalchemy import select

from domain.errors import Invalid
from domain.schedule import calendars_of
from domain.validation import check_schedule
from gateway.api.parameters import PathId
from gateway.api.schedule_changes import shown_override, shown_temporary
from gateway.auth.principal import Configurer, Gateway, Reader
from gateway.references import check_unused
from gateway.schedule_lines import preview
from gateway.schedule_news import announce, changed
from gateway.schemas.base import Moment, problems
from gateway.schemas.schedules import Preview, PreviewRequest, Schedule, ScheduleInput, ScheduleList
from gateway.services import Services
from gateway.then import AsOf
from runtime.ids import new_id
from storage.changes import change, fetch
from storage.configuration import calendars, schedule_of
from storage.tables import ScheduleRow

router = APIRouter(prefix="/schedules", tags=["schedules"])


def _shown(row: ScheduleRow) -> Schedule:
    return Schedule(
        id=row.id,
        name=row.name,
        zone=row.zone,
        team_id=row.team_id,
        layers=row.layers,
        overrides=[shown_override(o) for o in row.overrides if o.removed_at is None],
        temporaries=[shown_temporary(t) for t in row.temporaries if t.removed_at is None],
    )


def _check(body: ScheduleInput, gateway: Services) -> list[Any]:
    config = gateway.config.current
    schedule = body.to_domain("new")
    check_schedule(schedule, config.users, config.holidays)
    if body.team_id is not None and body.team_id not in config.teams:
        raise Invalid("team_id", f"There is no team with id {body.team_id!r}.")
    layers: list[Any] = msgspec.to_builtins(schedule.layers)
    return layers


@router.post("/preview", operation_id="previewSchedule")
async def preview_definition(body: PreviewRequest, _: Reader, gateway: Gateway) -> Preview:
    """What a definition comes to; nothing is saved, and the users need not exist."""
    schedule = replace(
        body.schedule.to_domain("preview"),
        overrides=tuple(o.to_domain(f"override {n + 1}", float(n)) for n, o in enumerate(body.overrides)),
        temporaries=tuple(t.to_domain(f"temporary {n + 1}", n - 1_000.0) for n, t in enumerate(body.temporaries)),
    )
    known = gateway.config.current.holidays
    check_schedule(schedule, calendars=known)
    named = tuple(known[ident] for ident in sorted(calendars_of(schedule)))
    return preview(replace(schedule, holidays=named), body.start.timestamp(), body.end.timestamp())


@router.get("", operation_id="listSchedules")
async def list_schedules(_: Reader, then: AsOf) -> ScheduleList:
    """All schedules by name."""
    async with then.session() as session:
        rows = (await session.execute(select(ScheduleRow).order_by(ScheduleRow.name))).scalars()
        return ScheduleList(items=[_shown(r) for r in rows])


@router.post("", operation_id="createSchedule", status_code=201, responses=problems(409))
async def create_schedule(body: ScheduleInput, caller: Configurer, gateway: Gateway) -> Schedule:
    """A new schedule."""
    layers, ident = _check(body, gateway), new_id()
    async with change(gateway.sessions, caller.name, "create", f"schedule/{ident}", {"name": body.name}) as session:
        row = ScheduleRow(id=ident, name=body.name, zone=body.zone, team_id=body.team_id, layers=layers)
        row.overrides, row.temporaries = [], []
        session.add(row)
        shards = await changed(session, ident)
    await announce(gateway.poker, gateway.config, shards)
    return _shown(row)


@router.get("/{schedule_id}", operation_id="getSchedule", responses=problems(404))
async def get_schedule(schedule_id: PathId, _: Reader, then: AsOf) -> Schedule:
    """One schedule with the overrides and temporary schedules that count."""
    async with then.session() as session:
        return _shown(await fetch(session, ScheduleRow, schedule_id, "schedule"))


@router.get("/{schedule_id}/preview", operation_id="previewSavedSchedule", responses=problems(404))
async def preview_saved(
    schedule_id: PathId,
    _: Reader,
    then: AsOf,
    start: Annotated[Moment, Query()],
    end: Annotated[Moment, Query(description="At most 400 days after the start")],
) -> Preview:
    """What a saved schedule comes to between two instants."""
    async with then.session() as session:
        row = await fetch(session, ScheduleRow, schedule_id, "schedule")
        schedule = schedule_of(row, await calendars(session))
    return preview(schedule, start.timestamp(), end.timestamp())


@router.put("/{schedule_id}", operation_id="replaceSchedule", responses=problems(404, 409))
async def replace_schedule(schedule_id: PathId, body: ScheduleInput, caller: Configurer, gateway: Gateway) -> Schedule:
    """Everything but overrides and temporary schedules, which are kept."""
    layers = _check(body, gateway)
    async with change(
        gateway.sessions, caller.name, "update", f"schedule/{schedule_id}", {"name": body.name}
    ) as session:
        row = await fetch(session, ScheduleRow, schedule_id, "schedule")
        row.name, row.zone, row.team_id, row.layers = body.name, body.zone, body.team_id, layers
        shards = await changed(session, schedule_id)
    await announce(gateway.poker, gateway.config, shards)
    return _shown(row)


@router.delete("/{schedule_id}", operation_id="deleteSchedule", status_code=204, responses=problems(404, 409))
async def delete_schedule(schedule_id: PathId, caller: Configurer, gateway: Gateway) -> Response:
    """Refused while a policy or the last resort names it."""
    async with change(gateway.sessions, caller.name, "delete", f"schedule/{schedule_id}") as session:
        row = await fetch(session, ScheduleRow, schedule_id, "schedule")
        await check_unused(session, "schedule", schedule_id)
        await session.delete(row)
        shards = await changed(session, schedule_id)
    await announce(gateway.poker, gateway.config, shards)
    return Response(status_code=204)
