"""What the configuration said before."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base


class KeptRow(Base):
    """A row of the table `kind` as it was from `valid_from` until `valid_to`, null: still. Written by triggers only.

    `row`: its columns, without what storage/versioned.py leaves out: nothing secret is ever here.
    """

    __tablename__ = "config_history"

    kind: Mapped[str] = mapped_column(primary_key=True)
    row_id: Mapped[str] = mapped_column(primary_key=True)
    valid_from: Mapped[datetime] = mapped_column(primary_key=True)
    valid_to: Mapped[datetime | None]
    row: Mapped[dict[str, Any]]

    __table_args__ = (
        Index("config_history_open", "kind", "row_id", unique=True, postgresql_where=text("valid_to is null")),
        Index("config_history_until", "kind", "valid_to"),
    )
