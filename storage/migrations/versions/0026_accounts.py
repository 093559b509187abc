"""Sessions that can be told apart and ended, invitations, owners of teams, when a contact method was tested last."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0026"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    own = sa.Column("id", sa.String(), server_default=sa.text("gen_random_uuid()::text"), nullable=False)
    op.add_column("sessions", own)
    op.create_unique_constraint("sessions_id", "sessions", ["id"])
    op.create_index("ix_sessions_user_id", "sessions", ["user_id"])
    op.add_column("sessions", sa.Column("device", sa.String(), server_default="", nullable=False))
    op.add_column("sessions", sa.Column("address", sa.String(), server_default="", nullable=False))
    seen = sa.Column("seen_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False)
    op.add_column("sessions", seen)
    op.add_column("contact_methods", sa.Column("tested_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("team_members", sa.Column("owner", sa.Boolean(), server_default="false", nullable=False))
    op.create_table(
        "invitations",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("team_ids", postgresql.JSONB(), server_default="[]", nullable=False),
        sa.Column("user_id", sa.String(), nullable=True),
        sa.Column("invited_by", sa.String(), nullable=False),
        sa.Column("inviter_id", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["inviter_id"], ["users.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("hash"),
    )
