"""Services, the organisation's routing rules, and what integrations say about service, grouping and words."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "services",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("team_id", sa.String(), nullable=True),
        sa.Column("policy_id", sa.String(), nullable=True),
        sa.Column("tier", sa.Integer(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("runbook", sa.String(), nullable=False),
        sa.Column("links", postgresql.JSONB(), nullable=False),
        sa.Column("depends_on", postgresql.JSONB(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["policy_id"], ["policies.id"], ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )
    op.add_column("integrations", sa.Column("service_id", sa.String(), nullable=True))
    op.create_foreign_key(
        "integrations_service", "integrations", "services", ["service_id"], ["id"], ondelete="RESTRICT"
    )
    op.add_column("integrations", sa.Column("group_by_sender", sa.Boolean(), server_default="true", nullable=False))
    op.add_column("integrations", sa.Column("group_window_s", sa.Float(), nullable=True))
    op.add_column(
        "integrations", sa.Column("templates", postgresql.JSONB(), server_default="{}", nullable=False)
    )
    op.add_column("settings", sa.Column("routes", postgresql.JSONB(), server_default="[]", nullable=False))
    # What else is open among the services that an incident's service needs, or that need it.
    op.execute(
        "create index record_incident_service on rt.record ((facets->>'service_id'))"
        " where kind = 'incident' and (facets->>'open')::boolean"
    )
