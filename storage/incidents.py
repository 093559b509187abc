"""Reading incidents: lists, one, its timeline. Written by the runtime's commits, only read here."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.consequences import OpenIncident
from domain.incident import UNKNOWN, incident_id, parse_incident_id
from domain.policy import Target
from storage import cursor as cursors
from storage.canary import CANARY
from storage.changes import Sessions
from storage.configuration import convert
from storage.errors import NotFound


@dataclass(frozen=True, slots=True)
class Filter:
    """Empty means all. `words`: every one of them must be in the title.

    `person`: ids of users who were called. `labels`: one member alert has all of them.
    """

    status: Sequence[str] = ()
    severity: Sequence[str] = ()
    team: Sequence[str] = ()
    service: Sequence[str] = ()
    person: Sequence[str] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    words: str = ""
    major: bool | None = None


LIST = text("""
select id, body, rev, (facets->>'opened_at')::float8 as opened_at
from rt.record
where kind = 'incident'
  and (cardinality(cast(:status as text[])) = 0 or facets->>'status' = any(cast(:status as text[])))
  and (cardinality(cast(:severity as text[])) = 0 or facets->>'severity' = any(cast(:severity as text[])))
  and (cardinality(cast(:team as text[])) = 0 or facets->>'team_id' = any(cast(:team as text[])))
  and (cast(:major as boolean) is null or coalesce((facets->>'major')::boolean, false) = :major)
  and (cardinality(cast(:service as text[])) = 0 or facets->>'service_id' = any(cast(:service as text[])))
  and (cardinality(cast(:person as text[])) = 0 or body->'assignees' ?| cast(:person as text[]))
  and (cast(:labels as text) = '{}' or body->'members' @> jsonb_build_array(jsonb_build_object('labels',
       cast(:labels as jsonb))))
  and (:words = '' or to_tsvector('simple', facets->>'title') @@ plainto_tsquery('simple', :words)
       or facets->>'title' ilike :pattern or id = :words)
  and facets->>'integration_id' is distinct from :canary
  and ((facets->>'opened_at')::float8, id) < (cast(:at as float8), :after)
order by (facets->>'opened_at')::float8 desc, id desc
limit :limit
""")

ONE = text("select body, rev from rt.record where id = :id and kind = 'incident'")

SOME = text("""
select body, rev from rt.record
where id = any(cast(:ids as text[])) and kind = 'incident' and facets->>'integration_id' is distinct from :canary
""")

OPEN_COUNTS = text("""
select facets->>'status' as status, count(*) as n from rt.record
where kind = 'incident' and (facets->>'open')::boolean and facets->>'integration_id' is distinct from :canary
group by 1
""")

OPEN_BY_SERVICE = text("""
select facets->>'service_id' as service_id, count(*) as n from rt.record
where kind = 'incident' and (facets->>'open')::boolean and facets->>'service_id' is not null
group by 1
""")

RELATED = text("""
select body, facets->>'service_id' as service_id from rt.record
where kind = 'incident' and (facets->>'open')::boolean
  and facets->>'service_id' = any(cast(:services as text[])) and id <> :id
order by (facets->>'severity_rank')::int desc, (facets->>'opened_at')::float8 limit :limit
""")

OPEN = text("""
select id, entity from rt.record
where kind = 'incident' and (facets->>'open')::boolean
  and entity = any(cast(:entities as text[]))
""")

AT_STEPS = text("""
select r.id, r.body, v.definition->'steps'->((r.body->>'step')::int)->'targets' as targets
from rt.record r
left join policy_versions v
  on v.policy_id = r.body->'policy'->>'id' and v.version = (r.body->'policy'->>'version')::int
where r.kind = 'incident' and (r.facets->>'open')::boolean and r.facets->>'integration_id' is distinct from :canary
order by (r.facets->>'opened_at')::float8 limit :limit
""")

OF_INTEGRATION = text("""
select id, cast(:name as text) in (body->>'acknowledged_by', body->>'resolved_by') as taken
from rt.record where kind = 'incident' and facets->>'integration_id' = :integration
order by (facets->>'opened_at')::float8 desc limit 50
""")

PRESENT = text("select body->>'episode' as episode from rt.journal where entity = :entity order by seq desc limit 1")

TIMELINE = text("""
select kind, body, extract(epoch from at)::float8 as at, position
from rt.journal
where entity = :entity and (body->>'episode')::int = :episode
  and kind <> 'SuppressionChecked' -- every five minutes, and says only that nothing has changed
order by seq limit 5000
""")

PAGES = text("""
select id, channel, body, state, detail, attempts, provider_id,
       extract(epoch from created_at)::float8 as created_at, extract(epoch from sent_at)::float8 as sent_at,
       extract(epoch from updated_at)::float8 as updated_at,
       (select count(*) from rt.outbox o where o.bundle = p.bundle and o.provider_id = p.provider_id and o.id <> p.id)
           as others
