"""Calendars to subscribe to: who is on call when, as iCalendar (RFC 5545) by `icalendar`.

One event per person and unbroken time on call in a schedule. Times are UTC, so that no time zone definition is needed
and every program shows them on its own clock. An event's UID names schedule, person and start, so a shift that is cut
short or made longer is the same event with a higher SEQUENCE; one that goes to somebody else is another event.
Nothing in a calendar changes unless the schedule, a name, or the month changes: programs that come every few minutes
get 304 Not Modified.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import icalendar

from domain.configuration import Configuration
from domain.duty import duties
from domain.oncall import shifts
from domain.schedule import Schedule

MONTHS_BACK = 2
AHEAD = timedelta(days=240)
REFRESH = timedelta(minutes=15)
KEPT = 200
"""Calendars kept in memory, some hundred kilobytes each; most who ask have what they ask for already."""
PRODID = "-//Fangorn Sentinel//On call//EN"


@dataclass(frozen=True, slots=True)
class Saved:
    """When a schedule was last saved (UTC epoch seconds) and as which version of the configuration."""

    at: float
    version: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """A calendar: its name, whose it is (None: everybody's), and of which schedules."""

    name: str
    user: str | None
    schedules: tuple[Schedule, ...]


def wanted(config: Configuration, kind: str, subject: str) -> Wanted | None:
    """What a subscription shows, or None if its subject is gone."""
    everything = sorted(config.schedules.values(), key=lambda s: (s.name, s.id))
    if kind == "user" and subject in config.users:
        return Wanted(f"On call: {config.users[subject].name}", subject, tuple(everything))
    if kind == "schedule" and subject in config.schedules:
        schedule = config.schedules[subject]
        return Wanted(f"On call: {schedule.name}", None, (schedule,))
    if kind == "team" and subject in config.teams:
        theirs = tuple(s for s in everything if s.team_id == subject)
        return Wanted(f"On call: {config.teams[subject].name}", None, theirs)
    return None


def window(now: float) -> tuple[float, float]:
    """From the beginning of the month before last; it moves once a month, so that calendars stay the same meanwhile."""
    today = datetime.fromtimestamp(now, UTC)
    months = today.year * 12 + today.month - 1 - MONTHS_BACK
    start = datetime(months // 12, months % 12 + 1, 1, tzinfo=UTC)
    return start.timestamp(), (datetime(today.year, today.month, 1, tzinfo=UTC) + AHEAD).timestamp()


@dataclass(frozen=True, slots=True)
class Order:
    """All that a calendar is made of. `now`: UTC epoch seconds."""

    config: Configuration
    wanted: Wanted
    saved: Mapping[str, Saved]
    url: str
    now: float

    def key(self) -> tuple[object, ...]:
        """The same for the same calendar."""
        ids = tuple(s.id for s in self.wanted.schedules)
        return self.config.version, self.wanted.name, self.wanted.user, ids, window(self.now)


def calendar(order: Order) -> bytes:
    """The calendar's bytes: the same for the same configuration and month."""
    made = icalendar.Calendar.new(
        name=order.wanted.name,
        prodid=PRODID,
        refresh_interval=REFRESH,
        description="Who is on call, by Fangorn Sentinel. Changes here change nothing there.",
    )
    made.add("METHOD", "PUBLISH")
    made.add("X-PUBLISHED-TTL", icalendar.vDuration(REFRESH))
    for schedule in order.wanted.schedules:
        for event in _events(order, schedule):
            made.add_component(event)
    return bytes(made.to_ical())


def _events(order: Order, schedule: Schedule) -> Iterable[icalendar.Event]:
    asked, saved = order.wanted, order.saved.get(schedule.id, Saved(0.0, 0))
    changed = datetime.fromtimestamp(int(saved.at), UTC)
    for duty in duties(shifts(schedule, *window(order.now))):
        if asked.user is not None and duty.user != asked.user:
            continue
        user = order.config.users.get(duty.user)
        name = user.name if user is not None else duty.user
        yield icalendar.Event.new(
            uid=_uid(schedule.id, duty.user, duty.start),
            start=datetime.fromtimestamp(duty.start, UTC),
            end=datetime.fromtimestamp(duty.end, UTC),
            summary=f"{schedule.name}: {name}" if asked.user is None else f"On call: {schedule.name}",
            description=f"{name} is on call for {schedule.name}.\n{order.url}",
            stamp=changed,
            last_modified=changed,
            sequence=saved.version,
            transparency=icalendar.TRANSP.TRANSPARENT,
        )


def _uid(schedule_id: str, user: str, start: float) -> str:
    digest = hashlib.sha256(f"{schedule_id}\0{user}\0{start:.0f}".encode()).hexdigest()
    return f"{digest[:32]}@fangorn-sentinel"


def etag(body: bytes) -> str:
    """A strong validator."""
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


class CalendarsOut:
    """Calendars made lately. Called from threads: two may make the same one, and the last is kept."""

    def __init__(self) -> None:
        self._made: OrderedDict[tuple[object, ...], tuple[bytes, str]] = OrderedDict()

    def get(self, order: Order) -> tuple[bytes, str]:
        """The calendar and its validator."""
        key = order.key()
        found = self._made.pop(key, None)
        if found is None:
            body = calendar(order)
            found = body, etag(body)
        self._made[key] = found
        while len(self._made) > KEPT:
            self._made.popitem(last=False)
        return found
