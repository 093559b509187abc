"""What counts as flapping, per integration; {} is the usual, null is nothing."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010b"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("integrations", sa.Column("flapping", postgresql.JSONB(), server_default="{}", nullable=True))
