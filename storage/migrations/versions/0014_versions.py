"""The tree of configuration that was applied last."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "applied_tree",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("tree", postgresql.JSONB(), nullable=False),
        sa.Column("config_version", sa.BigInteger(), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("applied_by", sa.String(), nullable=False),
        sa.Column("lives_in", sa.String(), nullable=False),
        sa.Column("locked", postgresql.JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.CheckConstraint("id = 1"),
    )
