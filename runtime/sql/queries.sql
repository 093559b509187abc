-- Named statements of runtime/postgres.py. Each is one atomic statement; parameters are %(name)s.

-- name: append
-- ON CONFLICT DO NOTHING keeps the first; the answer joins back, so that a repeated message gets its old id.
-- Only the first of two equal ones in the same batch is new.
with given as (
    select * from unnest(%(shard)s::int[], %(entity)s::text[], %(kind)s::text[], %(dedup)s::text[],
                         %(body)s::text[], %(halts)s::bool[], %(env)s::bigint[])
             with ordinality as g(shard, entity, kind, dedup, body, halts, env, n)),
put as (
    insert into rt.inbox (shard, entity, kind, dedup, body, halts, env_version)
    select shard, entity, kind, dedup, body::jsonb, halts, env from given order by n
    on conflict (shard, dedup) do nothing
    returning id, shard, dedup)
select coalesce(put.id, old.id) as id,
       put.id is not null and n = min(n) over (partition by given.shard, given.dedup) as fresh,
       extract(epoch from now())::float8 as now
from given
left join put on put.shard = given.shard and put.dedup = given.dedup
left join rt.inbox old on put.id is null and old.shard = given.shard and old.dedup = given.dedup
order by n;

-- name: now
select extract(epoch from now())::float8 as now;

-- name: outcomes
select id, reply from rt.inbox where id = any(%(ids)s::bigint[]) and done_at is not null;

-- name: renew
-- Robust to this server's clock being set back: an incarnation starts after every earlier one of its slot, whatever the
-- clock says, and a lease that ends later than any can was given by the clock before; skip locked: it is being renewed.
with mine as (
    insert into rt.host (id, slot, node, started_at, expires_at, draining, weight, program, ahead)
    values (%(id)s, %(slot)s, %(node)s,
            greatest(to_timestamp(%(started_at)s), (select max(h.started_at) + interval '1 millisecond' from rt.host h
                                                    where h.slot = %(slot)s and h.id <> %(id)s)),
            now() + make_interval(secs => %(ttl)s), %(draining)s, %(weight)s, %(program)s,
            coalesce(%(counted)s::float8 - extract(epoch from now())::float8, 0))
    on conflict (id) do update set expires_at = excluded.expires_at, draining = excluded.draining, ahead = excluded.ahead
    returning *),
impossible as (
    update rt.host set expires_at = now() + make_interval(secs => %(ttl)s),
                       ahead = ahead + extract(epoch from expires_at - now())::float8 - %(ttl)s
    where id in (select id from rt.host where expires_at > now() + interval '1 minute' and id <> %(id)s
                 for update skip locked)),
gone as (
    delete from rt.host h where h.expires_at < now() - interval '1 hour' and h.id <> %(id)s
       and not exists (select from rt.shard s where s.owner = h.id))
select extract(epoch from now())::float8 as now,
       (select json_agg(json_build_array(id, slot, node, extract(epoch from started_at)::float8,
                                         extract(epoch from expires_at)::float8, draining, weight, ahead))
          from (select * from mine union all select * from rt.host where id <> %(id)s) h) as hosts,
       (select json_agg(json_build_array(id, epoch, owner, crashes, suspect) order by id) from rt.shard) as shards;

-- name: claim
update rt.shard s set epoch = s.epoch + 1, owner = %(host)s,
       crashes = case when s.id = any(%(crashed)s::int[]) then s.crashes + 1 else 0 end
from unnest(%(shard)s::int[], %(epoch)s::bigint[]) as want(id, epoch)
where s.id = want.id and s.epoch = want.epoch
returning s.id, s.epoch;

-- name: release
update rt.shard s set owner = null, crashes = 0, suspect = null
from unnest(%(shard)s::int[], %(epoch)s::bigint[]) as want(id, epoch)
where s.id = want.id and s.epoch = want.epoch and s.owner = %(host)s;

-- name: retire
with gone as (delete from rt.host where id = %(host)s)
update rt.shard set owner = null, crashes = 0, suspect = null where owner = %(host)s;

