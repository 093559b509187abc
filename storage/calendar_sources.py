"""Imported calendars as rows: which to ask when, the last good copy, and the layer it becomes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import msgspec
from sqlalchemy import func, select, update
from sqlalchemy.orm import undefer

from domain.calendar import utc
from domain.imported import Imported
from domain.schedule import FixedShifts, Layer
from storage.changes import Sessions
from storage.configuration import convert
from storage.sealed import Sealer
from storage.tables import CalendarSourceRow, ScheduleRow

LEASE = timedelta(minutes=3)
"""For how long nobody else asks for a calendar that a gateway has begun to ask for."""


@dataclass(frozen=True, slots=True)
class Source:
    """An imported calendar to be asked for."""

    id: str
    schedule_id: str
    layer: str
    zone: str
    url: str
    people: dict[str, str]
    etag: str
    last_modified: str
    body: bytes | None


async def take_due(sessions: Sessions, sealer: Sealer) -> Source | None:
    """A calendar whose time has come; no other gateway gets it for LEASE. None if there is none."""
    async with sessions() as session:
        query = (
            select(CalendarSourceRow, ScheduleRow.zone)
            .join(ScheduleRow, ScheduleRow.id == CalendarSourceRow.schedule_id)
            .options(undefer(CalendarSourceRow.body))
            .where(CalendarSourceRow.next_at <= func.now())
            .order_by(CalendarSourceRow.next_at)
            .limit(1)
            .with_for_update(skip_locked=True, of=CalendarSourceRow)
        )
        found = (await session.execute(query)).first()
        if found is None:
            return None
        row, zone = found
        source = Source(
            id=row.id,
            schedule_id=row.schedule_id,
            layer=row.layer,
            zone=zone,
            url=str(sealer.open(row.sealed)["url"]),
            people=row.people,
            etag=row.etag,
            last_modified=row.last_modified,
            body=row.body,
        )
        row.next_at = func.now() + LEASE
        await session.commit()
        return source


async def note_failure(sessions: Sessions, ident: str, problem: str) -> None:
    """The copy in use stays; it is asked for again after the usual time."""
    await _note(sessions, ident, problem=problem)


async def note_good(sessions: Sessions, ident: str, imported: Imported, copy: dict[str, Any]) -> None:
    """The calendar was given or confirmed. `copy`: columns of a new answer, with `body` if that is new."""
    unknown = [msgspec.to_builtins(u) for u in imported.unknown]
    changed = {"changed_at": func.now()} if "body" in copy else {}
    await _note(sessions, ident, problem="", good_at=func.now(), unknown=unknown, **copy, **changed)


async def _note(sessions: Sessions, ident: str, **values: Any) -> None:
    every = func.make_interval(0, 0, 0, 0, 0, 0, CalendarSourceRow.every_s)
    async with sessions() as session:
        await session.execute(
            update(CalendarSourceRow)
            .where(CalendarSourceRow.id == ident)
            .values(checked_at=func.now(), next_at=func.now() + every, **values)
        )
        await session.commit()


def with_import(layers: Sequence[Any], source: Source, imported: Imported) -> list[Any] | None:
    """The layers of a schedule with this import in its place, or on top if it is new; None if nothing changes."""
    current: tuple[Layer, ...] = convert(layers, tuple[Layer, ...])
    fixed = FixedShifts(imported.shifts, source.id)
    out, found = [], False
    for raw, layer in zip(layers, current, strict=True):
        if layer.fixed is not None and layer.fixed.source == source.id:
            found = True
            if layer.fixed == fixed:
                return None
            raw = {**raw, "fixed": msgspec.to_builtins(fixed)}
        out.append(raw)
    if not found:
        out.append(msgspec.to_builtins(Layer(source.layer, fixed=fixed)))
    return out


def without_import(layers: Sequence[Any], ident: str) -> list[Any]:
    """The layers without those of this import."""
    current: tuple[Layer, ...] = convert(layers, tuple[Layer, ...])
    return [r for r, x in zip(layers, current, strict=True) if x.fixed is None or x.fixed.source != ident]


def shifts_of(layers: Sequence[Any], ident: str) -> int:
    """How many shifts a schedule has of an import."""
    current: tuple[Layer, ...] = convert(layers, tuple[Layer, ...])
    return sum(len(x.fixed.shifts) for x in current if x.fixed is not None and x.fixed.source == ident)


async def all_sources(sessions: Sessions, schedule_id: str | None = None) -> list[CalendarSourceRow]:
    """Imported calendars, of one schedule or all, oldest first."""
    query = select(CalendarSourceRow).order_by(CalendarSourceRow.created_at, CalendarSourceRow.id)
    query = query.where(CalendarSourceRow.schedule_id == schedule_id) if schedule_id is not None else query
    async with sessions() as session:
        return list((await session.execute(query)).scalars())


def age_s(row: CalendarSourceRow, now: float) -> float | None:
    """How old the copy in use is: since a server last gave or confirmed it; None if there never was one."""
    return None if row.good_at is None else max(0.0, now - row.good_at.timestamp())


def stale(row: CalendarSourceRow, now: float) -> bool:
    """True if the copy is older than allowed, or there was none in that time since the import was set up."""
    since = row.good_at if row.good_at is not None else row.created_at
    return now - since.timestamp() > row.stale_after_s


def soon(row: CalendarSourceRow) -> None:
    """Ask for it with the next look, as if for the first time."""
    row.next_at, row.etag, row.last_modified = utc(0.0), "", ""
