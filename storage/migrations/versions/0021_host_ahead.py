"""What a host counts more than the database's clock says: a host that starts after that was set counts alike."""

from __future__ import annotations

from alembic import op

revision = "0021"
down_revision = "0009b"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("alter table rt.host add column ahead double precision not null default 0")