-- name: name_suspect
update rt.shard set suspect = %(entity)s, crashes = case when %(entity)s::text is null then 0 else crashes end
where id = %(shard)s and epoch = %(epoch)s;

-- name: quarantine
with own as materialized (
    select id from rt.shard where id = %(shard)s and epoch = %(epoch)s for share),
q as (
    insert into rt.quarantine (entity, reason) select %(entity)s, %(reason)s from own
    on conflict (entity) do nothing),   -- repeated while mail waits: the first reason is the true one
o as (
    insert into rt.outbox (id, entity, shard, kind, channel, grp, body, state, due_at)
    select %(effect)s, %(entity)s, own.id, %(kind)s, %(channel)s, %(grp)s, %(body)s::jsonb, 'pending', now() from own
    on conflict (id) do nothing)
select count(*) as owned from own;

-- name: mail
-- By undone, never by "id above the last one": ids become visible out of order.
select id, shard, entity, kind, body::text, env_version, extract(epoch from received_at)::float8 as received_at, halts
from rt.inbox
where done_at is null and shard = any(%(shards)s::int[])
  and id <> all(%(skip_ids)s::bigint[]) and entity <> all(%(skip_entities)s::text[])
order by id limit %(limit)s;

-- name: load
select w.id as entity, e.seq, e.version, e.state, q.entity is not null as quarantined,
       (select json_agg(json_build_array(t.name, t.shard, t.gen, extract(epoch from t.due_at)::float8))
          from rt.timer t where t.entity = w.id) as timers
from unnest(%(entities)s::text[]) as w(id)
left join rt.entity e on e.id = w.id
left join rt.quarantine q on q.entity = w.id;

-- name: timers
select t.entity, t.shard, t.name, t.gen, extract(epoch from t.due_at)::float8 as due_at
from rt.timer t
where t.shard = any(%(shards)s::int[]) and t.due_at < to_timestamp(%(until)s)
  and not exists (select from rt.quarantine q where q.entity = t.entity)
order by t.due_at limit %(limit)s;

-- name: commit
-- FOR SHARE is the fence: a takeover updates the epoch and so waits for this statement, and the next
-- commit of the old owner finds no row. FOR KEY SHARE would not conflict with that update: do not "optimise".
with own as materialized (
    select s.id, s.epoch from rt.shard s
    join unnest(%(own_shard)s::int[], %(own_epoch)s::bigint[]) as o(id, epoch) on s.id = o.id and s.epoch = o.epoch
    order by s.id for share of s),
j as (
    insert into rt.journal (entity, seq, shard, epoch, cause, kind, body, at)
    select t.entity, t.seq, t.shard, own.epoch, t.cause, t.kind, t.body::jsonb, to_timestamp(t.at)
    from unnest(%(j_entity)s::text[], %(j_seq)s::bigint[], %(j_shard)s::int[], %(j_cause)s::text[],
                %(j_kind)s::text[], %(j_body)s::text[], %(j_at)s::float8[])
         as t(entity, seq, shard, cause, kind, body, at)
    join own on own.id = t.shard
    returning entity, seq, position),
js as (
    insert into rt.unsealed (source, positions)
    select 'journal', array_agg(position order by position) from j having count(*) > 0),
e as (
    insert into rt.entity as x (id, kind, shard, seq, version, state, closed_at, updated_at)
    select t.entity, split_part(t.entity, '/', 1), t.shard, t.seq, t.version, t.state,
           case when t.closed then now() end, now()
    from unnest(%(e_entity)s::text[], %(e_shard)s::int[], %(e_seq)s::bigint[], %(e_version)s::int[],
                %(e_state)s::bytea[], %(e_closed)s::bool[]) as t(entity, shard, seq, version, state, closed)
    join own on own.id = t.shard
    on conflict (id) do update set shard = excluded.shard, seq = excluded.seq, version = excluded.version,
        state = excluded.state, updated_at = excluded.updated_at,
        closed_at = case when excluded.closed_at is null then null else coalesce(x.closed_at, excluded.closed_at) end),
