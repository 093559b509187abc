"""Silences: alerts that page nobody for a time."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0012"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def _of(name: str, other: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(), sa.ForeignKey(f"{other}.id", ondelete="CASCADE"), nullable=True)


def upgrade() -> None:
    op.create_table(
        "silences",
        sa.Column("id", sa.String(), primary_key=True),
        sa.Column("matchers", postgresql.JSONB(), nullable=False),
        _of("integration_id", "integrations"),
        _of("service_id", "services"),
        _of("team_id", "teams"),
        sa.Column("starts_at", TIME, nullable=False),
        sa.Column("ends_at", TIME, nullable=False),
        sa.Column("comment", sa.String(), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("created_at", TIME, server_default=sa.text("now()"), nullable=False),
    )
    op.create_index("ix_silences_ends_at", "silences", ["ends_at"])