from rt.outbox p where body->>'incident_id' = :id order by created_at limit 2000
""")


async def listed(
    sessions: Sessions, wanted: Filter, limit: int, cursor: str | None
) -> tuple[list[dict[str, Any]], str | None]:
    """Incidents, newest first, and the cursor for the next page. The canary's are left out."""
    at, after = cursors.decode(cursor) if cursor else (1e12, "")
    parameters = {
        "status": list(wanted.status),
        "severity": list(wanted.severity),
        "team": list(wanted.team),
        "major": wanted.major,
        "service": list(wanted.service),
        "person": list(wanted.person),
        "labels": json.dumps(dict(wanted.labels)),
        "words": wanted.words.strip(),
        "pattern": "%" + re.sub(r"([\\%_])", r"\\\1", wanted.words.strip()) + "%",
        "at": at,
        "after": after,
        "limit": limit + 1,
        "canary": CANARY,
    }
    async with sessions() as session:
        rows = (await session.execute(LIST, parameters)).all()
    following = cursors.encode(rows[limit - 1].opened_at, rows[limit - 1].id) if len(rows) > limit else None
    return [_view(row) for row in rows[:limit]], following


async def of_integration(sessions: Sessions, integration: str, name: str) -> tuple[str | None, bool]:
    """Id of its newest incident, and whether somebody of this name acknowledged or resolved one of the newest."""
    async with sessions() as session:
        rows = (await session.execute(OF_INTEGRATION, {"integration": integration, "name": name})).all()
    return rows[0].id if rows else None, any(row.taken for row in rows)


async def one(sessions: Sessions, ident: str) -> dict[str, Any]:
    """The view of an incident. Raises NotFound."""
    async with sessions() as session:
        row = (await session.execute(ONE, {"id": ident})).first()
    if row is None:
        raise NotFound("alert", ident)
    return _view(row)


async def some(sessions: Sessions, idents: Sequence[str]) -> list[dict[str, Any]]:
    """Those of these incidents that exist, in no order. The canary's are left out."""
    async with sessions() as session:
        rows = await session.execute(SOME, {"ids": list(idents), "canary": CANARY})
    return [_view(row) for row in rows]


async def open_counts(sessions: Sessions) -> dict[str, int]:
    """Status -> how many incidents are open in it. The canary's are left out."""
    async with sessions() as session:
        rows = await session.execute(OPEN_COUNTS, {"canary": CANARY})
    return {row.status: row.n for row in rows}


def _view(row: Any) -> dict[str, Any]:
    """`revision` rises with every change of the line."""
    return {**row.body, "revision": row.rev}


async def of_services(sessions: Sessions, services: Sequence[str], but: str, limit: int) -> list[dict[str, Any]]:
    """Open incidents of these services without the one called `but`, the worst first."""
    if not services:
        return []
    async with sessions() as session:
        rows = await session.execute(RELATED, {"services": list(services), "id": but, "limit": limit})
    return [row.body for row in rows]


async def open_in(sessions: Sessions, line_keys: Sequence[str]) -> dict[str, str]:
    """Line key -> id of the incident that is open there."""
    async with sessions() as session:
        rows = await session.execute(OPEN, {"entities": [f"incident/{key}" for key in line_keys]})
    return {row.entity.removeprefix("incident/"): row.id for row in rows}


async def at_steps(session: AsyncSession, limit: int = 5_000) -> list[OpenIncident]:
    """Open incidents with whom the step that each is at calls, the oldest first."""
    rows = await session.execute(AT_STEPS, {"canary": CANARY, "limit": limit})
    return [
        OpenIncident(
            row.id,
            row.body["title"],
            convert(row.targets or [], tuple[Target, ...]),
            row.body.get("service_id"),
            row.body.get("team_id"),
        )
        for row in rows
    ]


async def open_by_service(sessions: Sessions) -> dict[str, int]:
    """Service -> how many incidents of it are open; none: it is not named."""
    async with sessions() as session:
        return {row.service_id: row.n for row in await session.execute(OPEN_BY_SERVICE)}


async def present(sessions: Sessions, ident: str) -> str:
    """The id itself; for one with episode 0 (a page sent without the database) that of the line's newest incident."""
    parsed = parse_incident_id(ident)
    if parsed is None or parsed[1] != UNKNOWN:
        return ident
    async with sessions() as session:
        newest = (await session.execute(PRESENT, {"entity": f"incident/{parsed[0]}"})).scalar_one_or_none()
    return incident_id(parsed[0], int(newest)) if newest is not None else ident


async def timeline(sessions: Sessions, ident: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Journal events and pages of an incident, each in order. Raises NotFound."""
    parsed = parse_incident_id(ident)
    if parsed is None or parsed[1] > 2**31:
        raise NotFound("alert", ident)
    async with sessions() as session:
        if (await session.execute(ONE, {"id": ident})).first() is None:
            raise NotFound("alert", ident)
        events = await session.execute(TIMELINE, {"entity": f"incident/{parsed[0]}", "episode": parsed[1]})
        pages = await session.execute(PAGES, {"id": ident})
        return [dict(e._mapping) for e in events], [dict(p._mapping) for p in pages]
