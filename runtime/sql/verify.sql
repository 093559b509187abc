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
select coalesce(sum(cardinality(positions)), 0)::bigint as rows,
       coalesce(extract(epoch from now() - min(at)), 0)::float8 as age_s
from rt.unsealed;

-- name: written
-- In the order written: epochs must never fall.
select entity, shard, epoch from rt.journal order by position;

-- name: entities
select e.id, e.version, e.state, extract(epoch from now())::float8 as now,
       exists (select from rt.quarantine q where q.entity = e.id) as quarantined,
       array(select t.name from rt.timer t where t.entity = e.id) as armed
from rt.entity e where e.id > %(after)s order by e.id limit %(limit)s;

-- name: journals
select j.entity, j.seq, j.kind, j.body::text as body, extract(epoch from j.at)::float8 as at,
       case when o.id is not null then json_build_object(
           'state', o.state, 'body', json_build_object('subject', o.body->'subject', 'text', o.body->'text'),
           'held_s', o.held_s,
           'carried', exists (select from rt.outbox c where c.bundle = o.bundle and c.state in ('accepted', 'delivered')
                                 and c.provider_id = o.provider_id)) end as page,
       (select json_agg(json_build_object('tried', s.tried, 'state', s.state,
                                          'started_at', extract(epoch from s.started_at)) order by s.position)
          from rt.send_log s where s.send = o.id and s.kind = 'attempt') as attempts
from rt.journal j left join rt.outbox o on j.kind = 'Paged' and o.id = j.body->>'delivery'
where j.entity = any(%(entities)s::text[]) order by j.entity, j.seq;

-- name: effects
select o.id, o.state,
       (select coalesce(json_agg(json_build_object('attempt', s.attempt, 'tried', s.tried, 'state', s.state)
                                 order by s.position), '[]')
          from rt.send_log s where s.send = o.id and s.kind = 'attempt') as attempts
from rt.outbox o
where o.kind <> 'last_resort';   -- written by the watchdog after it has sent: the row is the record

-- name: orphans
-- Journals and timers of entities that have no state.
select 'journal' as what, entity from (
    select distinct entity from rt.journal j where not exists (select from rt.entity e where e.id = j.entity)) j
union all
select 'timer', entity from rt.timer t where not exists (select from rt.entity e where e.id = t.entity)
limit 100;

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
