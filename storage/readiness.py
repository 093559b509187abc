"""What lint looks at besides the configuration: what came in, what was exercised, which addresses fail, who is away.

What came in is counted by the gateways in memory and added once a minute (gateway/hearing.py): a crash forgets that
minute, which is nothing to a silence of hours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import text

from domain.calendar import utc
from domain.device import FAILING_AFTER
from domain.lint.finding import Away, Exercised, Facts, Failing, Gone, Heard
from storage.as_of import session_at
from storage.changes import Sessions
from storage.swaps import away_between
from storage.tables import TimeOffRow

KEPT_DAYS = 90
"""How long the days are kept; `usual` is what the last 60 of them say."""
USUAL_DAYS = 60

ADD = text("""
insert into integration_days as d (integration_id, day, messages, last_at, longest_silence_s)
select g.id, (to_timestamp(g.last_at) at time zone 'UTC')::date, g.messages, to_timestamp(g.last_at),
       greatest(g.silence_s, coalesce(g.first_at - extract(epoch from before.last_at), 0))
from unnest(cast(:ids as text[]), cast(:messages as bigint[]), cast(:first_at as float8[]),
            cast(:last_at as float8[]), cast(:silence_s as float8[])) as g(id, messages, first_at, last_at, silence_s)
join integrations i on i.id = g.id
left join lateral (select last_at from integration_days b where b.integration_id = g.id order by day desc limit 1)
          before on true
order by g.id
on conflict (integration_id, day) do update
set messages = d.messages + excluded.messages, last_at = greatest(d.last_at, excluded.last_at),
    longest_silence_s = greatest(d.longest_silence_s, excluded.longest_silence_s)
""")
FORGET = text(f"delete from integration_days where day < current_date - {KEPT_DAYS}")
HEARD = text(f"""
select i.id, extract(epoch from i.counted_since)::float8 as since, coalesce(sum(d.messages), 0)::bigint as messages,
       extract(epoch from max(d.last_at))::float8 as last_at,
       coalesce(max(d.longest_silence_s), 0) as longest_silence_s
from integrations i
left join integration_days d on d.integration_id = i.id and d.day > current_date - {USUAL_DAYS}
group by i.id
""")
EXERCISED = text("""
select distinct on (policy) policy, at, version from (
    select body->'policy'->>'id' as policy, (facets->>'opened_at')::float8 as at,
           (body->'policy'->>'version')::int as version
    from rt.record where kind = 'incident' and body->'policy'->>'id' is not null) r
where at <= :until
order by policy, at desc
""")
FAILING = text("""
select a.id as contact, r.body->>'last_reason' as why, bad.failures, bad.since,
       case when (r.body->>'gone_at')::float8 > coalesce(good.at, 0)
            then (r.body->>'gone_since')::float8 end as gone_since
from rt.record r
join (select id, verified_at from contact_methods union all select id, null from destinations) a
     on r.id = 'device/' || a.id
-- When something last arrived there: a code that came back, a test, a page that the provider took (outbox_sent_to).
cross join lateral (
    select greatest(extract(epoch from a.verified_at)::float8, (r.body->>'last_success_at')::float8,
                    (select extract(epoch from max(o.sent_at))::float8 from rt.outbox o
                     where o.body->>'contact_method_id' = a.id and o.sent_at is not null))) as good(at)
cross join lateral (
    select count(*) as failures, min((j.body->>'at')::float8) as since from rt.journal j
    where j.entity = r.id and j.kind = 'DeliveryFailed' and (j.body->>'at')::float8 > coalesce(good.at, 0)) bad
where r.kind = 'device' and ((r.facets->>'failing')::boolean or (r.facets->>'gone')::boolean)
""")


@dataclass(frozen=True, slots=True)
class Count:
    """Requests of an integration since the last time: how many, the first, the last, the longest pause between."""

    messages: int
    first_at: float
    last_at: float
    silence_s: float = 0.0

    def and_one(self, at: float) -> Count:
        """With another request at `at`, UTC epoch seconds."""
        return self.and_then(Count(1, at, at))

    def and_then(self, later: Count) -> Count:
        """With what came after it."""
        pause = max(self.silence_s, later.silence_s, later.first_at - self.last_at)
        return Count(self.messages + later.messages, self.first_at, max(self.last_at, later.last_at), pause)


async def add_counts(sessions: Sessions, counts: Mapping[str, Count]) -> None:
    """Add what one gateway has counted. Integrations that were deleted meanwhile are left out."""
    columns = {
        "ids": list(counts),
        "messages": [c.messages for c in counts.values()],
        "first_at": [c.first_at for c in counts.values()],
        "last_at": [c.last_at for c in counts.values()],
        "silence_s": [c.silence_s for c in counts.values()],
    }
    async with sessions() as session:
        await session.execute(ADD, columns)
        await session.execute(FORGET)
        await session.commit()


async def last_heard(sessions: Sessions) -> dict[str, float]:
    """Integration -> when its last request was taken in, UTC epoch seconds; counted once a minute."""
    async with sessions() as session:
        return {row.id: row.last_at for row in await session.execute(HEARD) if row.last_at is not None}


async def facts(sessions: Sessions, channels: Mapping[str, str], now: float, until: float) -> Facts:
    """Everything, as of now. `channels`: channel -> "" or why pages cannot be sent by it. UTC epoch seconds."""
    async with sessions() as session:
        heard = (await session.execute(HEARD)).all()
        exercised = (await session.execute(EXERCISED, {"until": now})).all()
        failing = (await session.execute(FAILING)).all()
        away = await away_between(session, now, until)
        return Facts(
            channels=channels,
            failing={
                row.contact: Failing(row.since, row.failures, row.why)
                for row in failing
                if row.failures >= FAILING_AFTER
            },
            gone={row.contact: Gone(row.gone_since, row.why) for row in failing if row.gone_since is not None},
            away=tuple(_away(r) for r in away),
            heard={row.id: Heard(row.since, row.messages, row.last_at, row.longest_silence_s) for row in heard},
            exercised={row.policy: Exercised(row.at, row.version) for row in exercised},
        )


async def facts_then(sessions: Sessions, channels: Mapping[str, str], at: float, until: float) -> Facts:
    """What is known of a time in the past: time off entered by then, and which policies had been exercised.

    `channels` are those of now. What came in is counted by day, and addresses are known by their last pages: neither
    says how it stood at an instant.
    """
    async with session_at(sessions, utc(at)) as session:
        exercised = (await session.execute(EXERCISED, {"until": at})).all()
        away = await away_between(session, at, until, utc(at))
        return Facts(
            channels=channels,
            away=tuple(_away(r) for r in away),
            exercised={row.policy: Exercised(row.at, row.version) for row in exercised},
            tried=False,
        )


def _away(row: TimeOffRow) -> Away:
    return Away(row.user_id, row.starts_at.timestamp(), row.ends_at.timestamp())
