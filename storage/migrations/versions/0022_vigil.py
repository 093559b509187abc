"""What calls people again for an acknowledged incident; null for policies saved before: nothing does."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0022"
down_revision = "0010b"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("policies", sa.Column("vigil", postgresql.JSONB(), nullable=True))
