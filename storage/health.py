"""Reading how the parts of the installation stand; a gateway's sign of life.

Everything here is answered by small tables and partial indexes, however many incidents and pages there ever were; pages
are looked at only where they are among the newest NEWEST.
"""

from __future__ import annotations

from time import monotonic
from typing import Any

from sqlalchemy import text

from domain.health_facts import BreakerFact, Figures, GatewayFact, HostFact, ProviderFact, SendsFact, WatchFact
from storage.changes import Sessions

NEWEST = 20_000
"""Pages from which the error rate of providers is told: in a storm, of less than the last hour."""
GONE_S = 3_600.0
"""After this long without a sign of life a gateway is taken to be gone on purpose."""

READ = text("""
select extract(epoch from now())::float8 as at,
  (select coalesce(json_agg(json_build_array(h.slot, h.node, extract(epoch from h.started_at)::float8,
              extract(epoch from h.expires_at - now())::float8, h.draining,
              (select count(*) from rt.shard s where s.owner = h.id), h.program) order by h.slot, h.started_at), '[]')
     from rt.host h where h.expires_at > now() - interval '1 minute') as hosts,
  (select coalesce(json_agg(json_build_array(id, program, extract(epoch from started_at)::float8,
              greatest(0, extract(epoch from now() - g.at)::float8), spool_bytes, spool_oldest_s, spool_problem,
              listeners, greatest(0, newest.position - g.position), streams) order by id), '[]')
     from watch.gateway g, (select coalesce(max(position), 0) as position from rt.journal) newest
    where g.at > now() - make_interval(secs => :gone)) as gateways,
  (select coalesce(json_agg(json_build_array(state, n, greatest(0, oldest)) order by state), '[]') from (
       select state, count(*) as n, extract(epoch from now() - min(
                  case when state = 'sending' then claim_until else due_at end))::float8 as oldest
         from rt.outbox where state in ('pending', 'sending', 'unknown') group by state) live) as sends,
  (select count(*) from rt.shard s where s.id < 256
      and not exists (select from rt.host h where h.id = s.owner and h.expires_at > now())) as unowned,
  (select count(*) from rt.inbox where done_at is null) as undone,
  (select coalesce(extract(epoch from now() - min(received_at)), 0)::float8 from rt.inbox where done_at is null)
      as undone_oldest_s,
  late.n as late_timers, late.by_s as latest_timer_s,
  (select count(*) from rt.quarantine) as quarantined,
  extract(epoch from now() - s.beat_at)::float8 as beat_age_s, coalesce(s.findings, '[]') as findings,
  extract(epoch from now() - s.deadman_at)::float8 as deadman_age_s, s.deadman,
  extract(epoch from now() - ok.at)::float8 as canary_age_s, ok.seconds as canary_s,
  case when last.seconds is null then coalesce(last.detail, '') else '' end as canary_lost, day.flown, day.through,
  extract(epoch from now() - missed.at)::float8 as missed_age_s, coalesce(missed.detail, '') as missed
from (select count(*) as n, coalesce(extract(epoch from now() - min(due_at)), 0)::float8 as by_s from rt.timer t
       where due_at < now() - interval '5 seconds'
         and not exists (select from rt.quarantine q where q.entity = t.entity)) late
left join watch.state s on true
left join lateral (select at, seconds from watch.canary where seconds is not null order by at desc limit 1) ok on true
left join lateral (select seconds, detail from watch.canary order by at desc limit 1) last on true
left join lateral (select at, detail from watch.canary
                    where seconds is null and at > now() - interval '24 hours' order by at desc limit 1) missed on true
cross join lateral (select count(*) as flown, count(seconds) as through
                      from watch.canary where at > now() - interval '24 hours') day
""")

PROVIDERS = text("""
with recent as (
    select channel, state, detail, created_at, sent_at, updated_at from rt.outbox
     where created_at > now() - interval '1 day' order by created_at desc, id desc limit :newest)
select channel,
       count(*) filter (where hour and state in ('accepted', 'delivered')) as sent,
       count(*) filter (where hour and state = 'failed') as failed,
       count(*) filter (where hour and state = 'unknown') as unknown,
       extract(epoch from max(sent_at))::float8 as last_success_at,
       extract(epoch from max(updated_at) filter (where state = 'failed'))::float8 as last_failure_at,
       coalesce((array_agg(detail order by updated_at desc) filter (where state = 'failed'))[1], '') as last_failure
from (select *, created_at > now() - interval '1 hour' as hour from recent) r group by channel
""")

