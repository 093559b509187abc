"""What hosts, gateways and the watchdog say of themselves, for one answer about the health of every part."""

from __future__ import annotations

from alembic import op

revision = "0030"
down_revision = "0022"
branch_labels = None
depends_on = None

STATEMENTS = """
alter table rt.host add column program text not null default '';

create table watch.gateway (                    -- written by each gateway every few seconds
    id             text primary key,            -- node and port
    program        text not null,
    started_at     timestamptz not null,
    at             timestamptz not null,
    spool_bytes    bigint not null,
    spool_oldest_s double precision not null,
    spool_problem  text not null,               -- '' or why it takes nothing
    listeners      integer not null,            -- consoles and other consumers of the live feed
    position       bigint not null,             -- newest event of the journal that they were given
    streams        boolean not null             -- whether events come from Valkey, not only from the journal
) with (fillfactor = 50);

alter table watch.state add column deadman_at timestamptz,   -- when the dead man's ping was last tried
                        add column deadman    text;          -- null: no URL is set; '': it arrived; else why not
create index ix_audit_at on audit (at);
"""


def upgrade() -> None:
    op.get_bind().exec_driver_sql(STATEMENTS)
