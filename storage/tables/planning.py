"""Schedules and escalation policies."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, func
from sqlalchemy.orm import Mapped, mapped_column, relationship

from storage.tables.base import Base, Created


class ScheduleRow(Created, Base):
    """`layers` as in domain.schedule.Layer. `overrides` and `temporaries` include those taken back."""

    __tablename__ = "schedules"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    zone: Mapped[str]
    team_id: Mapped[str | None] = mapped_column(ForeignKey("teams.id", ondelete="SET NULL"))
    layers: Mapped[list[Any]]
    overrides: Mapped[list[OverrideRow]] = relationship(
        order_by=lambda: _in_time(OverrideRow), cascade="all, delete-orphan", lazy="selectin"
    )
    temporaries: Mapped[list[TemporaryRow]] = relationship(
        order_by=lambda: _in_time(TemporaryRow), cascade="all, delete-orphan", lazy="selectin"
    )


def _in_time(table: type[OverrideRow] | type[TemporaryRow]) -> tuple[Any, ...]:
    """Those that start together as they were made: the same rows are always in the same order, in the past too."""
    return table.starts_at, table.created_at, table.id


class Removable(Created):
    """Made by somebody and perhaps taken back by somebody: the row stays, so that both can be told later."""

    created_by: Mapped[str] = mapped_column(server_default="")
    removed_at: Mapped[datetime | None]
    removed_by: Mapped[str | None]


class OverrideRow(Removable, Base):
    """As domain.schedule.Override. People are no foreign keys: what somebody did stays known when they are gone."""

    __tablename__ = "overrides"

    id: Mapped[str] = mapped_column(primary_key=True)
    schedule_id: Mapped[str] = mapped_column(ForeignKey("schedules.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(server_default="replace")
    user_id: Mapped[str | None]
    instead_of: Mapped[str | None]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    note: Mapped[str] = mapped_column(server_default="")


class TemporaryRow(Removable, Base):
    """As domain.schedule.Temporary."""

    __tablename__ = "temporary_schedules"

    id: Mapped[str] = mapped_column(primary_key=True)
    schedule_id: Mapped[str] = mapped_column(ForeignKey("schedules.id", ondelete="CASCADE"), index=True)
    name: Mapped[str]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    layers: Mapped[list[Any]]


class HolidayCalendarRow(Created, Base):
    """The holidays of a country (ISO 3166) and perhaps a subdivision of it, with `dates` and without `except_dates`."""

    __tablename__ = "holiday_calendars"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    country: Mapped[str | None]
    subdivision: Mapped[str | None]
    dates: Mapped[list[Any]]
    except_dates: Mapped[list[Any]]


class PolicyRow(Created, Base):
    """`steps` as in domain.policy.Step, `vigil` as in Vigil; `version` rises with every save.

    `follows`: its vigil is the organisation's, and changes with it.
    """

    __tablename__ = "policies"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    team_id: Mapped[str | None] = mapped_column(ForeignKey("teams.id", ondelete="SET NULL"))
    steps: Mapped[list[Any]]
    repeat: Mapped[int]
    version: Mapped[int]
    vigil: Mapped[dict[str, Any] | None]
    follows: Mapped[bool] = mapped_column(server_default="false", default=False)
    required_acknowledgements: Mapped[int] = mapped_column(default=1)


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
