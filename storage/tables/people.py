"""Users, teams and how to reach people."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from storage.tables.base import Base, Created


class UserRow(Created, Base):
    """A person. `password_hash` is Argon2id, null while only one-time sign-in is possible."""

    __tablename__ = "users"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    email: Mapped[str]
    role: Mapped[str]
    zone: Mapped[str] = mapped_column(server_default="UTC")
    active: Mapped[bool] = mapped_column(server_default="true")
    password_hash: Mapped[str | None]
    quiet_hours: Mapped[list[Any]] = mapped_column(server_default="[]")
    contacts: Mapped[list[ContactMethodRow]] = relationship(
        order_by="ContactMethodRow.position", cascade="all, delete-orphan", lazy="selectin"
    )
    rules: Mapped[list[NotificationRuleRow]] = relationship(
        order_by="NotificationRuleRow.position", cascade="all, delete-orphan", lazy="selectin"
    )

    __table_args__ = (Index("users_email", text("lower(email)"), unique=True),)


class ContactMethodRow(Created, Base):
    """One address of a person. `sealed` holds address and settings, encrypted (storage/sealed.py).

    `readable`: what of the address is shown, sealed by itself because it is kept longer (storage/contacts.py); null for
    what was saved before there was a history.
    `verified_at`: null while nobody has shown that the address is theirs. `code`: what was sent to it, sealed, until it
    came back; `code_tries`: answers so far.
    """

    __tablename__ = "contact_methods"

    id: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    channel: Mapped[str]
    label: Mapped[str]
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    readable: Mapped[bytes | None] = mapped_column(LargeBinary)
    enabled: Mapped[bool] = mapped_column(server_default="true")
    position: Mapped[int] = mapped_column(server_default="0")
    verified_at: Mapped[datetime | None]
    code: Mapped[bytes | None] = mapped_column(LargeBinary)
    code_sent_at: Mapped[datetime | None]
    code_tries: Mapped[int] = mapped_column(server_default="0")
    tested_at: Mapped[datetime | None]


class NotificationRuleRow(Base):
    """After `delay_s` use this contact method, for pages of this urgency."""

    __tablename__ = "notification_rules"

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    urgency: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    contact_method_id: Mapped[str] = mapped_column(ForeignKey("contact_methods.id", ondelete="CASCADE"))
    delay_s: Mapped[float]


class TeamRow(Created, Base):
    """People who own services together."""

    __tablename__ = "teams"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    members: Mapped[list[TeamMemberRow]] = relationship(cascade="all, delete-orphan", lazy="selectin")


class TeamMemberRow(Base):
    """Membership. An `owner` may change the team whatever their role."""

    __tablename__ = "team_members"

    team_id: Mapped[str] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    owner: Mapped[bool] = mapped_column(server_default="false")
