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
