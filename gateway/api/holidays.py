"""Holiday calendars, which windows of schedules and policies name."""

from __future__ import annotations

from datetime import date
from typing import Any

from fastapi import APIRouter, Response
from sqlalchemy import select

from gateway.api.parameters import PathId
from gateway.auth.principal import Configurer, Gateway, Reader
from gateway.references import check_unused
from gateway.schedule_news import announce, changed
from gateway.schemas.base import problems
from gateway.schemas.holidays import HolidayCalendar, HolidayCalendarInput, HolidayCalendarList
from gateway.then import AsOf
from gateway.tree.plans import naming
from runtime.ids import new_id
from storage.changes import change, fetch
from storage.holidays import check_country, holidays_of
from storage.tables import HolidayCalendarRow

router = APIRouter(prefix="/holiday-calendars", tags=["schedules"])


def _shown(row: HolidayCalendarRow, days: bool = True) -> HolidayCalendar:
    return HolidayCalendar(
        id=row.id,
        name=row.name,
        country=row.country,
        subdivision=row.subdivision,
        dates=row.dates,
        except_dates=row.except_dates,
        days=[date.fromisoformat(day) for day in holidays_of(row).dates] if days else [],
    )


def _fields(body: HolidayCalendarInput) -> dict[str, Any]:
    check_country(body.country, body.subdivision)
    fields = body.model_dump(mode="json")
    return {**fields, "dates": sorted(set(fields["dates"])), "except_dates": sorted(set(fields["except_dates"]))}


@router.get("", operation_id="listHolidayCalendars")
async def list_calendars(_: Reader, then: AsOf) -> HolidayCalendarList:
    """All calendars by name, without their days."""
    async with then.session() as session:
        rows = (await session.execute(select(HolidayCalendarRow).order_by(HolidayCalendarRow.name))).scalars()
        return HolidayCalendarList(items=[_shown(r, days=False) for r in rows])


@router.post("", operation_id="createHolidayCalendar", status_code=201, responses=problems(409))
async def create_calendar(body: HolidayCalendarInput, caller: Configurer, gateway: Gateway) -> HolidayCalendar:
    """A new calendar."""
    fields, ident = _fields(body), new_id()
    subject = f"holiday-calendar/{ident}"
    async with change(gateway.sessions, caller.name, "create", subject, {"name": body.name}) as session:
        row = HolidayCalendarRow(id=ident, **fields)
        session.add(row)
    await gateway.config.refresh()
    return _shown(row)


@router.get("/{calendar_id}", operation_id="getHolidayCalendar", responses=problems(404))
async def get_calendar(calendar_id: PathId, _: Reader, then: AsOf) -> HolidayCalendar:
    """One calendar with all its days."""
    async with then.session() as session:
        return _shown(await fetch(session, HolidayCalendarRow, calendar_id, "holiday calendar"))


@router.put("/{calendar_id}", operation_id="replaceHolidayCalendar", responses=problems(404, 409))
async def replace_calendar(
    calendar_id: PathId, body: HolidayCalendarInput, caller: Configurer, gateway: Gateway
) -> HolidayCalendar:
    """The calendar as a whole; schedules that name it change with it."""
    fields = _fields(body)
    subject = f"holiday-calendar/{calendar_id}"
    async with change(gateway.sessions, caller.name, "update", subject, {"name": body.name}) as session:
        row = await fetch(session, HolidayCalendarRow, calendar_id, "holiday calendar")
        for name, value in fields.items():
            setattr(row, name, value)
        shards = await changed(session, *await naming(session, calendar_id))
    await announce(gateway.poker, gateway.config, shards)
    return _shown(row)


@router.delete("/{calendar_id}", operation_id="deleteHolidayCalendar", status_code=204, responses=problems(404, 409))
async def delete_calendar(calendar_id: PathId, caller: Configurer, gateway: Gateway) -> Response:
    """Refused while a schedule or a policy names it."""
    async with change(gateway.sessions, caller.name, "delete", f"holiday-calendar/{calendar_id}") as session:
        row = await fetch(session, HolidayCalendarRow, calendar_id, "holiday calendar")
        await check_unused(session, "holiday calendar", calendar_id)
        await session.delete(row)
    await gateway.config.refresh()
    return Response(status_code=204)
