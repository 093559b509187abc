"""Heartbeats, and since when gateways listen."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base, Created


class HeartbeatRow(Created, Base):
    """As domain.expected.Heartbeat. `hash`: SHA-256 of the key in the address that is pinged."""

    __tablename__ = "heartbeats"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    period_s: Mapped[float | None]
    cron: Mapped[str]
    zone: Mapped[str]
    grace_s: Mapped[float]
    policy_id: Mapped[str] = mapped_column(ForeignKey("policies.id", ondelete="RESTRICT"))
    team_id: Mapped[str | None] = mapped_column(ForeignKey("teams.id", ondelete="SET NULL"))
    service_id: Mapped[str | None] = mapped_column(ForeignKey("services.id", ondelete="RESTRICT"))
    severity: Mapped[str]
    hint: Mapped[str]
    hash: Mapped[str] = mapped_column(unique=True)


class ListeningRow(Base):
    """One row: when a gateway last said that it can take pings."""

    __tablename__ = "listening"

    id: Mapped[int] = mapped_column(primary_key=True)
    seen_at: Mapped[datetime]
