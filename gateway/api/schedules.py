"""Schedules, overrides, and the preview that saves nothing."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response
from sqlalchemy import func, select

from actors.schedule import ScheduleChanged
from domain.errors import Invalid
from domain.oncall import gaps, shifts
from domain.schedule import Schedule as DomainSchedule
from domain.validation import check_override, check_schedule
from gateway.api.references import check_unused
from gateway.auth.principal import Configurer, Gateway, Reader, Responder
from gateway.schemas.base import moment, problems
from gateway.schemas.schedules import (
    Gap,
    Override,
    OverrideInput,
    Preview,
    PreviewRequest,
    Schedule,
    ScheduleInput,
    ScheduleList,
    Shift,
)
from gateway.services import Services
from runtime.codec import json_of
from runtime.ids import EntityId, new_id, shard_of
from runtime.store import Inbound
from storage.changes import change, fetch
from storage.errors import NotFound
from storage.history import keep
from storage.tables import OverrideRow, ScheduleRow

router = APIRouter(prefix="/schedules", tags=["schedules"])
WINDOW_S = 400 * 86_400.0
MAX_SHIFTS = 20_000


def _shown(row: ScheduleRow) -> Schedule:
    return Schedule(
        id=row.id,
        name=row.name,
        zone=row.zone,
        team_id=row.team_id,
        layers=row.layers,
        overrides=[_override(o) for o in row.overrides if o.removed_at is None],
    )


def _override(row: OverrideRow) -> Override:
    return Override(id=row.id, user_id=row.user_id, start=row.starts_at, end=row.ends_at)


async def _changed(gateway: Services, schedule_id: str) -> None:
    """Refresh what we know, and have the live schedule look again."""
    await gateway.config.refresh()
    entity = EntityId("schedule", schedule_id)
    message = Inbound(
        entity=str(entity),
        shard=shard_of(entity),
        kind=ScheduleChanged.__name__,
        dedup=new_id(),
        body=json_of(ScheduleChanged()),
        env_version=gateway.config.current.version,
    )
    await gateway.inbox.put([message])


def _check(body: ScheduleInput, gateway: Services) -> list[Any]:
    check_schedule(body.to_domain("new"), gateway.config.current.users)
    if body.team_id is not None and body.team_id not in gateway.config.current.teams:
        raise Invalid("team_id", f"There is no team with id {body.team_id!r}.")
    return [layer.model_dump() for layer in body.layers]


@router.post("/preview", operation_id="previewSchedule")
async def preview(body: PreviewRequest, _: Reader) -> Preview:
    """Shifts and gaps of a definition; nothing is saved, and the users need not exist."""
    overrides = tuple(o.to_domain(f"override {n + 1}", float(n)) for n, o in enumerate(body.overrides))
    schedule = body.schedule.to_domain("preview", overrides)
    check_schedule(schedule)
    start, end = body.start.timestamp(), body.end.timestamp()
    if end <= start:
        raise Invalid("end", "The window must end after it starts.")
    if end - start > WINDOW_S:
        raise Invalid("end", "The window can be at most 400 days long.")
    if (
        sum(_turns(layer.rotation.unit, layer.rotation.every, end - start) for layer in body.schedule.layers)
        > MAX_SHIFTS
    ):
        raise Invalid("end", f"This window holds more than {MAX_SHIFTS} shifts; make it shorter.")
    return _preview(schedule, start, end)


def _turns(unit: str, every: int, window_s: float) -> float:
    return window_s / (every * {"hour": 3600.0, "day": 86_400.0, "week": 604_800.0}[unit])


def _preview(schedule: DomainSchedule, start: float, end: float) -> Preview:
    line = shifts(schedule, start, end)
    return Preview(
        shifts=[Shift(user_id=s.user, start=moment(s.start), end=moment(s.end), source=s.source) for s in line],
        gaps=[Gap(start=moment(a), end=moment(b)) for a, b in gaps(schedule, start, end)],
    )


@router.get("", operation_id="listSchedules")
async def list_schedules(_: Reader, gateway: Gateway) -> ScheduleList:
    """All schedules by name."""
    async with gateway.sessions() as session:
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
        await keep(session, ident)
    await _changed(gateway, ident)
    return _shown(row)


@router.get("/{schedule_id}", operation_id="getSchedule", responses=problems(404))
async def get_schedule(schedule_id: str, _: Reader, gateway: Gateway) -> Schedule:
    """One schedule with its overrides."""
    async with gateway.sessions() as session:
        return _shown(await fetch(session, ScheduleRow, schedule_id.replace("\x00", ""), "schedule"))


@router.put("/{schedule_id}", operation_id="replaceSchedule", responses=problems(404, 409))
async def replace_schedule(schedule_id: str, body: ScheduleInput, caller: Configurer, gateway: Gateway) -> Schedule:
    """Everything but the overrides, which are kept."""
    layers, ident = _check(body, gateway), schedule_id.replace("\x00", "")
    async with change(gateway.sessions, caller.name, "update", f"schedule/{ident}", {"name": body.name}) as session:
        row = await fetch(session, ScheduleRow, ident, "schedule")
        row.name, row.zone, row.team_id, row.layers = body.name, body.zone, body.team_id, layers
        await keep(session, ident)
    await _changed(gateway, ident)
    return _shown(row)


@router.delete("/{schedule_id}", operation_id="deleteSchedule", status_code=204, responses=problems(404, 409))
async def delete_schedule(schedule_id: str, caller: Configurer, gateway: Gateway) -> Response:
    """Refused while a policy or the last resort names it."""
    ident = schedule_id.replace("\x00", "")
    async with change(gateway.sessions, caller.name, "delete", f"schedule/{ident}") as session:
        row = await fetch(session, ScheduleRow, ident, "schedule")
        await check_unused(session, "schedule", ident)
        await session.delete(row)
        await keep(session, ident)
    await _changed(gateway, ident)
    return Response(status_code=204)


@router.post("/{schedule_id}/overrides", operation_id="createOverride", status_code=201, responses=problems(404))
async def create_override(schedule_id: str, body: OverrideInput, caller: Responder, gateway: Gateway) -> Override:
    """Somebody else on call for a while; of two that overlap the one made last wins."""
    check_override(body.to_domain("new", 0.0), "", gateway.config.current.users)
    ident, override = schedule_id.replace("\x00", ""), new_id()
    async with change(gateway.sessions, caller.name, "create", f"override/{override}") as session:
        await fetch(session, ScheduleRow, ident, "schedule")
        row = OverrideRow(
            id=override,
            schedule_id=ident,
            user_id=body.user_id,
            starts_at=body.start,
            ends_at=body.end,
            created_by=caller.name,
        )
        session.add(row)
        await keep(session, ident)
    await _changed(gateway, ident)
    return _override(row)


@router.delete(
    "/{schedule_id}/overrides/{override_id}", operation_id="deleteOverride", status_code=204, responses=problems(404)
)
async def delete_override(schedule_id: str, override_id: str, caller: Responder, gateway: Gateway) -> Response:
    """The layers count again."""
    override = override_id.replace("\x00", "")
    async with change(gateway.sessions, caller.name, "delete", f"override/{override}") as session:
        row = await fetch(session, OverrideRow, override, "override")
        if row.schedule_id != schedule_id or row.removed_at is not None:
            raise NotFound("override", override)
        row.removed_at, row.removed_by = func.now(), caller.name
        await keep(session, schedule_id)
    await _changed(gateway, schedule_id)
    return Response(status_code=204)
