"""The send log, the chain over it and the journal, and what schedules said before they were changed."""

from __future__ import annotations

from importlib import resources

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.get_bind().exec_driver_sql((resources.files("runtime.sql") / "ledger.sql").read_text(encoding="utf-8"))
    op.create_table(
        "schedule_versions",
        sa.Column("schedule_id", sa.String(), nullable=False),
        sa.Column("config_version", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("definition", postgresql.JSONB(), nullable=True),
        sa.Column("saved_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("schedule_id", "config_version"),
    )
    op.execute(EXISTING)


# Schedules older than this table: their history begins now.
EXISTING = """
insert into schedule_versions (schedule_id, config_version, definition)
select s.id, (select config_version from settings), jsonb_build_object(
    'id', s.id, 'name', s.name, 'zone', s.zone, 'team_id', s.team_id, 'layers', s.layers,
    'overrides', coalesce((
        select jsonb_agg(jsonb_build_object(
            'id', o.id, 'user', o.user_id, 'start', extract(epoch from o.starts_at),
            'end', extract(epoch from o.ends_at), 'created_at', extract(epoch from o.created_at)))
        from overrides o where o.schedule_id = s.id), '[]'))
from schedules s
"""
