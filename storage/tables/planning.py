"""Schedules and escalation policies."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, func
from sqlalchemy.orm import Mapped, mapped_column, relationship

from storage.tables.base import Base, Created


class ScheduleRow(Created, Base):
    """`layers` as in domain.schedule.Layer."""

    __tablename__ = "schedules"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    zone: Mapped[str]
    team_id: Mapped[str | None] = mapped_column(ForeignKey("teams.id", ondelete="SET NULL"))
    layers: Mapped[list[Any]]
    overrides: Mapped[list[OverrideRow]] = relationship(
        order_by="OverrideRow.starts_at", cascade="all, delete-orphan", lazy="selectin"
    )


class OverrideRow(Created, Base):
    """Somebody else on call for a while, end exclusive."""

    __tablename__ = "overrides"

    id: Mapped[str] = mapped_column(primary_key=True)
    schedule_id: Mapped[str] = mapped_column(ForeignKey("schedules.id", ondelete="CASCADE"), index=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]


class PolicyRow(Created, Base):
    """`steps` as in domain.policy.Step; `version` rises with every save."""

    __tablename__ = "policies"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    team_id: Mapped[str | None] = mapped_column(ForeignKey("teams.id", ondelete="SET NULL"))
    steps: Mapped[list[Any]]
    repeat: Mapped[int]
    version: Mapped[int]


class PolicyVersionRow(Base):
    """What a policy said at a version; incidents name the version they froze."""

    __tablename__ = "policy_versions"

    policy_id: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    definition: Mapped[dict[str, Any]]
    saved_at: Mapped[datetime] = mapped_column(server_default=func.now())
    saved_by: Mapped[str]


class ScheduleVersionRow(Base):
    """A schedule with its overrides as saved at this version of the configuration; null: it was deleted."""

    __tablename__ = "schedule_versions"

    schedule_id: Mapped[str] = mapped_column(primary_key=True)
    config_version: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    definition: Mapped[dict[str, Any] | None]
    saved_at: Mapped[datetime] = mapped_column(server_default=func.now())
