"""Time off entered, looked over and cancelled: finds the shifts in it and asks for cover (domain/cover.py).

Looked over again every half minute, because schedules change after time off was entered.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.calendar import utc
from domain.configuration import Configuration
from domain.cover import Uncovered, to_ask, uncovered
from domain.errors import Invalid
from domain.notify import reachable
from domain.oncall import shifts
from domain.rota import colleagues, concerns
from domain.schedule import Schedule
from domain.swap import Span, Swap, Withdraw
from gateway.services import Services
from gateway.swapping import Wish, ask, carry_out, poke_schedules, swap_from
from runtime.ids import new_id
from storage.changes import act
from storage.errors import Conflict, NotFound
from storage.swaps import away_between, database_now, lock_time_off, swap_of
from storage.tables import SwapRow, TimeOffRow

AHEAD_S = 400 * 86_400.0
ASK_MAX = 100
"""Requests made for one time off at a time; the next look makes the rest."""


@dataclass(frozen=True, slots=True)
class Shown:
    """Time off with what of it is uncovered from now on."""

    row: TimeOffRow
    uncovered: tuple[Uncovered, ...]


async def enter(gateway: Services, user: str, span: Span, note: str, ask_cover: bool, by: str) -> Shown:
    """New time off; cover is asked for in the same transaction."""
    ident = new_id()
    async with act(gateway.sessions, by, "create", f"time_off/{ident}", {"user_id": user}) as session:
        now = await database_now(session)
        if span.end <= now:
            raise Invalid("end", "This time off is over already.")
        row = TimeOffRow(
            id=ident,
            user_id=user,
            starts_at=utc(span.start),
            ends_at=utc(span.end),
            note=note,
            ask_cover=ask_cover,
            created_by=by,
        )
        session.add(row)
        await session.flush()
        await session.refresh(row)
        asked = await _ask(gateway, session, row, by, now) if ask_cover else []
        shown = await shown_of(gateway.config.current, session, row, now)
    poke_schedules(gateway, asked)
    return shown


async def requests_of(session: AsyncSession, row: TimeOffRow) -> list[Swap]:
    """Requests made for this time off, oldest first."""
    query = select(SwapRow).where(SwapRow.time_off_id == row.id).order_by(SwapRow.created_at, SwapRow.id)
    return [swap_of(r) for r in (await session.execute(query)).scalars()]


async def shown_of(config: Configuration, session: AsyncSession, row: TimeOffRow, now: float) -> Shown:
    """With what is uncovered from `now` on."""
    return Shown(row, tuple(await _pieces(config, row, await requests_of(session, row), now)))


async def _pieces(config: Configuration, row: TimeOffRow, requests: list[Swap], now: float) -> list[Uncovered]:
    """What is uncovered from `now` on, by start. In a thread: months of many schedules must not hold up alerts."""
    return await asyncio.to_thread(_found, config, row, requests, now)


def _found(config: Configuration, row: TimeOffRow, requests: list[Swap], now: float) -> list[Uncovered]:
    away = Span(max(row.starts_at.timestamp(), now), min(row.ends_at.timestamp(), now + AHEAD_S))
    if away.end <= away.start or row.cancelled_at is not None:
        return []
    found = [
        piece
        for schedule in config.schedules.values()
        if concerns(schedule, row.user_id)
        for piece in uncovered(schedule.id, shifts(schedule, away.start, away.end), row.user_id, away, requests)
    ]
    return sorted(found, key=lambda p: (p.span.start, p.schedule_id))


async def _ask(gateway: Services, session: AsyncSession, row: TimeOffRow, by: str, now: float) -> list[str]:
    """Requests for what nobody was asked for yet; answers the schedule of each."""
    config, requests = gateway.config.current, await requests_of(session, row)
    wanted = to_ask(await _pieces(config, row, requests, now), requests)
    made = []
    for schedule_id, span in wanted[:ASK_MAX]:
        schedule = config.schedules[schedule_id]
        people = await _present(session, config, schedule, span, row.user_id)
        wish = Wish(schedule_id, row.user_id, span.start, span.end, people, note=row.note, time_off_id=row.id)
        try:
            swap = swap_from(new_id(), wish, schedule, config, now)
        except Invalid:
            continue  # nobody there to ask: it is shown as uncovered, which is all that can be done
        await ask(gateway, session, swap, by, now)
        made.append(schedule_id)
    return made


async def _present(
    session: AsyncSession, config: Configuration, schedule: Schedule, span: Span, user: str
) -> tuple[str, ...]:
    """Colleagues who can be reached and are not away themselves."""
    away = {r.user_id for r in await away_between(session, span.start, span.end)}
    people = colleagues(schedule, config.users, config.teams)
    return tuple(u for u in people if u not in away and reachable(config.users[u]) and u != user)


async def cancel(gateway: Services, ident: str, by: str) -> None:
    """The person is there after all; open requests are withdrawn, what was taken stays taken. Raises NotFound."""
    async with act(gateway.sessions, by, "delete", f"time_off/{ident}") as session:
        row = await session.get(TimeOffRow, ident, with_for_update=True)
        if row is None or row.cancelled_at is not None:
            raise NotFound("time off", ident)
        row.cancelled_at = utc(await database_now(session))
        asked = [r.id for r in await requests_of(session, row) if r.state == "open"]
    for request in asked:
        try:
            await carry_out(gateway, request, Withdraw(by), by)
        except Conflict:
            continue  # taken or expired in between


async def look_over(gateway: Services) -> int:
    """Ask for what changes of schedules have put into somebody's time off since; answers how many were asked."""
    async with gateway.sessions() as session:
        now = await database_now(session)
        rows = [r.id for r in await away_between(session, now, now + AHEAD_S) if r.ask_cover]
    made = 0
    for ident in rows:
        asked: list[str] = []
        async with gateway.sessions() as session:
            await lock_time_off(session, [ident])
            row = await session.get(TimeOffRow, ident)
            if row is not None and row.cancelled_at is None:
                asked = await _ask(gateway, session, row, "time off", now)
            await session.commit()
        poke_schedules(gateway, asked)
        made += len(asked)
    return made