td as (
    delete from rt.timer x using unnest(%(d_entity)s::text[], %(d_shard)s::int[], %(d_name)s::text[],
                                        %(d_gen)s::bigint[]) as t(entity, shard, name, gen), own
    where own.id = t.shard and x.entity = t.entity and x.name = t.name and x.gen = t.gen),
ts as (
    insert into rt.timer (entity, name, shard, gen, due_at)
    select t.entity, t.name, t.shard, t.gen, to_timestamp(t.due_at)
    from unnest(%(t_entity)s::text[], %(t_name)s::text[], %(t_shard)s::int[], %(t_gen)s::bigint[],
                %(t_due)s::float8[]) as t(entity, name, shard, gen, due_at)
    join own on own.id = t.shard
    on conflict (entity, name) do update set shard = excluded.shard, gen = excluded.gen, due_at = excluded.due_at),
oc as (
    update rt.outbox x set updated_at = now(), withdrawn = true,
           state = case when x.state = 'sending' then x.state else 'cancelled' end
    from unnest(%(c_entity)s::text[], %(c_shard)s::int[], %(c_grp)s::text[]) as t(entity, shard, grp), own
    where own.id = t.shard and x.entity = t.entity and (x.grp = t.grp or x.id = t.grp)
      and x.state in ('pending', 'unknown', 'sending')),
o as (
    -- At once means by both clocks: by this one alone, while it was an hour ahead, a page that was not claimed before it was
    -- put right lay for that hour.
    insert into rt.outbox (id, entity, shard, kind, channel, grp, body, state, due_at)
    select t.id, t.entity, t.shard, t.kind, t.channel, t.grp, t.body::jsonb, 'pending',
           coalesce(to_timestamp(t.due_at), least(now(), to_timestamp(t.at)))
    from unnest(%(o_id)s::text[], %(o_entity)s::text[], %(o_shard)s::int[], %(o_kind)s::text[], %(o_channel)s::text[],
                %(o_grp)s::text[], %(o_body)s::text[], %(o_due)s::float8[], %(o_at)s::float8[])
         as t(id, entity, shard, kind, channel, grp, body, due_at, at)
    join own on own.id = t.shard
    on conflict (id) do nothing),
i as (
    update rt.inbox x set done_at = now(), reply = t.reply::jsonb
    from unnest(%(i_id)s::bigint[], %(i_shard)s::int[], %(i_reply)s::text[]) as t(id, shard, reply), own
    where own.id = t.shard and x.id = t.id),
tell as (
    insert into rt.inbox (shard, entity, kind, dedup, body, halts, env_version)
    select t.shard, t.entity, t.kind, t.dedup, t.body::jsonb, t.halts, t.env
    from unnest(%(m_from)s::int[], %(m_shard)s::int[], %(m_entity)s::text[], %(m_kind)s::text[], %(m_dedup)s::text[],
                %(m_body)s::text[], %(m_halts)s::bool[], %(m_env)s::bigint[])
         as t(source, shard, entity, kind, dedup, body, halts, env)
    join own on own.id = t.source
    on conflict (shard, dedup) do nothing),
r as (
    insert into rt.record (id, kind, entity, rev, facets, body, at)
    select distinct on (t.id)   -- the last one given counts
           t.id, split_part(t.entity, '/', 1), t.entity, t.rev, t.facets::jsonb, t.body::jsonb, now()
    from unnest(%(r_id)s::text[], %(r_entity)s::text[], %(r_shard)s::int[], %(r_rev)s::bigint[],
                %(r_facets)s::text[], %(r_body)s::text[])
         with ordinality as t(id, entity, shard, rev, facets, body, n)
    join own on own.id = t.shard
    order by t.id, t.n desc
    on conflict (id) do update set rev = excluded.rev, facets = excluded.facets, body = excluded.body, at = excluded.at)
select extract(epoch from now())::float8 as now, array(select id from own) as owned,
       (select json_agg(json_build_array(entity, seq, position)) from j) as positions;

