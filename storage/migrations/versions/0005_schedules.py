"""Overrides of three kinds that are kept when taken back, temporary schedules, holiday calendars.

Layers need no change: what is new in them has defaults that mean what it meant before.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def _made() -> list[sa.Column[Any]]:
    return [
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.String(), server_default="", nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("removed_by", sa.String(), nullable=True),
    ]


def upgrade() -> None:
    op.drop_constraint("overrides_user_id_fkey", "overrides", type_="foreignkey")
    op.alter_column("overrides", "user_id", nullable=True)
    op.add_column("overrides", sa.Column("kind", sa.String(), server_default="replace", nullable=False))
    op.add_column("overrides", sa.Column("instead_of", sa.String(), nullable=True))
    op.add_column("overrides", sa.Column("note", sa.String(), server_default="", nullable=False))
    for column in _made()[1:]:
        op.add_column("overrides", column)
    op.create_table(
        "temporary_schedules",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("schedule_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("layers", postgresql.JSONB(), nullable=False),
        *_made(),
        sa.ForeignKeyConstraint(["schedule_id"], ["schedules.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_temporary_schedules_schedule_id", "temporary_schedules", ["schedule_id"])
    op.create_table(
        "holiday_calendars",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("country", sa.String(), nullable=True),
        sa.Column("subdivision", sa.String(), nullable=True),
        sa.Column("dates", postgresql.JSONB(), nullable=False),
        sa.Column("except_dates", postgresql.JSONB(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )
