"""Maintenance; the time an integration gives incidents, and after which silence it resolves them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0009b"
down_revision = "0013"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "maintenance",
        sa.Column("id", sa.String(), primary_key=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("starts_at", TIME, nullable=False),
        sa.Column("ends_at", TIME, nullable=True),
        sa.Column("windows", JSONB(), nullable=False),
        sa.Column("integration_ids", JSONB(), nullable=False),
        sa.Column("service_ids", JSONB(), nullable=False),
        sa.Column("comment", sa.String(), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("created_at", TIME, server_default=sa.text("now()"), nullable=False),
    )
    op.add_column("integrations", sa.Column("wait_s", sa.Float(), server_default="0", nullable=False))
    op.add_column("integrations", sa.Column("auto_resolve_s", sa.Float(), nullable=True))
