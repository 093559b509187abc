-- Named statements of the watchdog; parameters are %(name)s. Loaded by watchdog/audit.py.

-- name: limits
-- Nothing of ours waits for long, and a frozen watchdog loses its session and so its lock.
select set_config(name, value, false) from pg_settings join (values ('statement_timeout', '3000'),
    ('lock_timeout', '1000'), ('jit', 'off'), ('idle_session_timeout', '30000')) v (name, value) using (name);

-- name: counts
-- What is late, each part by an index alone; quarantined entities are late by intent and counted apart.
select
  (select count(*) from rt.timer t where t.due_at < now() - make_interval(secs => %(timers)s)
      and not exists (select from rt.quarantine q where q.entity = t.entity)) as "timers-overdue",
  (select count(*) from rt.inbox i where i.done_at is null and i.received_at < now() - make_interval(secs => %(inbox)s)
      and not exists (select from rt.quarantine q where q.entity = i.entity)) as "inbox-unprocessed",
  (select count(*) from rt.outbox where state in ('pending', 'sending', 'unknown')
      and due_at < now() - make_interval(secs => %(sends)s)
      and (state <> 'sending' or claim_until < now() - make_interval(secs => %(sends)s))) as "pages-unsent",
  (select count(*) from rt.shard s left join rt.host h on h.id = s.owner
    where s.id < 256 and coalesce(h.expires_at < now() - make_interval(secs => %(shards)s), true)) as "shards-unowned",
  (select count(*) from rt.quarantine) as "entities-quarantined",
  (select count(*) from watch.state where now() - greatest((select max(at) from watch.canary where seconds is not null),
      to_timestamp(%(began)s)) > make_interval(secs => %(canary)s)) as "canary-late";

-- name: beat
-- The sign of life that gateways show.
insert into watch.state (id, who, beat_at, findings) values (1, %(who)s, now(), %(findings)s)
on conflict (id) do update set who = excluded.who, beat_at = excluded.beat_at, findings = excluded.findings;

-- name: pinged
-- Whether the outside was told that all is well. Null: nobody outside is to be told.
update watch.state set deadman_at = case when %(why)s::text is not null then now() end, deadman = %(why)s where id = 1;

-- name: due
-- Incidents for which something that should have reached a human is late and nobody has them. By `<line>-0` we mean the
-- incident of a line that is not processed yet.
with late as (
    select t.entity, t.shard, t.due_at as since, null as title, null as severity from rt.timer t
     where t.due_at < now() - make_interval(secs => %(after)s) and t.entity like 'incident/%%'
       and not exists (select from rt.quarantine q where q.entity = t.entity)
       and not (t.name = 'hold' and exists ( -- only to be looked at: nobody is to be paged before `until`
               select from rt.record h where h.entity = t.entity and h.facets->>'status' = 'suppressed'
                  and (h.body->'suppression'->>'until')::float8 > extract(epoch from now())))
    union all
    select o.entity, o.shard, o.due_at, o.body->>'subject', o.body->>'severity' from rt.outbox o
     where o.state in ('pending', 'sending', 'unknown') and o.due_at < now() - make_interval(secs => %(after)s)
       and (o.state <> 'sending' or o.claim_until < now()) and not o.withdrawn
    union all
    select i.entity, i.shard, i.received_at, f.alert->>'title', f.alert->>'severity'
      from rt.inbox i, jsonb_path_query_first(i.body, '$.events[*] ? (@.status == "firing")') f (alert)
     where i.done_at is null and i.received_at < now() - make_interval(secs => %(after)s)
       and i.kind = 'AlertsReceived' and i.body->>'integration_id' <> %(canary)s and f.alert is not null
       and not exists (select from rt.quarantine q where q.entity = i.entity)),
due as (
    select entity, min(shard) as shard, min(since) as since, min(title) as title, min(severity) as severity from late
     where not exists (select from rt.inbox m where m.entity = late.entity and m.done_at is null and m.halts)
       and not exists (select from rt.outbox w where w.entity = late.entity and w.kind = 'last_resort'
                          and w.state <> 'failed' and w.created_at > now() - interval '10 minutes')
     group by entity order by min(since) limit 200)
select due.entity, due.shard, extract(epoch from now())::float8 as now,
       to_char(due.since at time zone 'UTC', 'HH24:MI:SS') as since,
       coalesce(r.id, split_part(due.entity, '/', 2) || '-0') as incident,
       coalesce(r.body->>'title', due.title, due.entity) as title,
       upper(coalesce(r.body->>'severity', due.severity, 'critical')) as severity
  from due
  left join lateral (select body->>'episode' as episode from rt.journal j
                      where j.entity = due.entity order by seq desc limit 1) j on true
  left join rt.record r on r.id = split_part(due.entity, '/', 2) || '-' || j.episode and (r.facets->>'open')::bool
 where r.id is null or (r.facets->>'status' <> 'acknowledged' and r.facets->>'integration_id' <> %(canary)s)
 order by due.since;

-- name: people
-- Everybody who can be reached; `named`: the last resort, schedules in it with all their people (a page too many).
select c.id, u.id as user_id, u.name, c.channel, c.label, c.sealed, exists (
           select from settings, jsonb_array_elements(last_resort) t
             left join schedules s on t->>'kind' = 'schedule' and s.id = t->>'id'
            where t->>'id' = u.id
               or jsonb_path_exists(s.layers, '$[*].rotation.users[*] ? (@ == $u)', jsonb_build_object('u', u.id))
               or exists (select from overrides o where o.schedule_id = s.id and o.user_id = u.id
                             and now() between o.starts_at and o.ends_at)) as named
  from users u join contact_methods c on c.user_id = u.id and c.enabled
 where u.active and u.id <> %(canary)s order by u.name, c.position;

-- name: record
-- After the sending. No host claims this kind, and its state is final.
insert into rt.outbox (id, entity, shard, kind, channel, grp, body, state, attempts, due_at, detail, sent_at)
values (%(id)s, %(entity)s, %(shard)s, 'last_resort', %(channel)s, 'watchdog', %(body)s, %(state)s, 1, now(),
        'by the watchdog: ' || %(detail)s, case when %(state)s <> 'failed' then now() end)
on conflict (id) do nothing;

-- name: pages
-- What became of the pages of this canary.
select count(*) as pages, count(*) filter (where state in ('accepted', 'delivered')) as sent,
       extract(epoch from max(sent_at))::float8 as sent_at,
       string_agg(channel || ': ' || detail, '; ') filter (where state = 'failed') as failed
  from rt.outbox where entity = %(entity)s and created_at >= to_timestamp(%(began)s);
