"""Figures over a period, from the incidents, the outbox and the canary's flights. The canary's incidents are left out.

Incidents are found by the index over their opening and read by their facets alone; a record written before its facets
told of it is looked up in the body. An incident that was merged into another is part of that one and not counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from sqlalchemy import TextClause, text
from sqlalchemy.exc import DataError

from domain.errors import Invalid
from domain.load import NIGHT_FROM, NIGHT_TO
from domain.period import Period, Unit
from storage.canary import CANARY
from storage.changes import Sessions

By = Literal["severity", "service", "team"]
FACET = {"severity": "severity", "service": "service_id", "team": "team_id"}
NOISIEST = 50
NO_SUCH_ZONE = "22023"

COUNTED = """
counted as not materialized (
    select facets->>'severity' as severity, coalesce(facets->>'service_id', '') as service,
           coalesce(facets->>'team_id', '') as team, facets->>'title' as title,
           facets->>'integration_id' as integration, opened,
           case when told then (facets->>'acknowledged_at')::float8
                else (body->>'acknowledged_at')::float8 end - opened as acknowledged_s,
           case when told then (facets->>'resolved_at')::float8
                else (body->>'resolved_at')::float8 end - opened as resolved_s,
           case when told then (facets->>'by_human')::boolean else body->>'acknowledged_by' is not null end as acted
      from (select facets, body, (facets->>'opened_at')::float8 as opened, facets ? 'acknowledged_at' as told
              from rt.record
             where kind = 'incident' and (facets->>'opened_at')::float8 >= cast(:start as float8)
               and (facets->>'opened_at')::float8 < cast(:end as float8)
               and facets->>'integration_id' is distinct from :canary) r
     where case when told then facets->>'merged_into' else body->>'merged_into' end is null)
"""
TIMES = """
count(*) as incidents, count(acknowledged_s) as acknowledged, count(resolved_s) as resolved,
avg(acknowledged_s) as mtta_mean, percentile_cont(0.5) within group (order by acknowledged_s) as mtta_median,
percentile_cont(0.9) within group (order by acknowledged_s) as mtta_p90,
avg(resolved_s) as mttr_mean, percentile_cont(0.5) within group (order by resolved_s) as mttr_median,
percentile_cont(0.9) within group (order by resolved_s) as mttr_p90
"""
RESPONSE: Mapping[str, TextClause] = {
    by: text(f"with {COUNTED} select {by} as key, grouping({by}) as whole, {TIMES} from counted group by rollup ({by})")
    for by in FACET
}
OVER_TIME: Mapping[str, TextClause] = {
    by: text(
        f"with {COUNTED} select {by} as key, to_char(date_trunc(:unit, to_timestamp(opened) at time zone :zone),"
        " 'YYYY-MM-DD') as first_day, count(*) as n from counted group by 1, 2"
    )
    for by in FACET
}
NOISE = text(
    f"with {COUNTED}"
    """
select title, integration, count(*) as incidents, count(acknowledged_s) as acknowledged,
       count(*) filter (where not acted) as never_acted,
       percentile_cont(0.5) within group (order by resolved_s) as median_s
from counted group by title, integration order by count(*) desc, title limit :limit
"""
)
PEOPLE = text("""
with known as (select * from unnest(cast(:users as text[]), cast(:zones as text[])) as u (id, zone)),
free as (select * from unnest(cast(:free_users as text[]), cast(:free_days as date[])) as h (id, day)),
sent as (
    select body->>'user_id' as id, body->>'incident_id' as incident, coalesce(sent_at, created_at) as at
      from rt.outbox
     where created_at >= to_timestamp(cast(:start as float8)) and created_at < to_timestamp(cast(:end as float8))
       and kind = 'page' and state in ('accepted', 'delivered', 'unknown')),
placed as (
    select sent.id, incident, at at time zone coalesce(known.zone, :zone) as clock
      from sent left join known on known.id = sent.id where sent.id is distinct from :canary),
told as (
    select id, incident, clock::time >= :night_from or clock::time < :night_to as night,
           extract(isodow from clock) >= 6 as weekend,
           exists (select from free where free.id = placed.id and free.day = clock::date) as holiday from placed)
select id, count(*) as pages, count(distinct incident) as incidents, count(*) filter (where night) as night,
       count(*) filter (where weekend) as weekend, count(*) filter (where holiday) as holiday,
       count(*) filter (where night or weekend or holiday) as off_hours