-- name: sends
-- Due by this clock or by the caller's count of it, which does not jump; a claim that runs for longer than any can was made
-- before this clock was set back, and is over.
select id, entity, shard, kind, channel, body, state, attempts, unknowns,
       extract(epoch from due_at)::float8 as due_at, provider_id, withdrawn, bundle
from rt.outbox
where state in ('pending', 'sending', 'unknown') and shard = any(%(shards)s::int[])
  and case when state = 'sending' then claim_until <= now() or claim_until > now() + interval '1 minute'
           else due_at <= greatest(now(), to_timestamp(%(now)s)) end
  and id <> all(%(skip)s::text[])
order by due_at limit %(limit)s;

-- name: claim_sends
-- An acknowledgement that waits in the inbox stops every claim of its entity, even with all owners dead. Not of an
-- effect without a group: nothing can withdraw that, and the notice of a quarantine must come through.
with own as materialized (
    select s.id from rt.shard s
    join unnest(%(own_shard)s::int[], %(own_epoch)s::bigint[]) as o(id, epoch) on s.id = o.id and s.epoch = o.epoch
    order by s.id for share of s),
before as materialized (
    select x.* from rt.outbox x join own on own.id = x.shard
    where x.id = any(%(ids)s::text[])
      and (case when x.state = 'sending' then x.claim_until <= now() or x.claim_until > now() + interval '1 minute'
                else x.state in ('pending', 'unknown') and x.due_at <= greatest(now(), to_timestamp(%(now)s)) end)
      and (x.grp = ''
           or not exists (select from rt.inbox m where m.entity = x.entity and m.done_at is null and m.halts))
    for update of x),
-- A claim that ran out: nobody will say what became of that attempt, so that is what is recorded.
lost as (
    insert into rt.send_log (send, entity, kind, attempt, state, detail, provider_id, host, started_at)
    select id, entity, 'attempt', attempts, 'unknown', 'its host did not say what became of it', provider_id,
           coalesce(claimed_by, ''), claimed_at
    from before where state = 'sending' order by id returning position),
seal as (
    insert into rt.unsealed (source, positions)
    select 'send_log', array_agg(position order by position) from lost having count(*) > 0)
update rt.outbox x
   set state = 'sending', attempts = x.attempts + 1, claimed_by = %(host)s, updated_at = now(), claimed_at = now(),
       unknowns = x.unknowns + (x.state = 'sending')::int,
       claim_until = now() + make_interval(secs => %(hold)s),
       bundle = case when c.id is null then x.bundle else c.bundle end, held_s = coalesce(c.held, x.held_s)
from before b
left join unnest(%(c_id)s::text[], %(c_bundle)s::text[], %(c_held)s::float8[]) as c(id, bundle, held) on c.id = b.id
where x.id = b.id
returning b.id, b.entity, b.shard, b.kind, b.channel, b.body, b.state, b.attempts, b.unknowns,
          extract(epoch from b.due_at)::float8 as due_at, b.provider_id, b.withdrawn, b.bundle;

-- name: record_sends
-- claimed_by is the fence here: a row that somebody else claimed since is his to record.
with given as (
    select * from unnest(%(id)s::text[], %(state)s::text[], %(detail)s::text[], %(provider)s::text[],
                         %(due)s::float8[], %(unknown)s::int[], %(tried)s::bool[])
             as g(id, state, detail, provider, due, unknown, tried)),
told as (
    select * from unnest(%(m_id)s::text[], %(m_shard)s::int[], %(m_entity)s::text[], %(m_kind)s::text[],
                         %(m_dedup)s::text[], %(m_body)s::text[], %(m_halts)s::bool[], %(m_env)s::bigint[])
             as t(id, shard, entity, kind, dedup, body, halts, env)),
