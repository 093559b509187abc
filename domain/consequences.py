"""What a changed configuration comes to for people: who is on call more or less, what is uncovered, whose incidents.

Pure: the same resolver that pages (domain/oncall.py) is asked of the configuration before and after, over some time to
come. Only schedules that differ are looked at. A night shift is a night (22:00 to 07:00 where the person is) of which
somebody has three hours or more, as in EU directive 2003/88, article 2.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from domain.calendar import HOUR_S
from domain.configuration import Configuration
from domain.load import length, parts_of
from domain.oncall import gaps, shifts, who
from domain.policy import Target
from domain.schedule import Schedule
from domain.spans import joined
from domain.targets import people

AHEAD_S = 60 * 86_400.0
NIGHT_SHIFT_S = 3 * HOUR_S
MOST = 200
Spans = list[tuple[float, float]]
Kind = Literal["uncovered", "covered", "on_call_now", "load", "incident"]


@dataclass(frozen=True, slots=True)
class Consequence:
    """One of them in words. `subject`: id of the schedule, or of the incident; `user`: of a load."""

    kind: Kind
    words: str
    subject: str = ""
    user: str = ""
    start: float | None = None
    end: float | None = None
    hours: float = 0.0
    nights: int = 0


@dataclass(frozen=True, slots=True)
class OpenIncident:
    """`targets`: whom the step that it is at calls, as it was frozen; `service`: id of its service."""

    id: str
    title: str
    targets: tuple[Target, ...] = ()
    service: str | None = None
    team: str | None = None


def consequences(
    before: Configuration,
    after: Configuration,
    now: float,
    incidents: Sequence[OpenIncident] = (),
    ahead_s: float = AHEAD_S,
) -> list[Consequence]:
    """The worst first; at most MOST of each kind. `now`: UTC epoch seconds."""
    end = now + ahead_s
    lost: list[Consequence] = []
    won: list[Consequence] = []
    running: list[Consequence] = []
    work: list[Consequence] = []
    for ident in sorted({*before.schedules, *after.schedules}, key=lambda i: _name(before, after, i)):
        old, new = before.schedules.get(ident), after.schedules.get(ident)
        if old == new:
            continue
        if old is not None and new is not None:
            was, is_ = gaps(old, now, end), gaps(new, now, end)
            lost += [_span("uncovered", new, span) for span in without(is_, was)]
            won += [_span("covered", new, span) for span in without(was, is_)]
        running += _now(before, after, old, new, now)
        work += _loads(before, after, old, new, now, end)
    changed = [c for incident in incidents if (c := _incident(before, after, incident, now)) is not None]
    return [c for kind in (lost, running, changed, work, won) for c in kind[:MOST]]


def _name(before: Configuration, after: Configuration, ident: str) -> tuple[str, str]:
    schedule = after.schedules.get(ident) or before.schedules[ident]
    return schedule.name, ident


def without(spans: Iterable[tuple[float, float]], taken: Iterable[tuple[float, float]]) -> Spans:
    """What of the spans is in none of those taken."""
    out: Spans = []
    holes = joined(taken)
    for low, high in joined(spans):
        for start, end in holes:
            if end > low and start < high:
                if start > low:
                    out.append((low, start))
                low = max(low, end)
        if low < high:
            out.append((low, high))
    return out


def _span(kind: Literal["uncovered", "covered"], schedule: Schedule, span: tuple[float, float]) -> Consequence:
    words = f"{schedule.name}: {when(*span, schedule.zone)} becomes {kind}"
    return Consequence(kind, words, schedule.id, start=span[0], end=span[1])


def when(start: float, end: float, zone: str) -> str:
    """A stretch of time on the wall clock of a zone: "25 Dec 2026 00:00–08:00 (Europe/Berlin)"."""
    low, high = (datetime.fromtimestamp(at, ZoneInfo(zone)) for at in (start, end))
    last = "" if high.date() == low.date() else f"{high.day} {high:%b %Y} "
    return f"{low.day} {low:%b %Y %H:%M}–{last}{high:%H:%M} ({zone})"


def _now(
    before: Configuration, after: Configuration, old: Schedule | None, new: Schedule | None, now: float
) -> Iterator[Consequence]:
    was = who(old, now) if old is not None else ()
    is_ = who(new, now) if new is not None else ()
    if set(was) != set(is_):
        schedule = new or old
        if schedule is not None:
            words = f"{schedule.name}: on call now is {_people(after, is_)} instead of {_people(before, was)}"
            yield Consequence("on_call_now", words, schedule.id)


def _people(config: Configuration, users: Iterable[str]) -> str:
    names = [config.name(u) for u in users]
    return " and ".join(names) if names else "nobody"


def _loads(
    before: Configuration, after: Configuration, old: Schedule | None, new: Schedule | None, now: float, end: float
) -> list[Consequence]:
    was, is_ = _work(before, old, now, end), _work(after, new, now, end)
    schedule = new or old
    found = []
    for user in sorted({*was, *is_}):
        (old_s, old_nights), (new_s, new_nights) = was.get(user, (0.0, 0)), is_.get(user, (0.0, 0))
        hours, nights = (new_s - old_s) / HOUR_S, new_nights - old_nights
        if schedule is not None and (abs(hours) >= 0.1 or nights):
            words = (
                f"{_people(after if user in after.users else before, [user])} {_gain(hours, nights)} in {schedule.name}"
            )
            found.append(Consequence("load", words, schedule.id, user, hours=round(hours, 2), nights=nights))
    return sorted(found, key=lambda c: (-abs(c.nights), -abs(c.hours), c.user))


def _gain(hours: float, nights: int) -> str:
    shifts_ = f"{abs(nights)} night shift{'s' if abs(nights) != 1 else ''}"
    spent = f"{abs(hours):.4g} hours on call"
    if not nights:
        return f"{'gains' if hours > 0 else 'loses'} {spent}"
    if abs(hours) < 0.1:
        return f"{'gains' if nights > 0 else 'loses'} {shifts_}"
    both = (
        f"{shifts_} and {spent}"
        if (nights > 0) == (hours > 0)
        else f"{shifts_}, {'gains' if hours > 0 else 'loses'} {spent}"
    )
    return f"{'gains' if nights > 0 else 'loses'} {both}"


def _work(config: Configuration, schedule: Schedule | None, now: float, end: float) -> dict[str, tuple[float, int]]:
    """User -> seconds on call and night shifts."""
    if schedule is None:
        return {}
    spans: dict[str, Spans] = {}
    for shift in shifts(schedule, now, end):
        spans.setdefault(shift.user, []).append((shift.start, shift.end))
    found = {}
    for user, theirs in spans.items():
        zone = config.users[user].zone if user in config.users else schedule.zone
        nights: Counter[int] = Counter()
        for low, high in joined(theirs):
            for part in parts_of(low, high, zone, frozenset())["night"]:
                nights[_night(part[0], zone)] += int(length([part]))
        found[user] = length(joined(theirs)), sum(s >= NIGHT_SHIFT_S for s in nights.values())
    return found


def _night(at: float, zone: str) -> int:
    """Which night an instant in one belongs to: the day of the noon before it."""
    return datetime.fromtimestamp(at - 12 * HOUR_S, ZoneInfo(zone)).date().toordinal()


def _incident(before: Configuration, after: Configuration, incident: OpenIncident, now: float) -> Consequence | None:
    """Another team owns its service, or other people are called by the step it is at."""
    was, is_ = (_callees(config, incident, now) for config in (before, after))
    old, new = (_owner(config, incident) for config in (before, after))
    if old != new:
        words = f"{incident.title!r} changes owner from {_team(before, old)} to {_team(after, new)}"
    elif set(was) != set(is_):
        words = f"{incident.title!r} calls {_people(after, is_)} instead of {_people(before, was)}"
    else:
        return None
    return Consequence("incident", words, incident.id)


def _callees(config: Configuration, incident: OpenIncident, now: float) -> tuple[str, ...]:
    return tuple(people(config, incident.targets, now))


def _owner(config: Configuration, incident: OpenIncident) -> str | None:
    service = config.services.get(incident.service or "")
    return service.team_id if service is not None else incident.team


def _team(config: Configuration, ident: str | None) -> str:
    team = config.teams.get(ident or "")
    return f"the team {team.name}" if team is not None else "no team"
