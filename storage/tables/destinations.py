"""Where an organisation has pages sent besides to people."""

from __future__ import annotations

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base, Created


class DestinationRow(Created, Base):
    """`sealed`: address, and settings of its channel."""

    __tablename__ = "destinations"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    sealed: Mapped[bytes]
    team_id: Mapped[str | None] = mapped_column(ForeignKey("teams.id", ondelete="SET NULL"))
