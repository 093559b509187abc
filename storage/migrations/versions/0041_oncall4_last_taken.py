"""When an address last took a page is found at once: lint asks it of those that failed (storage/readiness.py)."""

from __future__ import annotations

from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "create index outbox_sent_to on rt.outbox ((body->>'contact_method_id'), sent_at) where sent_at is not null"
    )
