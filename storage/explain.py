"""Reading what explanations are made of: an incident's events, pages and attempts; a person's schedules of then."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from sqlalchemy import text

from domain.configuration import Configuration
from domain.explained import Attempt, Happened, IncidentFacts, Outgoing, PastSchedule, PersonFacts
from storage import incidents
from storage.canary import CANARY
from storage.changes import Sessions
from storage.history import schedules_at

ATTEMPTS = text("""
select send, kind, attempt as number, tried, state, detail, provider_id, host,
       extract(epoch from started_at)::float8 as started_at, extract(epoch from at)::float8 as at
from rt.send_log where send = any(cast(:sends as text[])) order by position
""")
OPEN = text("""
select id from rt.record
where kind = 'incident' and facets->>'integration_id' is distinct from :canary
  and (facets->>'opened_at')::float8 <= :until
  and (body->>'resolved_at' is null or (body->>'resolved_at')::float8 >= :since)
order by (facets->>'opened_at')::float8 desc limit :limit
""")
INCIDENTS = 100
"""Incidents looked at for a person, those opened last; more than these at once is a storm."""


async def incident_facts(sessions: Sessions, ident: str) -> IncidentFacts:
    """Raises NotFound."""
    ident = await incidents.present(sessions, ident)
    title = str((await incidents.one(sessions, ident))["title"])
    events, pages = await incidents.timeline(sessions, ident)
    attempts = await _attempts(sessions, [page["id"] for page in pages])
    return IncidentFacts(
        ident,
        title,
        [Happened(e["kind"], e["body"], e["at"]) for e in events],
        {p["id"]: _outgoing(p, attempts[p["id"]]) for p in pages},
    )


async def person_facts(sessions: Sessions, user_id: str, at: float, about_s: float) -> PersonFacts:
    """Schedules as they were at `at`; incidents open within `about_s` of it. UTC epoch seconds."""
    past = [PastSchedule(p.schedule, p.exact) for p in await schedules_at(sessions, at)]
    parameters = {"since": at - about_s, "until": at + about_s, "limit": INCIDENTS, "canary": CANARY}
    async with sessions() as session:
        idents = (await session.execute(OPEN, parameters)).scalars().all()
    return PersonFacts(user_id, at, past, [await incident_facts(sessions, ident) for ident in idents])


def names(config: Configuration) -> dict[str, str]:
    """Names of users, destinations, schedules and teams by id."""
    found = (config.users, config.destinations, config.schedules, config.teams)
    return {ident: named.name for by_id in found for ident, named in by_id.items()}


async def _attempts(sessions: Sessions, sends: list[str]) -> dict[str, list[Attempt]]:
    found: dict[str, list[Attempt]] = defaultdict(list)
    async with sessions() as session:
        for row in await session.execute(ATTEMPTS, {"sends": sends}):
            fields = dict(row._mapping)
            found[fields.pop("send")].append(Attempt(**fields))
    return found


def _outgoing(page: dict[str, Any], attempts: list[Attempt]) -> Outgoing:
    return Outgoing(
        page["id"],
        page["channel"],
        page["state"],
        page["detail"],
        page["body"],
        page["provider_id"],
        tuple(attempts),
        page["others"],
    )
