-- What `sentinel verify` reads, all in one snapshot, a few thousand rows at a time. Digests are made in Python
-- from these texts: functions in the database may have been replaced by whoever changed the rows.

-- name: entries
select l.n, l.source, l.position, l.digest, l.hash, l.sealed_at::text,
       case l.source
       when 'journal' then (
           select jsonb_build_array('journal', j.position, j.entity, j.seq, j.shard, j.epoch, j.cause, j.kind, j.body,
                                    (extract(epoch from j.at) * 1000000)::bigint)::text
           from rt.journal j where j.position = l.position)
       when 'send_log' then (
           select jsonb_build_array('send_log', s.position, s.send, s.entity, s.kind, s.attempt, s.tried, s.state,
                                    s.detail, s.provider_id, s.host,
                                    (extract(epoch from s.started_at) * 1000000)::bigint,
                                    (extract(epoch from s.at) * 1000000)::bigint)::text
           from rt.send_log s where s.position = l.position)
       end as text
from rt.ledger l order by l.n;

-- name: strangers
-- Rows that no entry speaks of and that do not wait to be sealed: put in by something else than a commit.
with waiting as (select source, unnest(positions) as position from rt.unsealed)
select 'journal' as source, j.position, j.entity || ' #' || j.seq as what
from rt.journal j
where not exists (select from rt.ledger l where l.source = 'journal' and l.position = j.position)
  and not exists (select from waiting w where w.source = 'journal' and w.position = j.position)
union all
select 'send_log', s.position, s.entity || ', send ' || s.send
from rt.send_log s
where not exists (select from rt.ledger l where l.source = 'send_log' and l.position = s.position)
  and not exists (select from waiting w where w.source = 'send_log' and w.position = s.position)
limit 100;

-- name: waiting
select coalesce(sum(cardinality(positions)), 0)::bigint,
       coalesce(extract(epoch from now() - min(at)), 0)::float8 from rt.unsealed;

-- name: written
-- In the order written: epochs must never fall.
select entity, shard, epoch from rt.journal order by position;

-- name: entities
select id, version, state, extract(epoch from now())::float8 as now from rt.entity
where id > %(after)s order by id limit %(limit)s;

-- name: journals
select entity, seq, cause, kind, body, extract(epoch from at)::float8 as at
from rt.journal where entity = any(%(entities)s::text[]) order by entity, seq;

-- name: outboxes
select entity, id, state, body, extract(epoch from due_at)::float8 as due_at
from rt.outbox where entity = any(%(entities)s::text[]);

-- name: attempts
select send, attempt, tried, state, detail, provider_id, extract(epoch from started_at)::float8 as started_at,
       extract(epoch from at)::float8 as at
from rt.send_log where entity = any(%(entities)s::text[]) and kind = 'attempt' order by position;

-- name: armed
select entity, name from rt.timer where entity = any(%(entities)s::text[]);

-- name: orphans
-- Journals of entities that have no state.
select distinct j.entity from rt.journal j
where not exists (select from rt.entity e where e.id = j.entity) limit 100;

-- name: lost
-- Taken and marked as done, but no decision names it. Inbox rows are kept three days.
select i.entity, i.id from rt.inbox i
where i.done_at is not null and i.kind = 'AlertsReceived'
  and not exists (select from rt.journal j where j.entity = i.entity and j.cause = 'inbox:' || i.id)
limit 100;

-- name: left
-- What waits for longer than it should: mail, timers, sends; quarantined entities apart, their last resort was told.
select 'message ' || i.id as what, i.entity, extract(epoch from now() - i.received_at)::float8 as late_s
from rt.inbox i
where i.done_at is null and i.received_at < now() - interval '60 seconds'
  and not exists (select from rt.quarantine q where q.entity = i.entity)
union all
select 'timer ' || t.name, t.entity, extract(epoch from now() - t.due_at)::float8
from rt.timer t
where t.due_at < now() - interval '60 seconds' and not exists (select from rt.quarantine q where q.entity = t.entity)
union all
select 'send ' || o.id, o.entity, extract(epoch from now() - o.due_at)::float8
from rt.outbox o
where o.state in ('pending', 'sending', 'unknown') and o.due_at < now() - interval '60 seconds'
limit 100;
