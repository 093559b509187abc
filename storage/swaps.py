"""Swap requests and time off as rows. Who may do what, and what follows, is decided elsewhere."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, cast

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.calendar import utc
from domain.swap import Change, Span, Swap
from runtime.ids import new_id
from storage.errors import NotFound
from storage.tables import OverrideRow, ScheduleRow, SwapRow, TimeOffRow, UserRow


def swap_of(row: SwapRow) -> Swap:
    """A request."""
    back = None
    if row.return_starts_at is not None and row.return_ends_at is not None:
        back = Span(row.return_starts_at.timestamp(), row.return_ends_at.timestamp())
    return Swap(
        id=row.id,
        schedule_id=row.schedule_id,
        asker=row.asker,
        span=Span(row.starts_at.timestamp(), row.ends_at.timestamp()),
        asked=tuple(row.asked),
        expires_at=row.expires_at.timestamp(),
        in_return=back,
        note=row.note,
        time_off_id=row.time_off_id,
        state=cast(Any, row.state),
        declined_by=tuple(row.declined_by),
        taken_by=row.taken_by,
    )


def row_of(swap: Swap, by: str, now: float) -> SwapRow:
    """A new row."""
    back = swap.in_return
    return SwapRow(
        id=swap.id,
        schedule_id=swap.schedule_id,
        asker=swap.asker,
        starts_at=utc(swap.span.start),
        ends_at=utc(swap.span.end),
        return_starts_at=utc(back.start) if back is not None else None,
        return_ends_at=utc(back.end) if back is not None else None,
        asked=list(swap.asked),
        note=swap.note,
        time_off_id=swap.time_off_id,
        state=swap.state,
        declined_by=[],
        taken_by=None,
        expires_at=utc(swap.expires_at),
        override_ids=[],
        history=[{"at": now, "by": by, "what": "asked"}],
    )


def write(row: SwapRow, swap: Swap, by: str, now: float, what: str) -> None:
    """The row as the request is now, with what happened."""
    row.state, row.declined_by, row.taken_by = swap.state, list(swap.declined_by), swap.taken_by
    row.history = [*row.history, {"at": now, "by": by, "what": what}]


async def database_now(session: AsyncSession) -> float:
    """UTC epoch seconds by the database's clock, of this moment."""
    found = await session.execute(select(func.extract("epoch", func.clock_timestamp())))
    return float(found.scalar_one())


async def locked_swap(session: AsyncSession, ident: str) -> SwapRow:
    """The row, until the end of the transaction nobody else's. Raises NotFound."""
    query = select(SwapRow).where(SwapRow.id == ident).with_for_update()
    row = (await session.execute(query)).scalar_one_or_none()
    if row is None:
        raise NotFound("swap request", ident)
    return row


async def locked_schedule(session: AsyncSession, ident: str) -> ScheduleRow:
    """The schedule, whose shifts nobody else changes until the end of the transaction. Raises NotFound."""
    row = await session.get(ScheduleRow, ident, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound("schedule", ident)
    return row


async def overdue(session: AsyncSession, limit: int) -> list[str]:
    """Ids of open requests that have expired."""
    query = select(SwapRow.id).where(SwapRow.state == "open", SwapRow.expires_at <= func.now())
    return list((await session.execute(query.order_by(SwapRow.expires_at).limit(limit))).scalars())


async def open_swaps(session: AsyncSession, asker: str) -> list[SwapRow]:
    """Open requests of a person."""
    query = select(SwapRow).where(SwapRow.asker == asker, SwapRow.state == "open")
    return list((await session.execute(query)).scalars())


async def away_between(
    session: AsyncSession, start: float, end: float, known_at: datetime | None = None
) -> list[TimeOffRow]:
    """Time off of active people that reaches into a window, by start; what was entered by `known_at`, None: now."""
    entered = (
        (TimeOffRow.cancelled_at.is_(None),)
        if known_at is None
        else (
            TimeOffRow.created_at <= known_at,
            TimeOffRow.cancelled_at.is_(None) | (TimeOffRow.cancelled_at > known_at),
        )
    )
    query = (
        select(TimeOffRow)
        .join(UserRow, UserRow.id == TimeOffRow.user_id)
        .where(*entered, UserRow.active)
        .where(TimeOffRow.starts_at < utc(end), TimeOffRow.ends_at > utc(start))
        .order_by(TimeOffRow.starts_at, TimeOffRow.id)
    )
    return list((await session.execute(query)).scalars())


async def lock_time_off(session: AsyncSession, idents: Iterable[str]) -> None:
    """Nobody else asks for cover for these until the end of the transaction."""
    query = select(TimeOffRow.id).where(TimeOffRow.id.in_(list(idents))).order_by(TimeOffRow.id).with_for_update()
    await session.execute(query)


def overrides(swap_id: str, schedule_id: str, changes: Iterable[Change], by: str) -> list[OverrideRow]:
    """One row for each change."""
    return [
        OverrideRow(
            id=new_id(),
            schedule_id=schedule_id,
            kind="replace",
            user_id=change.user,
            instead_of=change.instead_of,
            starts_at=utc(change.start),
            ends_at=utc(change.end),
            created_by=by,
            note=f"swap request {swap_id}",
        )
        for change in changes
    ]
