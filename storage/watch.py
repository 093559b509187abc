"""Reading what the watchdog and the hosts say about the installation's own health (schema `watch`); noting breakers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.changes import Sessions

SILENT_S = 15.0
"""The watchdog leaves a sign of life every two seconds; one this old means that nobody watches."""


@dataclass(frozen=True, slots=True)
class OpenBreaker:
    """A provider that a host does not send to now, as it said at `at`."""

    host: str
    channel: str
    provider: str
    state: str
    why: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Watch:
    """`beat_age_s` None: no watchdog has ever run. Times in UTC epoch seconds, durations in seconds.

    `buckets`: (at most seconds, how many canaries ever), with infinity last; `total_s`: the sum of all of them.
    Of the canaries of the last 24 hours: how many flew, how many came through, and the slowest of the fastest 95 %.
    """

    beat_age_s: float | None
    findings: Sequence[dict[str, Any]]
    last_success_at: float | None
    last_success_age_s: float | None
    last_seconds: float | None
    lost_why: str
    flown: int
    through: int
    p95_s: float | None
    buckets: Sequence[tuple[float, int]]
    total_s: float
    breakers: Sequence[OpenBreaker]

    @property
    def watched(self) -> bool:
        """False if there is no watchdog alive."""
        return self.beat_age_s is not None and self.beat_age_s <= SILENT_S


READ = text("""
select extract(epoch from now() - s.beat_at)::float8 as beat_age_s, coalesce(s.findings, '[]') as findings,
       extract(epoch from ok.at)::float8 as last_success_at, extract(epoch from now() - ok.at)::float8 as ok_age_s,
       ok.seconds as last_seconds, coalesce(last.detail, '') as last_detail, last.seconds is null as last_lost,
       day.*, bucket.*, breaker.*
from (select 1) one
left join watch.state s on true
left join lateral (select at, seconds from watch.canary where seconds is not null order by at desc limit 1) ok on true
left join lateral (select seconds, detail from watch.canary order by at desc limit 1) last on true
cross join lateral (
    select count(*) as flown, count(seconds) as through, percentile_disc(0.95) within group (order by seconds) as p95_s
      from watch.canary where at > now() - interval '24 hours') day
cross join lateral (
    select json_agg(json_build_array(le::text, n) order by le) as buckets, max(seconds) as total_s
      from watch.canary_bucket) bucket
cross join lateral (
    select coalesce(json_agg(json_build_array(host, channel, provider, state, why, since)), '[]') as breakers
      from watch.breaker where at > now() - interval '1 hour') breaker
""")
PUT = text("""
insert into watch.breaker (host, channel, provider, state, why, since, at)
values (:host, :channel, :provider, :state, :why, now(), now())
on conflict (host, channel, provider) do update set state = excluded.state, why = excluded.why, at = excluded.at
""")
DROP = text("""
delete from watch.breaker where (host = :host and channel = :channel and provider = :provider)
    or at < now() - interval '1 hour'
""")


async def read(sessions: Sessions) -> Watch:
    """All of it, from one statement."""
    async with sessions() as session:
        row = (await session.execute(READ)).one()
    return Watch(
        beat_age_s=row.beat_age_s,
        findings=row.findings,
        last_success_at=row.last_success_at,
        last_success_age_s=row.ok_age_s,
        last_seconds=row.last_seconds,
        lost_why=row.last_detail if row.last_lost else "",
        flown=row.flown,
        through=row.through,
        p95_s=row.p95_s,
        buckets=[(float(le), n) for le, n in row.buckets],
        total_s=row.total_s,
        breakers=[OpenBreaker(b[0], b[1], b[2], b[3], b[4], datetime.fromisoformat(b[5])) for b in row.breakers],
    )


async def note_breaker(engine: AsyncEngine, host: str, channel: str, provider: str, state: str, why: str) -> None:
    """A host's breaker has changed; a closed one leaves no row. Raises SQLAlchemyError or OSError."""
    where = {"host": host, "channel": channel, "provider": provider}
    async with engine.begin() as connection:
        if state == "closed":
            await connection.execute(DROP, where)
        else:
            await connection.execute(PUT, {**where, "state": state, "why": why})
