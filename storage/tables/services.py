"""What is run, by whom, and what it needs."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base, Created


class ServiceRow(Created, Base):
    """`links` and `depends_on` as in domain.service.Service."""

    __tablename__ = "services"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    team_id: Mapped[str | None] = mapped_column(ForeignKey("teams.id", ondelete="SET NULL"))
    policy_id: Mapped[str | None] = mapped_column(ForeignKey("policies.id", ondelete="RESTRICT"))
    tier: Mapped[int]
    description: Mapped[str]
    runbook: Mapped[str]
    links: Mapped[list[Any]]
    depends_on: Mapped[list[Any]]
