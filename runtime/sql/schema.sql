-- Tables of the actor runtime, in a schema of their own. What each is for: runtime/store.py.
-- now() is written unqualified everywhere, so that a test may put its own clock in front.

create schema if not exists rt;

create table rt.shard (
    id       integer primary key,
    epoch    bigint  not null default 0,
    owner    text,
    crashes  integer not null default 0,
    suspect  text,
    entity   text unique              -- set for private shards (id >= 256): the one entity that lives there
) with (fillfactor = 50);

insert into rt.shard (id) select generate_series(0, 255);

create table rt.host (
    id         text primary key,
    slot       text not null,
    node       text not null,
    started_at timestamptz not null,
    expires_at timestamptz not null,
    draining   boolean not null,
    weight     double precision not null
) with (fillfactor = 50);

create table rt.entity (
    id         text primary key,
    kind       text not null,
    shard      integer not null,
    seq        bigint not null,
    version    integer not null,
    state      bytea not null,
    closed_at  timestamptz,
    updated_at timestamptz not null
) with (fillfactor = 80);

create table rt.journal (
    position bigint generated always as identity,
    entity   text not null,
    seq      bigint not null,
    shard    integer not null,
    epoch    bigint not null,
    cause    text not null,
    kind     text not null,
    body     jsonb not null,
    at       timestamptz not null,
    primary key (entity, seq)
);
create index journal_position on rt.journal (position);

create table rt.timer (
    entity text not null,
    name   text not null,
    shard  integer not null,
    gen    bigint not null,
    due_at timestamptz not null,
    primary key (entity, name)
) with (fillfactor = 80);
create index timer_due on rt.timer (due_at, shard);

create table rt.inbox (
    id          bigint generated always as identity primary key,
    shard       integer not null,
    entity      text not null,
    kind        text not null,
    dedup       text not null,
    body        jsonb not null,
    halts       boolean not null,
    env_version bigint not null,
    received_at timestamptz not null default now(),
    done_at     timestamptz,
    reply       jsonb,
    unique (shard, dedup)
) with (fillfactor = 80);
create index inbox_undone on rt.inbox (id) where done_at is null;
create index inbox_halting on rt.inbox (entity) where done_at is null and halts;
create index inbox_done on rt.inbox (done_at) where done_at is not null;

create table rt.outbox (
    id          text primary key,
    entity      text not null,
    shard       integer not null,
    kind        text not null,
    channel     text not null,
    grp         text not null,
    body        jsonb not null,
    state       text not null check (state in ('pending', 'sending', 'accepted', 'delivered', 'failed',
                                               'unknown', 'cancelled', 'bundled')),
    attempts    integer not null default 0,
    unknowns    integer not null default 0,
    due_at      timestamptz not null,
    claimed_by  text,
    claim_until timestamptz,
    provider_id text,
    withdrawn   boolean not null default false,
    detail      text not null default '',
    created_at  timestamptz not null default now(),
    sent_at     timestamptz,
    updated_at  timestamptz not null default now()
) with (fillfactor = 70);
create index outbox_live on rt.outbox (due_at, shard) where state in ('pending', 'sending', 'unknown');
create index outbox_entity on rt.outbox (entity, created_at);
create index outbox_recent on rt.outbox (created_at desc, id desc);

create table rt.record (
    id     text primary key,
    kind   text not null,
    entity text not null,
    rev    bigint not null,
    facets jsonb not null,
    body   jsonb not null,
    at     timestamptz not null
) with (fillfactor = 80);

create table rt.quarantine (
    entity text primary key,
    reason text not null,
    at     timestamptz not null default now()
);
