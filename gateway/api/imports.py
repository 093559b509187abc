"""Calendars that are layers of a schedule: set up, shown with the age of their copy, asked for again, removed."""

from __future__ import annotations

from urllib.parse import urlsplit

from fastapi import APIRouter, Response
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.errors import Invalid
from gateway.api.parameters import PathId
from gateway.auth.principal import Configurer, Gateway, Reader
from gateway.calendar_fetch import FetchFailed, clean_url
from gateway.schedule_news import announce, changed
from gateway.schemas.base import moment, problems
from gateway.schemas.rota import CalendarChange, CalendarInput, ImportedCalendar, ImportedCalendarList, UnknownText
from gateway.services import Services
from runtime.ids import new_id
from storage.calendar_sources import age_s, all_sources, shifts_of, soon, stale, without_import
from storage.changes import act, change, fetch
from storage.errors import Conflict, NotFound
from storage.tables import CalendarSourceRow, ScheduleRow

router = APIRouter(prefix="/schedules/{schedule_id}/calendars", tags=["calendars"])
MAX_CALENDARS = 10


def _shown(row: CalendarSourceRow, schedule: ScheduleRow, gateway: Services, now: float) -> ImportedCalendar:
    url = str(gateway.sealer.open(row.sealed)["url"])
    times = {f: getattr(row, f) for f in ("good_at", "changed_at", "checked_at")}
    return ImportedCalendar(
        id=row.id,
        schedule_id=row.schedule_id,
        layer=row.layer,
        host=urlsplit(url).hostname or "",
        people=row.people,
        every_s=row.every_s,
        stale_after_s=row.stale_after_s,
        age_s=age_s(row, now),
        stale=stale(row, now),
        problem=row.problem,
        shifts=shifts_of(schedule.layers, row.id),
        unknown=[UnknownText.model_validate({**u, "first": moment(u["first"])}) for u in row.unknown],
        **times,
    )


def _address(body: CalendarInput) -> str:
    """Raises Invalid."""
    try:
        return clean_url(body.url.get_secret_value())
    except FetchFailed as error:
        raise Invalid("url", f"This cannot be a calendar: {error}.") from error


def _columns(body: CalendarInput, gateway: Services) -> dict[str, object]:
    """What is saved beside the address. Raises Invalid."""
    for text, user in body.people.items():
        if user not in gateway.config.current.users:
            raise Invalid(f"people.{text}", f"There is no user with id {user!r}.")
    return {
        "layer": body.layer,
        "people": body.people,
        "every_s": body.every_s,
        "stale_after_s": body.stale_after_s,
    }


async def _fetched(session: AsyncSession, schedule_id: str, ident: str) -> CalendarSourceRow:
    row = await fetch(session, CalendarSourceRow, ident, "calendar")
    if row.schedule_id != schedule_id:
        raise NotFound("calendar", ident)
    return row


async def _answer(gateway: Services, schedule_id: str, ident: str) -> ImportedCalendar:
    async with gateway.sessions() as session:
        row, schedule = await _fetched(session, schedule_id, ident), await session.get(ScheduleRow, schedule_id)
    if schedule is None:
        raise NotFound("schedule", schedule_id)
    return _shown(row, schedule, gateway, await gateway.store.now())


@router.get("", operation_id="listImportedCalendars", responses=problems(404))
async def list_calendars(schedule_id: PathId, _: Reader, gateway: Gateway) -> ImportedCalendarList:
    """Calendars of a schedule, with the age of the copy in use and the names nobody knows."""
    now = await gateway.store.now()
    async with gateway.sessions() as session:
        schedule = await fetch(session, ScheduleRow, schedule_id, "schedule")
    rows = await all_sources(gateway.sessions, schedule.id)
    return ImportedCalendarList(items=[_shown(r, schedule, gateway, now) for r in rows])


