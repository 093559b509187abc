"""watch: what the watchdog writes for gateways to show, and indexes that answer its audit without the tables"""

from __future__ import annotations

from alembic import op

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None

# The audit counts what is late every two seconds, however many incidents are closed: each part must be answered by
# an index alone. Each new index replaces one that had the same key, so that no write costs one index more.
STATEMENTS = """
create index timer_due_new on rt.timer (due_at, shard) include (entity);
drop index rt.timer_due;
alter index rt.timer_due_new rename to timer_due;

create index inbox_undone_new on rt.inbox (id) include (received_at, entity) where done_at is null;
drop index rt.inbox_undone;
alter index rt.inbox_undone_new rename to inbox_undone;

create index outbox_live_new on rt.outbox (due_at, shard) include (state, claim_until)
    where state in ('pending', 'sending', 'unknown');
drop index rt.outbox_live;
alter index rt.outbox_live_new rename to outbox_live;

create schema watch;

create table watch.state (
    id       integer primary key check (id = 1),
    who      text not null,                     -- node and process of the watchdog that acts
    beat_at  timestamptz not null,
    findings jsonb not null                     -- [{check, count, since}], empty after a clean audit
) with (fillfactor = 50);

create table watch.canary (
    at      timestamptz primary key,
    seconds double precision,                   -- from the post to the receipt; null: it did not come through
    detail  text not null
);

create table watch.canary_bucket (              -- a Prometheus histogram: n observations of at most le seconds
    le      double precision primary key,
    n       bigint not null default 0,
    seconds double precision not null default 0
) with (fillfactor = 50);
insert into watch.canary_bucket (le) select unnest('{0.1,0.25,0.5,1,2.5,5,10,30,Infinity}'::float8[]);

create table watch.breaker (                    -- providers that a host does not send to now
    host     text not null,
    channel  text not null,
    provider text not null,
    state    text not null check (state in ('open', 'half-open')),
    why      text not null,
    since    timestamptz not null,
    at       timestamptz not null,
    primary key (host, channel, provider)
);
"""


def upgrade() -> None:
    op.get_bind().exec_driver_sql(STATEMENTS)
