"""Silences and maintenance: loading and counting them, and telling the incidents that rest on one that it changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.calendar import utc
from domain.configuration import Maintenance, Silence
from domain.incident import LookAgain
from domain.matcher import Matcher
from domain.window import Window
from runtime.ids import EntityId, new_id
from storage.canary import CANARY
from storage.changes import Sessions
from storage.mail import tell
from storage.tables import MaintenanceRow, SilenceRow


def silence_of(row: SilenceRow) -> Silence:
    """One silence."""
    return Silence(
        id=row.id,
        matchers=msgspec.convert(row.matchers, tuple[Matcher, ...]),
        starts_at=row.starts_at.timestamp(),
        ends_at=row.ends_at.timestamp(),
        comment=row.comment,
        created_by=row.created_by,
        integration_id=row.integration_id,
        service_id=row.service_id,
        team_id=row.team_id,
    )


def row_of(silence: Silence) -> SilenceRow:
    """A new row."""
    return SilenceRow(
        id=silence.id,
        matchers=msgspec.to_builtins(silence.matchers),
        starts_at=utc(silence.starts_at),
        ends_at=utc(silence.ends_at),
        comment=silence.comment,
        created_by=silence.created_by,
        integration_id=silence.integration_id,
        service_id=silence.service_id,
        team_id=silence.team_id,
    )


def set_times(row: SilenceRow, starts_at: float, ends_at: float, comment: str) -> None:
    """What may change. UTC epoch seconds."""
    row.starts_at, row.ends_at, row.comment = utc(starts_at), utc(ends_at), comment


async def silences_in_force(session: AsyncSession) -> tuple[Silence, ...]:
    """Those that are not over, by the database's clock."""
    rows = await session.execute(select(SilenceRow).where(SilenceRow.ends_at > func.now()).order_by(SilenceRow.id))
    return tuple(map(silence_of, rows.scalars()))


def maintenance_of(row: MaintenanceRow) -> Maintenance:
    """One maintenance."""
    return Maintenance(
        id=row.id,
        name=row.name,
        starts_at=row.starts_at.timestamp(),
        ends_at=row.ends_at.timestamp() if row.ends_at is not None else None,
        windows=msgspec.convert(row.windows, tuple[Window, ...]),
        integration_ids=tuple(row.integration_ids),
        service_ids=tuple(row.service_ids),
        comment=row.comment,
        created_by=row.created_by,
    )


def write_maintenance(row: MaintenanceRow, work: Maintenance) -> None:
    """All of it but the id and who made it."""
    row.name, row.comment = work.name, work.comment
    row.starts_at = utc(work.starts_at)
    row.ends_at = utc(work.ends_at) if work.ends_at is not None else None
    row.windows = msgspec.to_builtins(work.windows)
    row.integration_ids, row.service_ids = list(work.integration_ids), list(work.service_ids)


async def maintenance_planned(session: AsyncSession) -> tuple[Maintenance, ...]:
    """All that is not over, by the database's clock."""
    later = MaintenanceRow.ends_at.is_(None) | (MaintenanceRow.ends_at > func.now())
    rows = await session.execute(select(MaintenanceRow).where(later).order_by(MaintenanceRow.id))
    return tuple(map(maintenance_of, rows.scalars()))


@dataclass(frozen=True, slots=True)
class Count:
    """Of the silences that are not over: all, those that no label finds, those with a pattern."""

    all: int
    scanned: int
    patterns: int


COUNT = text("""
select count(*) as all, count(*) filter (where not matchers @@ '$[*].op == "=" && $[*].value != ""') as scanned,
       count(*) filter (where matchers @@ '$[*].op like_regex "~"') as patterns
from silences where ends_at > now()
""")

RESTING = text("""
select distinct entity from rt.record
where kind = 'incident' and facets->>'status' = 'suppressed'
  and body->'suppression'->'ids' @> to_jsonb(cast(:id as text))
""")

RECENT = text("""
select id, body from rt.record
where kind = 'incident' and facets->>'integration_id' is distinct from :canary
  and ((facets->>'open')::boolean or (facets->>'opened_at')::float8 > extract(epoch from now()) - :hours * 3600.0)
order by (facets->>'opened_at')::float8 desc limit :limit
""")


async def count(session: AsyncSession) -> Count:
    """How many there are now."""
    row = (await session.execute(COUNT)).one()
    return Count(row.all, row.scanned, row.patterns)


async def look_again(session: AsyncSession, ident: str) -> list[int]:
    """Have every suppressed incident that rests on this look again; answers the shards, for a poke."""
    entities = (await session.execute(RESTING, {"id": ident})).scalars().all()
    unique = new_id()
    return [await tell(session, EntityId.parse(e), LookAgain(), f"look/{unique}/{e}") for e in entities]


async def recent(sessions: Sessions, hours: float, limit: int) -> list[dict[str, Any]]:
    """Views of incidents that are open or were opened within the last `hours`, newest first."""
    async with sessions() as session:
        rows = await session.execute(RECENT, {"hours": hours, "limit": limit, "canary": CANARY})
    return [row.body for row in rows]
