"""Swap requests carried out: decided by domain/swap.py, written with overrides, history and notices in one transaction.

Taking one holds its row and its schedule: of two who take it at the same moment one is told that it is gone, and the
schedule is looked at as it is then. If that does not allow it (any more), nothing at all is changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from domain.configuration import Configuration
from domain.errors import Invalid
from domain.notices import Notice, NoticesWanted
from domain.notify import reachable
from domain.oncall import shifts
from domain.rota import colleagues
from domain.schedule import Schedule, Shift
from domain.swap import (
    MAX_OPEN,
    Change,
    Command,
    Event,
    Expire,
    Expired,
    Span,
    Swap,
    Take,
    Taken,
    apply,
    changes,
    check,
    decide,
)
from domain.swap_words import Names, asked, told
from gateway.schedule_news import changed
from gateway.services import Services
from runtime.ids import EntityId, new_id, shard_of
from storage.changes import act, change
from storage.configuration import calendars, schedule_of
from storage.errors import Conflict, NotFound
from storage.mail import tell
from storage.swaps import (
    database_now,
    locked_schedule,
    locked_swap,
    open_swaps,
    overdue,
    overrides,
    row_of,
    swap_of,
    write,
)
from storage.tables import SwapRow

WORDS = {"Taken": "taken", "Declined": "declined", "Withdrawn": "withdrawn", "Expired": "expired"}


@dataclass(frozen=True, slots=True)
class Wish:
    """A request before it is checked. `asked` None: everybody who takes part, and the team."""

    schedule_id: str
    asker: str
    start: float
    end: float
    asked: tuple[str, ...] | None = None
    in_return: Span | None = None
    expires_at: float | None = None
    note: str = ""
    time_off_id: str | None = None


def names_of(config: Configuration, schedule_id: str) -> Names:
    """How to speak about a schedule."""
    schedule = config.schedules.get(schedule_id)
    return Names(
        people={u.id: u.name for u in config.users.values()},
        zones={u.id: u.zone for u in config.users.values()},
        schedule=schedule.name if schedule is not None else schedule_id,
        zone=schedule.zone if schedule is not None else "UTC",
    )


async def schedule_now(session: AsyncSession, schedule_id: str) -> Schedule:
    """The schedule as this transaction sees it, held until its end."""
    return schedule_of(await locked_schedule(session, schedule_id), await calendars(session))


def line_of(schedule: Schedule, wanted: Sequence[Change]) -> list[Shift]:
    """The resolver's line over all changes."""
    return shifts(schedule, min(c.start for c in wanted), max(c.end for c in wanted))


async def ask(gateway: Services, session: AsyncSession, swap: Swap, by: str, now: float) -> SwapRow:
    """Save a request that was checked, and tell those who are asked."""
    row = row_of(swap, by, now)
    session.add(row)
    await session.flush()
    notices = asked(swap, names_of(gateway.config.current, swap.schedule_id), gateway.settings.url)
    await _notify(session, swap.schedule_id, notices, f"{swap.id}:asked")
    return row


async def _notify(session: AsyncSession, schedule_id: str, notices: Sequence[Notice], dedup: str) -> None:
    """Have the schedule tell people, once this transaction is committed."""
    if notices:
        await tell(session, EntityId("schedule", schedule_id), NoticesWanted(tuple(notices)), dedup)


def poke_schedules(gateway: Services, schedule_ids: Iterable[str]) -> None:
    """Call after the commit of what they are to tell people."""
    if shards := {shard_of(EntityId("schedule", ident)) for ident in schedule_ids}:
        gateway.poker.poke(shards)


async def new_request(gateway: Services, wish: Wish, by: str) -> SwapRow:
    """A new request. Raises Invalid naming the field, NotFound, or Conflict."""
    detail = {"schedule_id": wish.schedule_id, "asker": wish.asker}
    ident = new_id()
    async with act(gateway.sessions, by, "create", f"swap_request/{ident}", detail) as session:
        schedule = await schedule_now(session, wish.schedule_id)
        if len(await open_swaps(session, wish.asker)) >= MAX_OPEN:
            raise Conflict(f"{MAX_OPEN} requests of this person are open already; withdraw some.")
        now = await database_now(session)
        row = await ask(gateway, session, swap_from(ident, wish, schedule, gateway.config.current, now), by, now)
    poke_schedules(gateway, [wish.schedule_id])
    return row