BREAKERS = text("""
select channel, provider, min(state) as state, min(why) as why, count(*) as hosts
from watch.breaker where at > now() - interval '1 hour' group by channel, provider order by 1, 2
""")

HERE = text("""
insert into watch.gateway (id, program, started_at, at, spool_bytes, spool_oldest_s, spool_problem, listeners, position,
                           streams)
values (:id, :program, to_timestamp(cast(:started_at as float8)), now(), :spool_bytes, :spool_oldest_s, :spool_problem,
        :listeners, :position, :streams)
on conflict (id) do update set program = excluded.program, started_at = excluded.started_at, at = excluded.at,
    spool_bytes = excluded.spool_bytes, spool_oldest_s = excluded.spool_oldest_s,
    spool_problem = excluded.spool_problem, listeners = excluded.listeners, position = excluded.position,
    streams = excluded.streams
""")
FORGOTTEN = text("delete from watch.gateway where at < now() - make_interval(secs => :gone)")
LEFT = text("delete from watch.gateway where id = :id")


async def figures(sessions: Sessions) -> tuple[Figures, float]:
    """What the database says, and how long it took to answer anything, in seconds. Raises SQLAlchemyError, OSError."""
    async with sessions() as session:
        await session.execute(text("select 1"))  # what a new connection costs is not the database's latency
        began = monotonic()
        await session.execute(text("select 1"))
        took = monotonic() - began
        row = (await session.execute(READ, {"gone": GONE_S})).one()
    watch = WatchFact(
        beat_age_s=row.beat_age_s,
        canary_age_s=row.canary_age_s,
        canary_s=row.canary_s,
        canary_lost=row.canary_lost,
        flown=row.flown,
        through=row.through,
        deadman_age_s=row.deadman_age_s,
        deadman=row.deadman,
        alarms=[f["check"] for f in row.findings],
        missed_age_s=row.missed_age_s,
        missed=row.missed,
    )
    found = Figures(
        at=row.at,
        hosts=[HostFact(*h) for h in row.hosts],
        gateways=[GatewayFact(*g) for g in row.gateways],
        sends=[SendsFact(*s) for s in row.sends],
        unowned=row.unowned,
        undone=row.undone,
        undone_oldest_s=row.undone_oldest_s,
        late_timers=row.late_timers,
        latest_timer_s=row.latest_timer_s,
        quarantined=row.quarantined,
        watch=watch,
    )
    return found, took


async def providers(sessions: Sessions) -> dict[str, ProviderFact]:
    """By channel; those by which something was sent, or which hosts pass by now. Raises SQLAlchemyError, OSError."""
    async with sessions() as session:
        rows = (await session.execute(PROVIDERS, {"newest": NEWEST})).all()
        breakers = (await session.execute(BREAKERS)).all()
    channels = {r.channel for r in (*rows, *breakers)}
    counted: dict[str, dict[str, Any]] = {r.channel: dict(r._mapping) for r in rows}
    open_: dict[str, list[BreakerFact]] = {channel: [] for channel in channels}
    for b in breakers:
        open_[b.channel].append(BreakerFact(b.provider, b.state, b.why, b.hosts))
    return {
        channel: ProviderFact(
            **{**counted.get(channel, {}), "channel": channel, "problem": "", "contacts": 0, "breakers": open_[channel]}
        )
        for channel in channels
    }


async def here(sessions: Sessions, own: GatewayFact, position: int) -> None:
    """A gateway's sign of life; `position`: of the newest event that it gave out. Raises SQLAlchemyError, OSError."""
    values = {
        "id": own.id,
        "program": own.program,
        "started_at": own.started_at,
        "spool_bytes": own.spool_bytes,
        "spool_oldest_s": own.spool_oldest_s,
        "spool_problem": own.spool_problem,
        "listeners": own.listeners,
        "streams": own.streams,
        "position": position,
    }
    async with sessions() as session:
        await session.execute(HERE, values)
        await session.execute(FORGOTTEN, {"gone": GONE_S})
        await session.commit()


async def left(sessions: Sessions, ident: str) -> None:
    """This gateway ends on purpose. Raises SQLAlchemyError, OSError."""
    async with sessions() as session:
        await session.execute(LEFT, {"id": ident})
        await session.commit()