done as (
    update rt.outbox x
       set state = case when x.withdrawn and g.state in ('pending', 'unknown') then 'cancelled' else g.state end,
           detail = g.detail, provider_id = coalesce(g.provider, x.provider_id),
           due_at = coalesce(to_timestamp(g.due), x.due_at), unknowns = x.unknowns + g.unknown, updated_at = now(),
           sent_at = case when g.state in ('accepted', 'delivered', 'bundled') then now() else x.sent_at end
    from given g where x.id = g.id and x.state = 'sending' and x.claimed_by = %(host)s
    returning x.id, x.entity, x.attempts, g.tried, g.state, x.detail, x.provider_id, x.claimed_at),
-- What came of the attempt, also where the row was withdrawn meanwhile.
logged as (
    insert into rt.send_log (send, entity, kind, attempt, tried, state, detail, provider_id, host, started_at)
    select id, entity, 'attempt', attempts, tried, state, detail, provider_id, %(host)s, claimed_at from done
    returning position),
seal as (
    insert into rt.unsealed (source, positions)
    select 'send_log', array_agg(position order by position) from logged having count(*) > 0)
insert into rt.inbox (shard, entity, kind, dedup, body, halts, env_version)
select t.shard, t.entity, t.kind, t.dedup, t.body::jsonb, t.halts, t.env from told t join done on done.id = t.id
on conflict (shard, dedup) do nothing;

-- name: settle_sends
-- Sent without a claim, while this database was away. A row that somebody claims at this moment takes the outcome too:
-- his record_sends then finds it settled.
with given as (
    select * from unnest(%(id)s::text[], %(state)s::text[], %(detail)s::text[], %(provider)s::text[],
                         %(due)s::float8[], %(unknown)s::int[], %(tried)s::bool[], %(began)s::float8[])
             as g(id, state, detail, provider, due, unknown, tried, began)),
told as (
    select * from unnest(%(m_id)s::text[], %(m_shard)s::int[], %(m_entity)s::text[], %(m_kind)s::text[],
                         %(m_dedup)s::text[], %(m_body)s::text[], %(m_halts)s::bool[], %(m_env)s::bigint[])
             as t(id, shard, entity, kind, dedup, body, halts, env)),
done as (
    update rt.outbox x
       set state = case when x.withdrawn and g.state in ('pending', 'unknown') then 'cancelled' else g.state end,
           detail = g.detail, provider_id = coalesce(g.provider, x.provider_id), attempts = greatest(x.attempts, 1),
           due_at = coalesce(to_timestamp(g.due), x.due_at), unknowns = x.unknowns + g.unknown, updated_at = now(),
           sent_at = case when g.state in ('accepted', 'delivered', 'bundled') then coalesce(to_timestamp(g.began), now())
                          else x.sent_at end
    from given g where x.id = g.id
     and (x.state in ('pending', 'sending', 'unknown')
          or x.state = 'cancelled' and g.state in ('accepted', 'delivered', 'bundled'))
    returning x.id, x.entity, x.attempts, g.tried, x.state, x.detail, x.provider_id, x.claimed_by, g.began),
logged as (
    insert into rt.send_log (send, entity, kind, attempt, tried, state, detail, provider_id, host, started_at)
    select id, entity, 'attempt', attempts, tried, state, detail, provider_id, coalesce(claimed_by, ''),
           to_timestamp(began) from done
    returning position),
seal as (
    insert into rt.unsealed (source, positions)
    select 'send_log', array_agg(position order by position) from logged having count(*) > 0),
tell as (
    insert into rt.inbox (shard, entity, kind, dedup, body, halts, env_version)
    select t.shard, t.entity, t.kind, t.dedup, t.body::jsonb, t.halts, t.env from told t join done on done.id = t.id
    on conflict (shard, dedup) do nothing)
select x.id from rt.outbox x join given g on g.id = x.id;

-- name: recallable
select id, entity, shard, kind, channel, body, state, attempts, unknowns,
       extract(epoch from due_at)::float8 as due_at, provider_id, withdrawn, bundle
from rt.outbox
where entity = any(%(entities)s::text[]) and channel = any(%(channels)s::text[]) and state = 'accepted'
  and updated_at > now() - interval '1 hour'
  and bundle is null;   -- a message for several incidents goes on ringing for the others