@router.post("", operation_id="importCalendar", status_code=201, responses=problems(404, 409))
async def import_calendar(
    schedule_id: PathId, body: CalendarInput, caller: Configurer, gateway: Gateway
) -> ImportedCalendar:
    """A calendar becomes the top layer of a schedule once it was read; asked for at once, then every `every_s`."""
    url, columns, ident = _address(body), _columns(body, gateway), new_id()
    detail = {"schedule_id": schedule_id, "layer": body.layer}
    async with change(gateway.sessions, caller.name, "create", f"calendar/{ident}", detail) as session:
        row = await fetch(session, ScheduleRow, schedule_id, "schedule")
        if any(layer["name"] == body.layer for layer in row.layers):
            raise Invalid("layer", f"The schedule has a layer called {body.layer!r} already; choose another name.")
        count = select(func.count()).where(CalendarSourceRow.schedule_id == schedule_id)
        if (await session.execute(count)).scalar_one() >= MAX_CALENDARS:
            raise Conflict(f"A schedule can import at most {MAX_CALENDARS} calendars.")
        source = CalendarSourceRow(id=ident, schedule_id=schedule_id, unknown=[], **columns)
        source.sealed = gateway.sealer.seal({"url": url})
        soon(source)
        session.add(source)
    gateway.calendars_in.look_now()
    return await _answer(gateway, schedule_id, ident)


@router.get("/{calendar_id}", operation_id="getImportedCalendar", responses=problems(404))
async def get_calendar(schedule_id: PathId, calendar_id: PathId, _: Reader, gateway: Gateway) -> ImportedCalendar:
    """One imported calendar."""
    return await _answer(gateway, schedule_id, calendar_id)


@router.put("/{calendar_id}", operation_id="replaceImportedCalendar", responses=problems(404, 409))
async def replace_calendar(
    schedule_id: PathId, calendar_id: PathId, body: CalendarChange, caller: Configurer, gateway: Gateway
) -> ImportedCalendar:
    """Another address, other people or times. What was imported stays until the new address was read."""
    url, columns = _address(body) if body.url.get_secret_value() else "", _columns(body, gateway)
    async with change(gateway.sessions, caller.name, "update", f"calendar/{calendar_id}") as session:
        row = await _fetched(session, schedule_id, calendar_id)
        if row.layer != body.layer:
            raise Invalid("layer", "The name of the layer cannot be changed here; rename it in the schedule.")
        for name, value in columns.items():
            setattr(row, name, value)
        if url:
            row.sealed = gateway.sealer.again(row.sealed, {"url": url})
        soon(row)
    gateway.calendars_in.look_now()
    return await _answer(gateway, schedule_id, calendar_id)


@router.post("/{calendar_id}/refresh", operation_id="refreshImportedCalendar", responses=problems(404))
async def refresh_calendar(
    schedule_id: PathId, calendar_id: PathId, caller: Configurer, gateway: Gateway
) -> ImportedCalendar:
    """Ask for it now; the answer shows how it stands before."""
    async with act(gateway.sessions, caller.name, "refresh", f"calendar/{calendar_id}") as session:
        soon(await _fetched(session, schedule_id, calendar_id))
    gateway.calendars_in.look_now()
    return await _answer(gateway, schedule_id, calendar_id)


@router.delete("/{calendar_id}", operation_id="deleteImportedCalendar", status_code=204, responses=problems(404))
async def delete_calendar(schedule_id: PathId, calendar_id: PathId, caller: Configurer, gateway: Gateway) -> Response:
    """The calendar and its layer go; the layers below count again. Refused if no other layer would be left."""
    async with change(gateway.sessions, caller.name, "delete", f"calendar/{calendar_id}") as session:
        source = await _fetched(session, schedule_id, calendar_id)
        row = await session.get(ScheduleRow, schedule_id, with_for_update=True)
        if row is not None:
            layers = without_import(row.layers, calendar_id)
            if not layers:
                raise Conflict("It is the only layer: nobody would ever be on call. Add another layer first.")
            row.layers = layers
        await session.delete(source)
        shards = await changed(session, schedule_id)
    await announce(gateway.poker, gateway.config, shards)
    return Response(status_code=204)