def swap_from(ident: str, wish: Wish, schedule: Schedule, config: Configuration, now: float) -> Swap:
    """The request a wish becomes. Raises Invalid."""
    span = Span(max(wish.start, now), wish.end)
    if span.end <= span.start:
        raise Invalid("end", "The shift must end after it starts, and in the future.")
    latest = span.end if wish.in_return is None else min(wish.start, wish.in_return.start)
    expires_at = latest if wish.expires_at is None else min(wish.expires_at, latest)
    if expires_at <= now:
        detail = "The request would have expired already; an exchange must be taken before either shift begins."
        raise Invalid("expires_at" if wish.expires_at is not None else "start", detail)
    people = tuple(u for u in _asked(wish, schedule, config) if u != wish.asker)
    if not people:
        raise Invalid("asked", "There is nobody to ask: nobody else takes part in this schedule or is in its team.")
    swap = Swap(ident, schedule.id, wish.asker, span, people, expires_at, wish.in_return, wish.note, wish.time_off_id)
    _check_shifts(swap, schedule, config, now)
    return swap


def _asked(wish: Wish, schedule: Schedule, config: Configuration) -> tuple[str, ...]:
    team = colleagues(schedule, config.users, config.teams)
    if wish.in_return is not None and (wish.asked is None or len(set(wish.asked)) != 1):
        raise Invalid("asked", "An exchange is offered to the one person whose shift you would take in return.")
    if wish.asked is None:
        return team
    for n, user in enumerate(wish.asked):
        if user == wish.asker:
            raise Invalid(f"asked[{n}]", "One cannot ask oneself.")
        if user not in config.users or not reachable(config.users[user]):
            raise Invalid(f"asked[{n}]", f"There is no active user {user!r} who can be reached.")
    return tuple(dict.fromkeys(wish.asked))


def _check_shifts(swap: Swap, schedule: Schedule, config: Configuration, now: float) -> None:
    wanted = changes(swap, swap.asked[0], now)
    line = line_of(schedule, wanted)
    if wrong := check(wanted[:1], [s for s in line if s.user == swap.asker]):
        raise Invalid("start", named(wrong, config))
    if swap.in_return is not None and (wrong := check(wanted, line)):
        raise Invalid("in_return", named(wrong, config))


def named(why: str, config: Configuration) -> str:
    """A reason that begins with a user id, with the person's name."""
    user, _, rest = why.partition(" ")
    return f"{config.users[user].name if user in config.users else user} {rest}."


async def carry_out(gateway: Services, ident: str, command: Command, actor: str) -> SwapRow:
    """Decide, write and tell; answers the request as it is then. Raises NotFound, or Conflict saying why not."""
    verb = type(command).__name__.lower()
    # Only taking changes a schedule, and so the configuration.
    transaction = change if isinstance(command, Take) else act
    async with transaction(gateway.sessions, actor, verb, f"swap_request/{ident}") as session:
        row = await locked_swap(session, ident)
        now, swap = await database_now(session), swap_of(row)
        outcome = decide(swap, command, now)
        for event in outcome.events:
            await _happened(gateway, session, row, event, actor, now)
    if outcome.refused:
        raise Conflict(f"Not done: {outcome.refused}.")
    poke_schedules(gateway, [row.schedule_id])
    if isinstance(command, Take):
        await gateway.config.refresh()
    return row


async def _happened(
    gateway: Services, session: AsyncSession, row: SwapRow, event: Event, actor: str, now: float
) -> None:
    swap, config = swap_of(row), gateway.config.current
    what = WORDS[type(event).__name__]
    if isinstance(event, Taken):
        await _hand_over(gateway, session, row, event.by, actor, now)
    by = actor if not isinstance(event, Expired) else "time"
    write(row, apply(swap, event), by, now, what)
    notices = told(swap, event, names_of(config, swap.schedule_id))
    await _notify(session, swap.schedule_id, notices, f"{swap.id}:{len(row.history)}")


async def _hand_over(
    gateway: Services, session: AsyncSession, row: SwapRow, taker: str, actor: str, now: float
) -> None:
    """The overrides of a request that is taken. Raises Conflict if the schedule or the taker does not allow it."""
    config = gateway.config.current
    if not reachable(config.users.get(taker)):
        raise Conflict("Not done: who takes a shift needs an enabled contact method, else no page could reach them.")
    schedule = await schedule_now(session, row.schedule_id)
    wanted = changes(swap_of(row), taker, now)
    if wrong := check(wanted, line_of(schedule, wanted)):
        raise Conflict(f"Not done: {named(wrong, config)}")
    rows = overrides(row.id, row.schedule_id, wanted, actor)
    session.add_all(rows)
    row.override_ids = [r.id for r in rows]
    await changed(session, row.schedule_id)


async def expire(gateway: Services, limit: int = 100) -> int:
    """End open requests whose time has passed; answers how many."""
    async with gateway.sessions() as session:
        late = await overdue(session, limit)
    done = 0
    for ident in late:
        try:
            await carry_out(gateway, ident, Expire(), "time")
            done += 1
        except (Conflict, NotFound):
            continue  # somebody was faster: another gateway, or who deleted the schedule
    return done
