-- What was tried and what came of it (send_log), and the chain over journal and send log (ledger).
-- Why it is built so: docs/adr/0016-page-ledger.md. Applied by migration 0004.

alter table rt.outbox add column claimed_at timestamptz;

-- One row for every attempt of an effect and for every receipt of its provider. Append only.
create table rt.send_log (
    position    bigint generated always as identity primary key,
    send        text not null,         -- rt.outbox.id
    entity      text not null,
    kind        text not null check (kind in ('attempt', 'receipt')),
    attempt     integer not null,      -- from 1; 0 for a receipt
    tried       boolean,               -- whether the provider was called; null: its host ended before it said so
    state       text not null,
    detail      text not null,
    provider_id text,
    host        text not null,
    started_at  timestamptz,           -- when the attempt was claimed: nothing was sent before
    at          timestamptz not null default now()
);
create index send_log_send on rt.send_log (send);

-- Rows written by one statement and not sealed yet. Filled by that statement itself, so nothing is overlooked
-- however late it becomes visible, and two hosts never wait for each other.
create table rt.unsealed (
    id        bigint generated always as identity primary key,
    source    text not null,           -- 'journal' or 'send_log'
    positions bigint[] not null,
    at        timestamptz not null default now()
);

-- hash = sha256(hash before, digest); digest = sha256 of the row it speaks of. Entry 0 begins the chain.
create table rt.ledger (
    n         bigint primary key,
    source    text not null,
    position  bigint not null,
    digest    bytea not null,
    hash      bytea not null,
    sealed_at timestamptz not null default now()
);

insert into rt.ledger (n, source, position, digest, hash)
select 0, 'origin', 0, d, d from sha256(convert_to(gen_random_uuid()::text, 'UTF8')) as d;

create function rt.link(before bytea, digest bytea) returns bytea language sql immutable strict parallel safe
    as $$ select sha256(before || digest) $$;
-- Strict without a start value: the first value of the window is the hash that the others follow.
create aggregate rt.chained (bytea) (sfunc = rt.link, stype = bytea);

create function rt.refuse() returns trigger language plpgsql as $$
begin
    raise exception using errcode = 'restrict_violation',
        message = 'rt.' || tg_table_name || ' is append only: it is evidence of who was paged';
end $$;
create trigger append_only before update or delete or truncate on rt.journal
    for each statement execute function rt.refuse();
create trigger append_only before update or delete or truncate on rt.send_log
    for each statement execute function rt.refuse();
create trigger append_only before update or delete or truncate on rt.ledger
    for each statement execute function rt.refuse();

insert into rt.unsealed (source, positions)
select 'journal', array_agg(position order by position)
from (select position, row_number() over (order by position) / 500 as part from rt.journal) j
group by part order by part;
