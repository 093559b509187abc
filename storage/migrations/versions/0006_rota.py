"""rota: swap requests, time off, calendars in and out, hand-offs and shift notices"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def _created() -> sa.Column[object]:
    return sa.Column("created_at", TIME, server_default=sa.text("now()"), nullable=False)


def _of(name: str, other: str, on_delete: str = "CASCADE", *, nullable: bool = False, primary_key: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.String(), sa.ForeignKey(f"{other}.id", ondelete=on_delete), nullable=nullable, primary_key=primary_key)


def upgrade() -> None:
    op.create_table(
        "time_off",
        sa.Column("id", sa.String(), primary_key=True),
        _of("user_id", "users"),
        sa.Column("starts_at", TIME, nullable=False),
        sa.Column("ends_at", TIME, nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("ask_cover", sa.Boolean(), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("cancelled_at", TIME),
        _created(),
    )
    op.create_index("ix_time_off_user_id", "time_off", ["user_id"])
    op.create_table(
        "swap_requests",
        sa.Column("id", sa.String(), primary_key=True),
        _of("schedule_id", "schedules"),
        _of("asker", "users"),
        sa.Column("starts_at", TIME, nullable=False),
        sa.Column("ends_at", TIME, nullable=False),
        sa.Column("return_starts_at", TIME),
        sa.Column("return_ends_at", TIME),
        sa.Column("asked", JSONB(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        _of("time_off_id", "time_off", "SET NULL", nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("declined_by", JSONB(), nullable=False),
        sa.Column("taken_by", sa.String()),
        sa.Column("expires_at", TIME, nullable=False),
        sa.Column("override_ids", JSONB(), nullable=False),
        sa.Column("history", JSONB(), nullable=False),
        _created(),
    )
    for column in ("schedule_id", "asker", "time_off_id"):
        op.create_index(f"ix_swap_requests_{column}", "swap_requests", [column])
    op.create_index("swap_requests_open", "swap_requests", ["expires_at"], postgresql_where=sa.text("state = 'open'"))
    op.create_table(
        "calendar_sources",
        sa.Column("id", sa.String(), primary_key=True),
        _of("schedule_id", "schedules"),
        sa.Column("layer", sa.String(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("people", JSONB(), nullable=False),
        sa.Column("every_s", sa.Float(), nullable=False),
        sa.Column("stale_after_s", sa.Float(), nullable=False),
        sa.Column("etag", sa.String(), server_default="", nullable=False),
        sa.Column("last_modified", sa.String(), server_default="", nullable=False),
        sa.Column("body", sa.LargeBinary()),
        sa.Column("good_at", TIME),
        sa.Column("changed_at", TIME),
        sa.Column("checked_at", TIME),
        sa.Column("next_at", TIME, nullable=False),
        sa.Column("problem", sa.String(), server_default="", nullable=False),
        sa.Column("unknown", JSONB(), nullable=False),
        _created(),
        sa.UniqueConstraint("schedule_id", "layer"),
    )
    op.create_table(
        "calendar_tokens",
        sa.Column("id", sa.String(), primary_key=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject_id", sa.String(), nullable=False),
        _of("user_id", "users"),
        sa.Column("hint", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False, unique=True),
        sa.Column("used_at", TIME),
        sa.Column("revoked_at", TIME),
        _created(),
    )
    op.create_index("ix_calendar_tokens_user_id", "calendar_tokens", ["user_id"])
    op.create_table(
        "schedule_handoffs",
        _of("schedule_id", "schedules", primary_key=True),
        sa.Column("confirm_within_s", sa.Float()),
        sa.Column("slack_group", sa.String(), nullable=False),
        sa.Column("sealed", sa.LargeBinary()),
    )
    op.create_table(
        "shift_notices",
        _of("user_id", "users", primary_key=True),
        sa.Column("at_start", sa.Boolean(), nullable=False),
        sa.Column("at_end", sa.Boolean(), nullable=False),
        sa.Column("remind_before_s", sa.Float()),
        sa.Column("slack_user", sa.String(), nullable=False),
    )
