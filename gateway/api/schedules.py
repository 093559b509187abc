"""Schedules, and previews of them."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query, Response
from sqlalchemy import select

from domain.configuration import Configuration
from domain.consequences import AHEAD_S, consequences
from domain.errors import Invalid
from domain.schedule import Schedule as DomainSchedule
from domain.schedule import calendars_of
from domain.validation import check_schedule
from gateway.api.parameters import PathId
from gateway.api.schedule_changes import shown_override, shown_temporary
from gateway.auth.principal import Configurer, Gateway, Reader
from gateway.references import check_unused
from gateway.schedule_lines import MAX_PIECES, pieces, preview
from gateway.schedule_news import announce, changed
from gateway.schemas.base import Moment, problems
from gateway.schemas.consequences import Consequence
from gateway.schemas.schedules import (
    Preview,
    PreviewRequest,
    Schedule,
    ScheduleInput,
    ScheduleList,
    TriedPreview,
)
from gateway.services import Services
from gateway.then import AsOf
from runtime.ids import new_id
from storage.changes import change, fetch
from storage.configuration import calendars, schedule_of
from storage.errors import NotFound
from storage.incidents import at_steps
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


@router.post("/preview", operation_id="previewSchedule", responses=problems(404))
async def preview_definition(body: PreviewRequest, _: Reader, then: AsOf) -> TriedPreview:
    """What a definition comes to; nothing is saved, and the users need not exist."""
    if body.compare and then.past:
        raise Invalid("compare", "What a change would mean is known for the present only; leave compare or as_of away.")
    config = await then.configuration()
    saved = config.schedules.get(body.replaces) if body.replaces is not None else None
    if body.replaces is not None and saved is None:
        raise NotFound("schedule", body.replaces)
    typed = body.schedule.to_domain(saved.id if saved is not None else "preview")
    overrides = tuple(o.to_domain(f"override {n + 1}", float(n)) for n, o in enumerate(body.overrides))
    temporaries = tuple(t.to_domain(f"temporary {n + 1}", n - 1_000.0) for n, t in enumerate(body.temporaries))
    schedule = replace(
        typed,
        overrides=(*(saved.overrides if saved is not None else ()), *overrides),
        temporaries=(*(saved.temporaries if saved is not None else ()), *temporaries),
    )
    try:
        check_schedule(schedule, calendars=config.holidays)
    except Invalid as error:
        inside = error.field.startswith(("zone", "layers"))
        raise Invalid(f"schedule.{error.field}" if inside else error.field, error.message) from error
    named = tuple(config.holidays[ident] for ident in sorted(calendars_of(schedule) & config.holidays.keys()))
    schedule = replace(schedule, holidays=named)
    shown = preview(schedule, body.start.timestamp(), body.end.timestamp())
    changes = await _changes(schedule, config, then.services) if body.compare else []
    return TriedPreview(**dict(shown), consequences=changes)


async def _changes(schedule: DomainSchedule, config: Configuration, gateway: Services) -> list[Consequence]:
    """Against the schedule of the same id as it is saved, if it is."""
    if pieces(schedule, AHEAD_S) > MAX_PIECES:
        raise Invalid("compare", f"It holds more than {MAX_PIECES} shifts in 60 days: too many to compare.")
    after = replace(config, schedules={**config.schedules, schedule.id: schedule})
    async with gateway.sessions() as session:
        incidents = await at_steps(session)
    now = await gateway.store.now()
    # In a thread: an hourly rotation takes half a second, and alerts must not wait for it.
    return [Consequence.of(c) for c in await asyncio.to_thread(consequences, config, after, now, incidents)]


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
