"""How many people must acknowledge; one, as ever, for policies saved before."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("policies", sa.Column("required_acknowledgements", sa.Integer(), nullable=False, server_default="1"))
