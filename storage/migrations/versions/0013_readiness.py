"""What came in at each integration, by day: so that a silence longer than usual can be told."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "integration_days",
        sa.Column("integration_id", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("messages", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("longest_silence_s", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["integration_id"], ["integrations.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("integration_id", "day"),
    )
    # Of integrations that were there before, nothing is known from before.
    op.add_column(
        "integrations",
        sa.Column("counted_since", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
    )
