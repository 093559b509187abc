"""Reading the audit log: who changed what. Written with each change (storage/changes.py), never changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from storage import cursor as cursors
from storage.changes import Sessions


@dataclass(frozen=True, slots=True)
class Filter:
    """Empty means all. `kind`: of the subject, "schedule". Times in UTC epoch seconds; `until` is not part of it."""

    actor: str = ""
    kind: str = ""
    action: str = ""
    since: float = 0.0
    until: float = 99_999_999_999.0


LIST = text("""
select id, at, actor, action, split_part(subject, '/', 1) as kind, subject, detail
from audit
where (:actor = '' or actor = :actor) and (:kind = '' or split_part(subject, '/', 1) = :kind)
  and (:action = '' or action = :action)
  and at >= to_timestamp(cast(:since as float8)) and at < to_timestamp(cast(:until as float8))
  and id < cast(:before as bigint)
order by id desc limit :limit
""")
FACETS = text("""
select coalesce(json_agg(distinct actor), '[]') as actors,
       coalesce(json_agg(distinct split_part(subject, '/', 1)), '[]') as kinds
from (select actor, subject from audit order by id desc limit 20000) newest
""")
RECENT = text("""
select id from audit
where id > (select coalesce(max(id), 0) from audit) - 200 and split_part(subject, '/', 1) = any(:kinds)
""")
LAST = text("""
select extract(epoch from now() - max(at))::float8 from audit
where (cast(:actor as text) is null or actor = :actor) and action = :action and subject = :subject
    and at > now() - interval '1 hour'
""")
NEWEST = 2**62


async def listed(sessions: Sessions, wanted: Filter, limit: int, cursor: str | None) -> tuple[list[Any], str | None]:
    """Entries, newest first, and the cursor for what follows. Raises Invalid for a cursor that is not ours."""
    before = int(cursors.decode(cursor)[0]) if cursor else NEWEST
    parameters = {
        "actor": wanted.actor,
        "kind": wanted.kind,
        "action": wanted.action,
        "since": wanted.since,
        "until": wanted.until,
        "before": before,
        "limit": limit + 1,
    }
    async with sessions() as session:
        rows = list((await session.execute(LIST, parameters)).all())
    following = cursors.encode(float(rows[limit - 1].id), "") if len(rows) > limit else None
    return rows[:limit], following


async def facets(sessions: Sessions) -> tuple[list[str], list[str]]:
    """People and kinds of the newest 20,000 entries, each in order."""
    async with sessions() as session:
        row = (await session.execute(FACETS)).one()
    return sorted(row.actors), sorted(row.kinds)


async def last_s(session: AsyncSession, actor: str | None, action: str, subject: str) -> float | None:
    """Seconds since this person, or with None anybody, last did this; None if not within the hour."""
    found: float | None = (
        await session.execute(LAST, {"actor": actor, "action": action, "subject": subject})
    ).scalar_one()
    return found


async def newest(sessions: Sessions, kinds: Sequence[str]) -> list[int]:
    """Ids of the entries about these kinds among the last two hundred: enough to see what is new within a second."""
    async with sessions() as session:
        return list((await session.execute(RECENT, {"kinds": list(kinds)})).scalars())
