"""The organisation's vigil, and which policies follow it: those saved with what was the default until now.

Each policy keeps a copy of its vigil, so that hosts of the version before read it too.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0040"
down_revision = "0032"
branch_labels = None
depends_on = None

DEFAULT = (
    '{"grows_by": 3.0, "label": "", "severity": true, "timeout_s": 14400.0, "remind_before_s": 1800.0,'
    ' "shift_end": true, "gap_s": 600.0}'
)


def upgrade() -> None:
    op.add_column("settings", sa.Column("vigil", postgresql.JSONB(), nullable=True, server_default=sa.text(f"'{DEFAULT}'::jsonb")))
    op.add_column("policies", sa.Column("follows", sa.Boolean(), nullable=False, server_default=sa.text("false")))
    op.execute(f"update policies set follows = true where vigil = '{DEFAULT}'::jsonb")