from told group by id order by count(*) desc, id
""")
DELIVERY = text("""
select channel, count(*) as ordered, count(*) filter (where state in ('accepted', 'delivered')) as sent,
       count(*) filter (where state = 'delivered') as delivered, count(*) filter (where state = 'failed') as failed,
       count(*) filter (where state = 'unknown') as unknown,
       count(*) filter (where state in ('cancelled', 'bundled')) as withdrawn,
       count(*) filter (where attempts > 1) as repeated,
       percentile_cont(0.5) within group (order by took) as median_s,
       percentile_cont(0.9) within group (order by took) as p90_s,
       percentile_cont(0.99) within group (order by took) as p99_s
from (select channel, state, attempts,
             case when state in ('accepted', 'delivered')
                  then extract(epoch from sent_at - created_at)::float8 end as took
        from rt.outbox
       where created_at >= to_timestamp(cast(:start as float8)) and created_at < to_timestamp(cast(:end as float8))
         and kind = 'page' and body->>'user_id' is distinct from :canary) o
group by channel order by channel
""")
CANARY_DAYS = text("""
select to_char(date_trunc(:unit, at at time zone :zone), 'YYYY-MM-DD') as first_day,
       grouping(date_trunc(:unit, at at time zone :zone)) as whole,
       count(*) as flown, count(seconds) as through,
       percentile_cont(0.5) within group (order by seconds) as median_s,
       percentile_cont(0.99) within group (order by seconds) as p99_s, extract(epoch from min(at))::float8 as since
from watch.canary
where at >= to_timestamp(cast(:start as float8)) and at < to_timestamp(cast(:end as float8))
group by rollup (date_trunc(:unit, at at time zone :zone)) order by 1
""")


def _of(period: Period, **more: Any) -> dict[str, Any]:
    return {"start": period.start, "end": period.end, "canary": CANARY, **more}


async def _rows(sessions: Sessions, statement: TextClause, parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
    try:
        async with sessions() as session:
            return [dict(row._mapping) for row in await session.execute(statement, parameters)]
    except DataError as error:
        if getattr(error.orig, "sqlstate", "") != NO_SUCH_ZONE:
            raise
        # Python finds a few on its machine that are no zones of the IANA: "localtime", "posix/Europe/Berlin".
        raise Invalid("zone", f"The database knows no such time zone: {error.orig}") from error


async def response(sessions: Sessions, period: Period, by: By) -> list[dict[str, Any]]:
    """Counts and seconds to acknowledgement and resolution by group; the row with `whole` = 1 is of all together."""
    return await _rows(sessions, RESPONSE[by], _of(period))


async def over_time(sessions: Sessions, period: Period, by: By, unit: Unit) -> list[dict[str, Any]]:
    """Group, first day of the unit (ISO), how many opened in it."""
    return await _rows(sessions, OVER_TIME[by], _of(period, unit=unit, zone=period.zone))


async def noise(sessions: Sessions, period: Period) -> list[dict[str, Any]]:
    """Titles with their integration, the most frequent first; NOISIEST of them."""
    return await _rows(sessions, NOISE, _of(period, limit=NOISIEST))


async def people(
    sessions: Sessions, period: Period, zones: Mapping[str, str], holidays: Iterable[tuple[str, str]]
) -> list[dict[str, Any]]:
    """Pages that went out to each person. `zones`: person -> IANA zone; `holidays`: person and ISO date."""
    free = sorted(holidays)
    parameters = _of(
        period,
        zone=period.zone,
        users=list(zones),
        zones=list(zones.values()),
        free_users=[user for user, _ in free],
        free_days=[day for _, day in free],
        night_from=NIGHT_FROM,
        night_to=NIGHT_TO,
    )
    return await _rows(sessions, PEOPLE, parameters)


async def delivery(sessions: Sessions, period: Period) -> list[dict[str, Any]]:
    """By channel: what became of the pages ordered in the period, and seconds from the order to the provider's yes."""
    return await _rows(sessions, DELIVERY, _of(period))


async def canary(sessions: Sessions, period: Period, unit: Unit) -> list[dict[str, Any]]:
    """Test alerts by unit; the row with `whole` = 1 is of all. Flights are kept for 30 days (watchdog/canary.py)."""
    return await _rows(sessions, CANARY_DAYS, _of(period, unit=unit, zone=period.zone))
