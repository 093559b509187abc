"""Changes of a schedule for a while, by hand: overrides and temporary schedules, with who made and took back each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query, Response
from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession

from domain.errors import Invalid
from domain.validation import MAX_OVERRIDES, MAX_TEMPORARIES, check_override, check_temporary
from gateway.api.parameters import PathId
from gateway.auth.principal import Gateway, Reader, Responder
from gateway.schedule_news import announce, changed
from gateway.schemas.base import problems
from gateway.schemas.schedules import (
    Override,
    OverrideInput,
    OverrideList,
    Temporary,
    TemporaryInput,
    TemporaryList,
)
from gateway.then import AsOf
from runtime.ids import new_id
from storage.changes import change, fetch
from storage.errors import NotFound
from storage.tables import OverrideRow, ScheduleRow, TemporaryRow

router = APIRouter(prefix="/schedules/{schedule_id}", tags=["schedules"])
Removed = Annotated[bool, Query(description="Those taken back, too")]


def _made(row: OverrideRow | TemporaryRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "start": row.starts_at,
        "end": row.ends_at,
        "created_at": row.created_at,
        "created_by": row.created_by,
        "removed_at": row.removed_at,
        "removed_by": row.removed_by,
    }


def shown_override(row: OverrideRow) -> Override:
    """An override as the API shows it."""
    found = {"kind": row.kind, "user_id": row.user_id, "instead_of": row.instead_of, "note": row.note}
    return Override(**_made(row), **found)


def shown_temporary(row: TemporaryRow) -> Temporary:
    """A temporary schedule as the API shows it."""
    return Temporary(**_made(row), name=row.name, layers=row.layers)


def _counting(rows: Sequence[OverrideRow | TemporaryRow], most: int, what: str) -> None:
    if sum(row.removed_at is None for row in rows) >= most:
        raise Invalid("", f"This schedule has {most} {what} already; take back those that are over.")


async def _taken_back(
    session: AsyncSession, table: type[OverrideRow] | type[TemporaryRow], schedule_id: str, ident: str, by: str
) -> list[int]:
    kind = "override" if table is OverrideRow else "temporary schedule"
    row: Any = await fetch(session, table, ident, kind)
    if row.schedule_id != schedule_id or row.removed_at is not None:
        raise NotFound(kind, ident)
    row.removed_at, row.removed_by = func.now(), by
    return await changed(session, schedule_id)


@router.get("/overrides", operation_id="listOverrides", responses=problems(404))
async def list_overrides(schedule_id: PathId, _: Reader, then: AsOf, removed: Removed = False) -> OverrideList:
    """Overrides by start; with `removed` the whole history."""
    async with then.session() as session:
        row = await fetch(session, ScheduleRow, schedule_id, "schedule")
        return OverrideList(items=[shown_override(o) for o in row.overrides if removed or o.removed_at is None])


@router.post("/overrides", operation_id="createOverride", status_code=201, responses=problems(404))
async def create_override(schedule_id: PathId, body: OverrideInput, caller: Responder, gateway: Gateway) -> Override:
    """Somebody more, less or else on call for a while; overrides that overlap apply in the order they are made."""
    check_override(body.to_domain("new", 0.0), "", gateway.config.current.users)
    override = new_id()
    async with change(gateway.sessions, caller.name, "create", f"override/{override}") as session:
        schedule = await fetch(session, ScheduleRow, schedule_id, "schedule")
        _counting(schedule.overrides, MAX_OVERRIDES, "overrides")
        row = OverrideRow(
            id=override,
            schedule_id=schedule_id,
            kind=body.kind,
            user_id=body.user_id,
            instead_of=body.instead_of,
            starts_at=body.start,
            ends_at=body.end,
            note=body.note,
            created_by=caller.name,
        )
        session.add(row)
        shards = await changed(session, schedule_id)
        await session.refresh(row)
    await announce(gateway.poker, gateway.config, shards)
    return shown_override(row)


@router.delete("/overrides/{override_id}", operation_id="deleteOverride", status_code=204, responses=problems(404))
async def delete_override(schedule_id: PathId, override_id: PathId, caller: Responder, gateway: Gateway) -> Response:
    """It counts no more; it stays in the history."""
    async with change(gateway.sessions, caller.name, "delete", f"override/{override_id}") as session:
        shards = await _taken_back(session, OverrideRow, schedule_id, override_id, caller.name)
    await announce(gateway.poker, gateway.config, shards)
    return Response(status_code=204)


@router.get("/temporaries", operation_id="listTemporarySchedules", responses=problems(404))
async def list_temporaries(schedule_id: PathId, _: Reader, then: AsOf, removed: Removed = False) -> TemporaryList:
    """Temporary schedules by start; with `removed` the whole history."""
    async with then.session() as session:
        row = await fetch(session, ScheduleRow, schedule_id, "schedule")
        return TemporaryList(items=[shown_temporary(t) for t in row.temporaries if removed or t.removed_at is None])


@router.post("/temporaries", operation_id="createTemporarySchedule", status_code=201, responses=problems(404))
async def create_temporary(schedule_id: PathId, body: TemporaryInput, caller: Responder, gateway: Gateway) -> Temporary:
    """Other layers for a while. Overrides made before it do not count in it, those made later do."""
    made, config = body.to_domain("new", 0.0), gateway.config.current
    check_temporary(made, "", config.users, config.holidays)
    temporary = new_id()
    detail = {"name": body.name}
    async with change(gateway.sessions, caller.name, "create", f"temporary/{temporary}", detail) as session:
        schedule = await fetch(session, ScheduleRow, schedule_id, "schedule")
        _counting(schedule.temporaries, MAX_TEMPORARIES, "temporary schedules")
        row = TemporaryRow(
            id=temporary,
            schedule_id=schedule_id,
            name=body.name,
            starts_at=body.start,
            ends_at=body.end,
            layers=msgspec.to_builtins(made.layers),
            created_by=caller.name,
        )
        session.add(row)
        shards = await changed(session, schedule_id)
        await session.refresh(row)
    await announce(gateway.poker, gateway.config, shards)
    return shown_temporary(row)


@router.delete(
    "/temporaries/{temporary_id}",
    operation_id="deleteTemporarySchedule",
    status_code=204,
    responses=problems(404),
)
async def delete_temporary(schedule_id: PathId, temporary_id: PathId, caller: Responder, gateway: Gateway) -> Response:
    """The schedule's own layers and overrides count again; it stays in the history."""
    async with change(gateway.sessions, caller.name, "delete", f"temporary/{temporary_id}") as session:
        shards = await _taken_back(session, TemporaryRow, schedule_id, temporary_id, caller.name)
    await announce(gateway.poker, gateway.config, shards)
    return Response(status_code=204)
