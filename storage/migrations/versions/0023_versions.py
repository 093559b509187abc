"""What the configuration said before: rows with the time for which they held, and which version each change made.

Triggers and the views of schema `past` follow the tables as they are now, so storage/migrate.py makes them anew after
every upgrade (storage/versioned.py).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0023"
down_revision = "0031"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "config_history",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("row_id", sa.String(), nullable=False),
        sa.Column("valid_from", TIME, nullable=False),
        sa.Column("valid_to", TIME, nullable=True),
        sa.Column("row", postgresql.JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "row_id", "valid_from"),
    )
    still = sa.text("valid_to is null")
    op.create_index("config_history_open", "config_history", ["kind", "row_id"], unique=True, postgresql_where=still)
    op.create_index("config_history_until", "config_history", ["kind", "valid_to"])
    for column in ("changed_at", "kept_since"):
        op.add_column("settings", sa.Column(column, TIME, server_default=sa.text("now()"), nullable=False))
    op.add_column("contact_methods", sa.Column("readable", sa.LargeBinary(), nullable=True))
    op.add_column("audit", sa.Column("config_version", sa.BigInteger(), nullable=True))
    op.create_unique_constraint("audit_config_version", "audit", ["config_version"])
    op.execute(
        "insert into audit (actor, action, subject, detail, at, config_version)"
        " select 'Sentinel', 'begin', 'history', '{}', kept_since, config_version from settings"
    )