-- name: newest_position
select coalesce(max(position), 0) from rt.journal;

-- name: health
-- Each part reads a partial index: cheap however many closed incidents there are.
select (select count(*) from rt.inbox where done_at is null),
       (select coalesce(extract(epoch from now() - received_at), 0)::float8 from rt.inbox
         where done_at is null order by id limit 1),
       (select count(*) from rt.timer where due_at < now() - interval '5 seconds'),
       (select count(*) from rt.host where expires_at > now() and not draining),
       (select count(*) from rt.quarantine),
       (select coalesce(json_object_agg(state, n), '{}') from (
            select state, count(*) as n from rt.outbox
             where state in ('pending', 'sending', 'unknown') group by state) live),
       (select count(*) from rt.shard s where s.id < 256
           and not exists (select from rt.host h where h.id = s.owner and h.expires_at > now()));

-- name: journal_after
select position, entity, seq, cause, kind, body, extract(epoch from at)::float8 as at
from rt.journal where position > %(position)s order by position limit %(limit)s;

-- name: private_shard
-- One private shard per entity of a kind with isolation="process"; ids start above the common 256.
with known as (select id from rt.shard where entity = %(entity)s),
made as (
    insert into rt.shard (id, entity)
    select (select greatest(255, max(id)) + 1 from rt.shard), %(entity)s where not exists (select from known)
    on conflict do nothing returning id)   -- either unique key: two entities may reach for the same next id
select id from known union all select id from made;

-- name: private_shards
select id, entity from rt.shard where entity is not null order by id;

-- name: sweep_inbox
-- Done rows are kept three days for de-duplication and for "what did the sender send?".
delete from rt.inbox where id in (
    select id from rt.inbox where done_at < now() - interval '3 days' limit %(limit)s);

-- name: seal
-- One sealer at a time by the advisory lock; one that comes with an old snapshot in between fails on the
-- primary key and has written nothing. The digests' text is written again in verify.sql, which must not trust this.
with turn as materialized (select pg_try_advisory_xact_lock(7733003) as mine),
head as materialized (select n, hash from rt.ledger order by n desc limit 1),
due as materialized (
    select id from (
        select id, sum(cardinality(positions)) over (order by id) - cardinality(positions) as before
        from (select * from rt.unsealed order by id limit 500) u) w
    where before < %(rows)s),
gone as (
    delete from rt.unsealed u using due, turn where u.id = due.id and turn.mine
    returning u.id, u.source, u.positions),
wanted as (select g.id, g.source, p as position from gone g, unnest(g.positions) as p),
fresh as (
    select w.id, w.source, w.position, sha256(convert_to(jsonb_build_array('journal', j.position, j.entity, j.seq,
               j.shard, j.epoch, j.cause, j.kind, j.body, (extract(epoch from j.at) * 1000000)::bigint)::text,
               'UTF8')) as digest
    from wanted w join rt.journal j on w.source = 'journal' and j.position = w.position
    union all
    select w.id, w.source, w.position, sha256(convert_to(jsonb_build_array('send_log', s.position, s.send, s.entity,
               s.kind, s.attempt, s.tried, s.state, s.detail, s.provider_id, s.host,
               (extract(epoch from s.started_at) * 1000000)::bigint, (extract(epoch from s.at) * 1000000)::bigint)::text,
               'UTF8'))
    from wanted w join rt.send_log s on w.source = 'send_log' and s.position = w.position),
chain as (
    select 0 as k, null as source, 0 as position, null::bytea as digest, hash as value from head
    union all
    select row_number() over (order by id, position), source, position, digest, digest from fresh),
linked as (select k, source, position, digest, rt.chained(value) over (order by k) as hash from chain),
put as (
    insert into rt.ledger (n, source, position, digest, hash)
    select head.n + k, source, position, digest, linked.hash from linked, head where k > 0
    returning n, hash)
select count(*), coalesce(max(n), 0), (select encode(hash, 'hex') from put order by n desc limit 1),
       exists (select from rt.unsealed u where not exists (select from gone where gone.id = u.id))
from put;
