"""Fair load: what being on call cost each person, in hours they were bound and in the kind of hours.

    hours     time on call in any of the schedules, counted once where schedules overlap
    night     of these, between 22:00 and 07:00 on the wall clock
    weekend   of these, on Saturday or Sunday
    holiday   of these, on a date of a holiday calendar of the schedule

One hour can be all three. Which wall clock: the person's own zone (a night is a night where one sleeps), or, if asked
for, the schedule's. `burden` weighs them: an hour counts 1, at night 1 more, at a weekend 1 more, on a holiday 2 more.
Hours are elapsed hours: the night in which the clock goes back is an hour longer. Nothing here reads a clock.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from domain.calendar import HOUR_S, instant_of
from domain.duty import Duty, clipped
from domain.spans import joined

NIGHT_FROM, NIGHT_TO = time(22), time(7)
WEIGHT_NIGHT, WEIGHT_WEEKEND, WEIGHT_HOLIDAY = 1.0, 1.0, 2.0
REST_S = 11 * HOUR_S
"""Less than this between two shifts and they count as in a row: the daily rest of EU directive 2003/88, article 3."""

Spans = list[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Roster:
    """One schedule over the period: its duties, who takes part, its zone, its holidays (local dates)."""

    schedule_id: str
    name: str
    zone: str
    duties: tuple[Duty, ...]
    members: tuple[str, ...] = ()
    holidays: frozenset[date] = frozenset()


@dataclass(frozen=True, slots=True)
class Load:
    """One person's. `in_a_row`: the most shifts with less than REST_S between each and the next.

    `longest_h`: the longest time on call without any break.
    """

    user: str
    hours: float = 0.0
    night: float = 0.0
    weekend: float = 0.0
    holiday: float = 0.0
    shifts: int = 0
    in_a_row: int = 0
    longest_h: float = 0.0

    @property
    def burden(self) -> float:
        """Weighed hours."""
        return self.hours + WEIGHT_NIGHT * self.night + WEIGHT_WEEKEND * self.weekend + WEIGHT_HOLIDAY * self.holiday


def loads(rosters: Sequence[Roster], zones: Mapping[str, str], by_schedule: bool = False) -> list[Load]:
    """The load of everybody who takes part, heaviest first.

    `zones`: user -> IANA zone, used unless `by_schedule`; who has none there gets the schedule's.
    """
    people = sorted({u for r in rosters for u in (*r.members, *(d.user for d in r.duties))})
    found = [_load(user, rosters, zones, by_schedule) for user in people]
    return sorted(found, key=lambda p: (-p.burden, p.user))


def _load(user: str, rosters: Sequence[Roster], zones: Mapping[str, str], by_schedule: bool) -> Load:
    theirs = [(r, [(d.start, d.end) for d in r.duties if d.user == user]) for r in rosters]
    bound = joined(span for _, spans in theirs for span in spans)
    kinds: dict[str, Spans] = {"night": [], "weekend": [], "holiday": []}
    for roster, spans in theirs:
        zone = clock_of(user, roster, zones, by_schedule)
        for low, high in spans:
            for kind, parts in parts_of(low, high, zone, roster.holidays).items():
                kinds[kind].extend(parts)
    hours = {kind: length(joined(parts)) / HOUR_S for kind, parts in kinds.items()}
    shifts = sorted(span for _, spans in theirs for span in spans)
    longest = max((high - low for low, high in bound), default=0.0)
    return Load(
        user, length(bound) / HOUR_S, **hours, shifts=len(shifts), in_a_row=_row(shifts), longest_h=longest / 3600
    )


def clock_of(user: str, roster: Roster, zones: Mapping[str, str], by_schedule: bool) -> str:
    """The zone whose wall clock says what is a night for this person in this schedule."""
    return roster.zone if by_schedule else zones.get(user, roster.zone)


@lru_cache(maxsize=32_768)
def burden_of(low: float, high: float, zone: str, holidays: frozenset[date]) -> float:
    """Weighed hours of one span."""
    parts = {kind: length(spans) / HOUR_S for kind, spans in parts_of(low, high, zone, holidays).items()}
    extra = WEIGHT_NIGHT * parts["night"] + WEIGHT_WEEKEND * parts["weekend"] + WEIGHT_HOLIDAY * parts["holiday"]
    return (high - low) / HOUR_S + extra


def parts_of(low: float, high: float, zone: str, holidays: frozenset[date]) -> dict[str, Spans]:
    """The parts of a span that are night, weekend and holiday on the wall clock of `zone`."""
    first = datetime.fromtimestamp(low, ZoneInfo(zone)).date() - timedelta(days=1)
    last = datetime.fromtimestamp(high, ZoneInfo(zone)).date()
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    night = (_night(day, zone) for day in days)
    weekend = (_day(day, zone) for day in days if day.weekday() >= 5)
    holiday = (_day(day, zone) for day in days if day in holidays)
    return {
        "night": clipped(night, low, high),
        "weekend": clipped(weekend, low, high),
        "holiday": clipped(holiday, low, high),
    }


@lru_cache(maxsize=32_768)
def _night(day: date, zone: str) -> tuple[float, float]:
    """The night that begins on the evening of `day`."""
    end = datetime.combine(day + timedelta(days=1), NIGHT_TO)
    return instant_of(datetime.combine(day, NIGHT_FROM), ZoneInfo(zone)), instant_of(end, ZoneInfo(zone))


@lru_cache(maxsize=32_768)
def _day(day: date, zone: str) -> tuple[float, float]:
    midnight, following = datetime.combine(day, time()), datetime.combine(day + timedelta(days=1), time())
    return instant_of(midnight, ZoneInfo(zone)), instant_of(following, ZoneInfo(zone))


def length(spans: Iterable[tuple[float, float]]) -> float:
    """Seconds."""
    return sum(high - low for low, high in spans)


def _row(shifts: Sequence[tuple[float, float]]) -> int:
    """The most shifts in a row, for shifts in ascending order."""
    most = run = 0
    ended = float("-inf")
    for low, high in shifts:
        run = run + 1 if low - ended < REST_S else 1
        most, ended = max(most, run), max(ended, high)
    return most


def free(spans: Sequence[tuple[float, float]], low: float, high: float) -> bool:
    """True if none of the ascending, separate spans reaches into this time."""
    n = bisect_right(spans, (low, float("inf")))
    before = n > 0 and spans[n - 1][1] > low
    return not before and not (n < len(spans) and spans[n][0] < high)
