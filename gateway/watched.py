"""What pages about who is on call are shown, worked out from the configuration. Pure.

A document is said again when it is no longer what it was: after another configuration, or from `until` on, when
somebody else comes on call or another day begins.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime, time, timedelta
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

from domain.calendar import instant_of
from domain.configuration import Configuration
from domain.errors import Invalid
from domain.schedule import Schedule
from gateway.duties import Stands, duties
from gateway.schedule_lines import preview, timeline
from gateway.schemas.base import moment
from gateway.schemas.live import (
    EVERYONE,
    CalendarDocument,
    CalendarQuery,
    DayBegins,
    Named,
    OnCallDocument,
    OnCallQuery,
)
from gateway.schemas.schedules import Preview, ScheduleLine
from gateway.standings import AGAIN_S

Query = OnCallQuery | CalendarQuery
QUERIES: dict[str, Callable[[dict[str, str]], Query]] = {
    "on-call": OnCallQuery.model_validate,
    "calendar": CalendarQuery.model_validate,
}
MOST_PARAMETERS = 10


def parsed(of: str) -> Query:
    """What is to be watched, as it is written: "calendar?schedule=…&span=28". Raises Invalid, ValidationError."""
    name, _, parameters = of.partition("?")
    if name not in QUERIES:
        raise Invalid("of", f"There is nothing to watch called {name[:40]!r}; there is: {', '.join(QUERIES)}.")
    try:
        given = dict(parse_qsl(parameters, keep_blank_values=True, max_num_fields=MOST_PARAMETERS))
    except ValueError:
        raise Invalid("of", f"Give at most {MOST_PARAMETERS} parameters.") from None
    return QUERIES[name](given)


def document(of: str, query: Query, config: Configuration, now: float, stands: Stands) -> tuple[str, float]:
    """The JSON text, and until when it is so while the configuration stays (UTC epoch seconds). Raises Invalid.

    `now`: the instant it is of, UTC epoch seconds.
    """
    if isinstance(query, CalendarQuery):
        return _calendar(of, query, config, now)
    items = duties(config, now, stands)
    ends = [entry.until.timestamp() if entry.until is not None else now + AGAIN_S for entry in items]
    named = _named(config, (user for entry in items for user in entry.next_user_ids))
    return OnCallDocument(of=of, people=named, items=items).model_dump_json(), min(ends, default=float("inf"))


def _calendar(of: str, query: CalendarQuery, config: Configuration, now: float) -> tuple[str, float]:
    schedule = _schedule(config, query.schedule)
    zone = query.zone or (schedule.zone if schedule is not None else "UTC")
    today = datetime.fromtimestamp(now, ZoneInfo(zone)).date()
    first, count = _of_month(query.first or today) if query.span == "month" else (_first(query, today), query.span)
    starts = [_midnight(first + timedelta(days=n), zone) for n in range(count + 1)]
    low, high = starts[0], starts[-1]
    lines = preview(schedule, low, high) if schedule is not None else None
    everyone = timeline(config, query.team or "", low, high) if schedule is None else []
    said = CalendarDocument(
        of=of,
        schedule_id=schedule.id if schedule is not None else None,
        zone=zone,
        today=today,
        month=(query.first or today).replace(day=1) if query.span == "month" else None,
        days=[DayBegins(day=first + timedelta(days=n), start=moment(starts[n])) for n in range(count)],
        end=moment(high),
        people=_named(config, _in(lines, everyone)),
        lines=lines,
        everyone=everyone,
    )
    return said.model_dump_json(), _midnight(today + timedelta(days=1), zone)


def _schedule(config: Configuration, asked: str) -> Schedule | None:
    """None: everyone's."""
    if asked == EVERYONE:
        return None
    found = config.schedules.get(asked)
    if found is None and not asked:
        found = min(config.schedules.values(), key=lambda s: (s.name, s.id), default=None)
    if found is None:
        detail = f"There is no schedule with id {asked!r}." if asked else "There is no schedule yet."
        raise Invalid("schedule", detail)
    return found


def _first(query: CalendarQuery, today: date) -> date:
    return query.first or today - timedelta(days=today.weekday())


def _of_month(day: date) -> tuple[date, int]:
    """The Monday on or before the first of the month, and how many days from there its last week ends."""
    first = day.replace(day=1)
    monday = first - timedelta(days=first.weekday())
    after = (first + timedelta(days=31)).replace(day=1)
    return monday, -(-(after - monday).days // 7) * 7


def _midnight(day: date, zone: str) -> float:
    """That begins a day, by the clock of the zone (UTC epoch seconds)."""
    return instant_of(datetime.combine(day, time()), ZoneInfo(zone))


def _in(lines: Preview | None, everyone: Iterable[ScheduleLine]) -> Iterable[str]:
    """Ids of who is in these lines."""
    if lines is not None:
        for shifts in (lines.shifts, *(line.shifts for line in (*lines.layers, *lines.temporaries))):
            yield from (shift.user_id for shift in shifts)
        for change in lines.overrides:
            yield from (user for user in (change.user_id, change.instead_of) if user)
    yield from (shift.user_id for line in everyone for shift in line.shifts)


def _named(config: Configuration, ids: Iterable[str]) -> list[Named]:
    """Those who are still known, by name."""
    wanted = set(ids)
    ordered = sorted(config.users.values(), key=lambda user: (user.name, user.id))
    return [Named(id=user.id, name=user.name, place=n) for n, user in enumerate(ordered) if user.id in wanted]
