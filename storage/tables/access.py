"""Keys, sessions and sign-in tokens: only hashes are stored."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, text
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
    """A signed-in browser. `id` names it to people; `device` and `address`: from where it signed in."""

    __tablename__ = "sessions"

    hash: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(unique=True, server_default=text("gen_random_uuid()::text"))
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    device: Mapped[str] = mapped_column(server_default="")
    address: Mapped[str] = mapped_column(server_default="")
    seen_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    expires_at: Mapped[datetime]


class InvitationRow(Created, Base):
    """A link that sets a password, once: for somebody new, or with `user_id` for somebody who is here."""

    __tablename__ = "invitations"

    id: Mapped[str] = mapped_column(primary_key=True)
    hash: Mapped[str] = mapped_column(unique=True)
    email: Mapped[str]
    name: Mapped[str]
    role: Mapped[str]
    team_ids: Mapped[list[Any]] = mapped_column(server_default="[]")
    user_id: Mapped[str | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    invited_by: Mapped[str]
    inviter_id: Mapped[str | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class SignInTokenRow(Created, Base):
    """One sign-in without a password; used once, soon."""

    __tablename__ = "sign_in_tokens"

    hash: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class PasswordResetRow(Created, Base):
    """A new password by mail; used once, within the hour. `asked_from`: network address of who asked for it."""

    __tablename__ = "password_resets"

    hash: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    asked_from: Mapped[str]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
