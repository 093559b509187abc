"""What schedules said before they were changed, so that "who was on call then?" is answered from then.

A version is written in the transaction of each change; it holds from its `saved_at` to that of the next one.
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.schedule import Schedule
from storage.changes import Sessions
from storage.configuration import calendars, schedule_of
from storage.tables import ScheduleRow, ScheduleVersionRow, SettingsRow


@dataclass(frozen=True, slots=True)
class Past:
    """A schedule as it was. `since`: UTC epoch seconds from which it was so; `exact` False: it is the earliest
    version known and the instant asked for lies before it. `changed`: it was saved anew since."""

    schedule: Schedule
    since: float
    exact: bool
    changed: bool


async def keep(session: AsyncSession, *schedule_ids: str) -> None:
    """Write down what these schedules say now (nothing, if deleted); call last in a `storage.changes.change`."""
    await session.flush()
    version = (await session.execute(select(SettingsRow.config_version))).scalar_one()
    holidays = await calendars(session)
    for ident in schedule_ids:
        row = await session.get(ScheduleRow, ident, populate_existing=True)
        definition = None if row is None else msgspec.to_builtins(schedule_of(row, holidays))
        session.add(ScheduleVersionRow(schedule_id=ident, config_version=version, definition=definition))


AT = text("""
with seen as (
    select *, count(*) over (partition by schedule_id) - row_number() over w as later,
           row_number() over w as k
    from schedule_versions window w as (partition by schedule_id order by config_version))
select distinct on (schedule_id) definition, extract(epoch from saved_at)::float8 as since,
       saved_at <= to_timestamp(cast(:at as float8)) as exact, later
from seen where k = 1 or saved_at <= to_timestamp(cast(:at as float8))
order by schedule_id, k desc
""")


async def schedules_at(sessions: Sessions, at: float) -> list[Past]:
    """Every schedule that existed at an instant (UTC epoch seconds), or is the earliest known one, by name."""
    async with sessions() as session:
        rows = (await session.execute(AT, {"at": at})).all()
    found = [
        Past(msgspec.convert(r.definition, Schedule), r.since, r.exact, r.later > 0)
        for r in rows
        if r.definition is not None
    ]
    return sorted(found, key=lambda p: p.schedule.name)
