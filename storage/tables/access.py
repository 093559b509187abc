"""Keys, sessions and sign-in tokens: only hashes are stored."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base, Created


class ApiKeyRow(Created, Base):
    """`hash`: SHA-256 of the key; `scopes`: read, respond, configure, admin."""

    __tablename__ = "api_keys"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    hint: Mapped[str]
    hash: Mapped[str] = mapped_column(unique=True)
    scopes: Mapped[list[Any]]
    user_id: Mapped[str | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class IntegrationKeyRow(Created, Base):
    """A key that may post alerts to one integration and nothing else."""

    __tablename__ = "integration_keys"

    id: Mapped[str] = mapped_column(primary_key=True)
    integration_id: Mapped[str] = mapped_column(ForeignKey("integrations.id", ondelete="CASCADE"), index=True)
    hint: Mapped[str]
    hash: Mapped[str] = mapped_column(unique=True)
    revoked_at: Mapped[datetime | None]


class SessionRow(Created, Base):
    """A signed-in browser."""

    __tablename__ = "sessions"

    hash: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    expires_at: Mapped[datetime]


class SignInTokenRow(Created, Base):
    """One sign-in without a password; used once, soon."""

    __tablename__ = "sign_in_tokens"

    hash: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
