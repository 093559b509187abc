"""Swap requests, time off, calendars in and out, hand-offs and shift notices."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base, Created


class TimeOffRow(Created, Base):
    """Somebody is away. It changes no schedule; see docs/rota.md."""

    __tablename__ = "time_off"

    id: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    note: Mapped[str]
    ask_cover: Mapped[bool]
    created_by: Mapped[str]
    cancelled_at: Mapped[datetime | None]


class SwapRow(Created, Base):
    """A request as in domain.swap.Swap. `history`: [{at, by, what}], oldest first; append only."""

    __tablename__ = "swap_requests"

    id: Mapped[str] = mapped_column(primary_key=True)
    schedule_id: Mapped[str] = mapped_column(ForeignKey("schedules.id", ondelete="CASCADE"), index=True)
    asker: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    return_starts_at: Mapped[datetime | None]
    return_ends_at: Mapped[datetime | None]
    asked: Mapped[list[Any]]
    note: Mapped[str]
    time_off_id: Mapped[str | None] = mapped_column(ForeignKey("time_off.id", ondelete="SET NULL"), index=True)
    state: Mapped[str]
    declined_by: Mapped[list[Any]]
    taken_by: Mapped[str | None]
    expires_at: Mapped[datetime]
    override_ids: Mapped[list[Any]]
    history: Mapped[list[Any]]

    __table_args__ = (Index("swap_requests_open", "expires_at", postgresql_where=text("state = 'open'")),)


class CalendarSourceRow(Created, Base):
    """A calendar that becomes a layer. `sealed`: its address; `body`: the last good copy.

    `good_at`: when the server last gave or confirmed a copy we could read. `next_at`: when to ask again; a gateway that
    asks moves it on first, so that only one does. `unknown`: [{text, events, first}].
    """

    __tablename__ = "calendar_sources"

    id: Mapped[str] = mapped_column(primary_key=True)
    schedule_id: Mapped[str] = mapped_column(ForeignKey("schedules.id", ondelete="CASCADE"))
    layer: Mapped[str]
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    people: Mapped[dict[str, Any]]
    every_s: Mapped[float]
    stale_after_s: Mapped[float]
    etag: Mapped[str] = mapped_column(server_default="")
    last_modified: Mapped[str] = mapped_column(server_default="")
    body: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    good_at: Mapped[datetime | None]
    changed_at: Mapped[datetime | None]
    checked_at: Mapped[datetime | None]
    next_at: Mapped[datetime]
    problem: Mapped[str] = mapped_column(server_default="")
    unknown: Mapped[list[Any]]

    __table_args__ = (UniqueConstraint("schedule_id", "layer"),)


class CalendarTokenRow(Created, Base):
    """Who knows the token reads one calendar. `kind`: user, schedule or team; `subject_id`: which."""

    __tablename__ = "calendar_tokens"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    kind: Mapped[str]
    subject_id: Mapped[str]
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    hint: Mapped[str]
    hash: Mapped[str] = mapped_column(unique=True)
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class HandoffRow(Base):
    """What happens at a schedule's hand-offs. `sealed`: the Slack bot token, or null."""

    __tablename__ = "schedule_handoffs"

    schedule_id: Mapped[str] = mapped_column(ForeignKey("schedules.id", ondelete="CASCADE"), primary_key=True)
    confirm_within_s: Mapped[float | None]
    slack_group: Mapped[str]
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)


class ShiftNoticesRow(Base):
    """What somebody wishes to hear of their shifts; no row: nothing."""

    __tablename__ = "shift_notices"

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    at_start: Mapped[bool]
    at_end: Mapped[bool]
    remind_before_s: Mapped[float | None]
    slack_user: Mapped[str]
