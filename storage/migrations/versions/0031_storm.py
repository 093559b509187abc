"""Which message carried a page together with others, and how long it waited for them."""

from __future__ import annotations

from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("alter table rt.outbox add column bundle text, add column held_s double precision not null default 0")
    op.execute("create index outbox_bundle on rt.outbox (bundle) where bundle is not null")
