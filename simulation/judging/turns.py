"""A second opinion on whose turn it is, written differently from the resolver it judges, and plainly rather than fast.

Turns are listed one after another from the first, by walking wall-clock dates, each turned into an instant by asking
the zone; the order is kept by pointing at a place in the list. `domain` computes both from a turn's number. What they
share are the published rules (domain/calendar.py, domain/turns.py, domain/window.py).
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from domain.holidays import Holidays
from domain.schedule import Rotation
from domain.window import Window

DAY = timedelta(days=1)
LENGTH = {"hour": timedelta(hours=1), "day": DAY, "week": timedelta(weeks=1)}


def instant(local: datetime, zone: ZoneInfo) -> float:
    """First UTC instant at which the wall clock shows `local`, or at which a gap over it ends."""
    offsets = {(local + d).replace(tzinfo=zone).utcoffset() or timedelta() for d in (-DAY, timedelta(), DAY)}
    guesses = sorted((local - offset).replace(tzinfo=UTC) for offset in offsets)
    for guess in guesses:
        if guess.astimezone(zone).replace(tzinfo=None) == local:
            return guess.timestamp()
    end = guesses[0]
    while end.astimezone(zone).replace(tzinfo=None) < local:
        end += timedelta(minutes=1)
    return end.timestamp()


def at_local(text: str, zone: ZoneInfo) -> float:
    """The instant of a local time as schedules write it."""
    return instant(datetime.fromisoformat(text), zone)


def beginnings(rotation: Rotation, zone: ZoneInfo) -> Iterator[float]:
    """When each turn begins, from the first, without end."""
    start = datetime.fromisoformat(rotation.start)
    if rotation.handoffs:
        yield from _on_weekdays(rotation, start, zone)
    n = 0
    while True:
        if rotation.unit == "month":
            month = start.month - 1 + n * rotation.every
            year, month = start.year + month // 12, month % 12 + 1
            yield instant(start.replace(year=year, month=month, day=min(start.day, monthrange(year, month)[1])), zone)
        elif rotation.unit == "hour":
            yield instant(start, zone) + n * rotation.every * 3_600
        else:
            yield instant(start + n * rotation.every * LENGTH[rotation.unit], zone)
        n += 1


def _on_weekdays(rotation: Rotation, start: datetime, zone: ZoneInfo) -> Iterator[float]:
    day = datetime(start.year, start.month, start.day)
    day, passed = day - day.weekday() * DAY, 0
    while True:
        if passed // 7 % rotation.every == 0:
            for time in sorted(h.time for h in rotation.handoffs if h.weekday == day.weekday()):
                hours, minutes = time.split(":")
                local = day + timedelta(hours=int(hours), minutes=int(minutes))
                if local >= start:
                    yield instant(local, zone)
        day, passed = day + DAY, passed + 1


def turns(rotation: Rotation, zone: ZoneInfo, end: float) -> list[tuple[float, str | None]]:
    """(when it begins, whose it is) for every turn that begins before `end`."""
    out: list[tuple[float, str | None]] = []
    pointer = -1
    for begins in beginnings(rotation, zone):
        if begins >= end:
            return out
        places = [p % len(rotation.users) for p in range(pointer + 1, pointer + 1 + len(rotation.users))]
        places = [p for p in places if _in_term(rotation, rotation.users[p], begins, zone)]
        if not places:
            out.append((begins, None))
            continue
        pointer = places[0]
        out.append((begins, _taken(rotation, [rotation.users[p] for p in places], begins, zone)))
    return out


def _in_term(rotation: Rotation, user: str, at: float, zone: ZoneInfo) -> bool:
    theirs = [(t.start, t.end) for t in rotation.terms if t.user == user]
    return not theirs or any(_covers(start, end, at, zone) for start, end in theirs)


def _covers(start: str | None, end: str | None, at: float, zone: ZoneInfo) -> bool:
    return (start is None or at_local(start, zone) <= at) and (end is None or at < at_local(end, zone))


def _taken(rotation: Rotation, line: list[str], at: float, zone: ZoneInfo) -> str | None:
    """Who takes a turn of the first in line, given who is away when it begins."""
    away = [a for a in rotation.absences if _covers(a.start, a.end, at, zone)]
    gone = {a.user for a in away}
    stand_ins = [a.stand_in for a in away if a.user == line[0] and a.stand_in is not None and a.stand_in not in gone]
    able = [*(stand_ins if line[0] in gone else []), *(user for user in line if user not in gone)]
    return able[0] if able else None


def is_open(window: Window, layer_zone: str, holidays: tuple[Holidays, ...], at: float) -> bool:
    """Whether a window, begun today or yesterday, is open."""
    zone = ZoneInfo(window.zone or layer_zone)
    today = datetime.fromtimestamp(at, zone).replace(tzinfo=None, hour=0, minute=0, second=0, microsecond=0, fold=0)
    (from_h, from_m), (to_h, to_m) = (map(int, text.split(":")) for text in (window.start, window.end))
    opens, closes = timedelta(hours=from_h, minutes=from_m), timedelta(hours=to_h, minutes=to_m)
    for day in (today - DAY, today):
        if window.weekdays and day.weekday() not in window.weekdays:
            continue
        free = [f"{day:%Y-%m-%d}" in calendar.dates for calendar in holidays if calendar.id == window.holidays]
        if free and free[0] != (window.on_holidays == "only"):
            continue
        end = day + closes if closes > opens else day + DAY + closes
        if instant(day + opens, zone) <= at < instant(end, zone):
            return True
    return False
