"""Integrations, organisation settings and the audit log."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Identity, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base, Created


class IntegrationRow(Created, Base):
    """Where alerts come in."""

    __tablename__ = "integrations"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    type: Mapped[str]
    policy_id: Mapped[str] = mapped_column(ForeignKey("policies.id", ondelete="RESTRICT"))
    team_id: Mapped[str | None] = mapped_column(ForeignKey("teams.id", ondelete="SET NULL"))
    default_severity: Mapped[str]
    routes: Mapped[list[Any]]
    group_by: Mapped[list[Any]]
    service_id: Mapped[str | None] = mapped_column(ForeignKey("services.id", ondelete="RESTRICT"))
    group_by_sender: Mapped[bool] = mapped_column(server_default="true")
    group_window_s: Mapped[float | None]
    templates: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    flapping: Mapped[dict[str, Any] | None] = mapped_column(server_default="{}")
    counted_since: Mapped[datetime] = mapped_column(server_default=func.now())
    wait_s: Mapped[float] = mapped_column(server_default="0")
    auto_resolve_s: Mapped[float | None]


class IntegrationDayRow(Base):
    """What came in on one day, in UTC. `longest_silence_s`: that ended on that day, in seconds."""

    __tablename__ = "integration_days"

    integration_id: Mapped[str] = mapped_column(ForeignKey("integrations.id", ondelete="CASCADE"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    messages: Mapped[int] = mapped_column(BigInteger)
    last_at: Mapped[datetime]
    longest_silence_s: Mapped[float]


class SettingsRow(Base):
    """One row. `config_version` rises with every saved change of configuration; `changed_at`: when it last did.

    `routes`: the organisation's rules; `vigil`: the one of policies that follow it. `kept_since`: what was said from
    then on is known (storage/versioned.py).
    """

    __tablename__ = "settings"

    id: Mapped[int] = mapped_column(primary_key=True)
    config_version: Mapped[int] = mapped_column(BigInteger)
    last_resort: Mapped[list[Any]]
    routes: Mapped[list[Any]] = mapped_column(server_default="[]")
    vigil: Mapped[dict[str, Any] | None]
    changed_at: Mapped[datetime] = mapped_column(server_default=func.now())
    kept_since: Mapped[datetime] = mapped_column(server_default=func.now())


class AppliedRow(Base):
    """One row, once a tree was applied: what of it is stored (gateway/tree/export.py), by whom, and where it is kept.

    `locked`: sections that only a tree may change.
    """

    __tablename__ = "applied_tree"

    id: Mapped[int] = mapped_column(primary_key=True)
    tree: Mapped[dict[str, Any]]
    config_version: Mapped[int] = mapped_column(BigInteger)
    applied_at: Mapped[datetime] = mapped_column(server_default=func.now())
    applied_by: Mapped[str]
    lives_in: Mapped[str]
    locked: Mapped[list[Any]]


class AuditRow(Base):
    """Who changed what. Append only; no secrets. `config_version`: of the configuration that the change made."""

    __tablename__ = "audit"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    at: Mapped[datetime] = mapped_column(server_default=func.now(), index=True)
    actor: Mapped[str]
    action: Mapped[str]
    subject: Mapped[str]
    detail: Mapped[dict[str, Any]]
    config_version: Mapped[int | None] = mapped_column(BigInteger)

    __table_args__ = (UniqueConstraint("config_version", name="audit_config_version"),)
