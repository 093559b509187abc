"""The runtime's tables, as in runtime/sql/schema.sql."""

from __future__ import annotations

from importlib import resources

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.get_bind().exec_driver_sql((resources.files("runtime.sql") / "schema.sql").read_text(encoding="utf-8"))
