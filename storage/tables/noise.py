"""What keeps people from being paged."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base, Created


class MaintenanceRow(Created, Base):
    """Fields as in domain.configuration.Maintenance."""

    __tablename__ = "maintenance"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime | None]
    windows: Mapped[list[Any]]
    integration_ids: Mapped[list[Any]]
    service_ids: Mapped[list[Any]]
    comment: Mapped[str]
    created_by: Mapped[str]


class SilenceRow(Created, Base):
    """Fields as in domain.configuration.Silence. What is over stays, for who asks later."""

    __tablename__ = "silences"

    id: Mapped[str] = mapped_column(primary_key=True)
    matchers: Mapped[list[Any]]
    integration_id: Mapped[str | None] = mapped_column(ForeignKey("integrations.id", ondelete="CASCADE"))
    service_id: Mapped[str | None] = mapped_column(ForeignKey("services.id", ondelete="CASCADE"))
    team_id: Mapped[str | None] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime] = mapped_column(index=True)
    comment: Mapped[str]
    created_by: Mapped[str]
