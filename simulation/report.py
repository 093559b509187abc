"""What a run was like for people: pages, nights, weekends, how long until somebody had it, who carries how much."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

import msgspec

from domain import events as e
from domain.calendar import utc
from simulation.outcome import Outcome, Row
from simulation.people import is_night, local
from simulation.scenario import Scenario

ANSWERS = (e.Acknowledged, e.Snoozed)
HEAVY = 10
"""People named in the text, heaviest load first; all of them are in the JSON."""


@dataclass(slots=True)
class Load:
    """One person's share. `nights`: nights with at least one page."""

    name: str
    pages: int = 0
    night_pages: int = 0
    weekend_pages: int = 0
    nights: int = 0
    acknowledged: int = 0


@dataclass(frozen=True, slots=True)
class Report:
    """Figures of one run; seconds. A page counts when it reaches its person."""

    seed: int
    days: float
    people: int
    alerts: int
    incidents: int
    pages: int
    night_pages: int
    weekend_pages: int
    to_destinations: int
    """Messages that reached a channel or an automation; pages are those of people."""
    undelivered: int
    acknowledged: int
    unanswered: int
    """Incidents that ended, or the run did, before anybody answered."""
    median_ack_s: float
    worst_ack_s: float
    worst_incident: str
    last_resort: int
    """Incidents that reached the last resort."""
    load: dict[str, Load] = field(default_factory=dict)
    behaviour: dict[str, int] = field(default_factory=dict)
    """Where the behaviour of people is from, and of how many."""

    def json(self) -> dict[str, Any]:
        """As JSON-able values."""
        built: dict[str, Any] = msgspec.to_builtins(self)
        return built


@dataclass(slots=True)
class Counts:
    """What is counted in one run, or in one part of it. `waits`: incident -> seconds until it was acknowledged.

    `nights`: person -> nights with a page, by the number of the day on which they began.
    """

    load: dict[str, Load]
    nights: dict[str, set[int]]
    alerts: int = 0
    incidents: int = 0
    to_destinations: int = 0
    undelivered: int = 0
    unanswered: int = 0
    last_resort: int = 0
    waits: dict[str, float] = field(default_factory=dict)


def count(outcome: Outcome) -> Counts:
    """Count."""
    found = _load(outcome)
    found.alerts = sum(t.events for t in outcome.taken.values())
    found.to_destinations = sum(len(d.reached) for d in outcome.deliveries.values() if d.user not in found.load)
    found.undelivered = sum(not d.reached and d.state == "failed" for d in outcome.deliveries.values())
    for entity, rows in outcome.incidents():
        for ident, episode in _episodes(entity, rows).items():
            found.incidents += 1
            opened = next((r.at for r in episode if isinstance(r.event, e.Triggered)), episode[0].at)
            answered = next((r for r in episode if isinstance(r.event, ANSWERS)), None)
            found.last_resort += any(isinstance(r.event, e.LastResortCalled) for r in episode)
            if answered is None:
                found.unanswered += 1
                continue
            found.waits[ident] = answered.at - opened
            if answered.event.by in found.load:
                found.load[answered.event.by].acknowledged += 1
    return found


def report(scenario: Scenario, counts: Sequence[Counts]) -> Report:
    """Of the whole run, from what was counted in its parts."""
    load = _whole(counts)
    waits = {ident: wait for one in counts for ident, wait in one.waits.items()}
    worst = max(waits, key=lambda i: waits[i], default="")
    sources: dict[str, int] = {}
    for user in scenario.configuration.users:
        source = scenario.people[user].source if user in scenario.people else "default"
        sources[source] = sources.get(source, 0) + 1
    return Report(
        seed=scenario.seed,
        days=round(scenario.days, 3),
        people=len(scenario.configuration.users),
        alerts=sum(one.alerts for one in counts),
        incidents=sum(one.incidents for one in counts),
        pages=sum(person.pages for person in load.values()),
        night_pages=sum(person.night_pages for person in load.values()),
        weekend_pages=sum(person.weekend_pages for person in load.values()),
        to_destinations=sum(one.to_destinations for one in counts),
        undelivered=sum(one.undelivered for one in counts),
        acknowledged=len(waits),
        unanswered=sum(one.unanswered for one in counts),
        median_ack_s=round(median(waits.values()), 1) if waits else 0.0,
        worst_ack_s=round(waits[worst], 1) if worst else 0.0,
        worst_incident=worst,
        last_resort=sum(one.last_resort for one in counts),
        load=load,
        behaviour=dict(sorted(sources.items())),
    )


def _whole(counts: Sequence[Counts]) -> dict[str, Load]:
    """Per person; a night with pages of several parts is one night."""
    load: dict[str, Load] = {}
    for one in counts:
        for ident, share in one.load.items():
            person = load.setdefault(ident, Load(share.name))
            person.pages += share.pages
            person.night_pages += share.night_pages
            person.weekend_pages += share.weekend_pages
            person.acknowledged += share.acknowledged
    for ident, person in load.items():
        person.nights = len(set().union(*(one.nights[ident] for one in counts if ident in one.nights)))
    return dict(sorted(load.items()))


def _episodes(entity: str, rows: list[Row]) -> dict[str, list[Row]]:
    key, found = entity.removeprefix("incident/"), dict[str, list[Row]]()
    for row in rows:
        episode = row.event.episode
        if episode > 0:
            found.setdefault(f"{key}-{episode}", []).append(row)
    return found


def _load(outcome: Outcome) -> Counts:
    """Of each person, by their own clock."""
    users = {u.id: u for c in outcome.configurations.values() for u in c.users.values()}
    found = Counts({ident: Load(user.name) for ident, user in users.items()}, {ident: set() for ident in users})
    for delivery in outcome.deliveries.values():
        for at in delivery.reached if delivery.user in users else ():
            person, clock = found.load[delivery.user], local(users[delivery.user], at)
            person.pages += 1
            person.weekend_pages += clock.weekday() >= 5
            if is_night(clock.hour):
                person.night_pages += 1
                # The hours before noon belong to the night that began the day before.
                found.nights[delivery.user].add(clock.toordinal() - (clock.hour < 12))
    return found


def span(seconds: float) -> str:
    """A duration for people: 45 s, 14 min, 2 h 05 min."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60:02} min"


def text(found: Report, scenario: Scenario) -> str:
    """The report for a terminal."""
    first, last = utc(scenario.start), utc(scenario.end)
    lines = [
        f"{found.people} people, {found.days:.0f} days ({first:%Y-%m-%d} to {last:%Y-%m-%d}), seed {found.seed}",
        f"  alerts        {found.alerts:>8,}   incidents {found.incidents:,}",
        f"  pages         {found.pages:>8,}   by night {found.night_pages:,}, on weekends {found.weekend_pages:,},"
        f" not delivered {found.undelivered:,}; {found.to_destinations:,} messages to destinations",
        f"  acknowledged  {found.acknowledged:>8,}   median {span(found.median_ack_s)},"
        f" worst {span(found.worst_ack_s)}{f' ({found.worst_incident})' if found.worst_incident else ''}",
        f"  unanswered    {found.unanswered:>8,}   over before anybody answered",
        f"  last resort   {found.last_resort:>8,}   incidents that reached it",
        f"  behaviour     {', '.join(f'{n} {source}' for source, n in found.behaviour.items())}",
        "",
        f"  {'heaviest load':<28} pages  by night  weekends  nights  answered",
    ]
    ranked = sorted(found.load.items(), key=lambda item: (-item[1].night_pages, -item[1].pages, item[0]))
    for _, p in ranked[:HEAVY]:
        figures = f"{p.pages:>5}  {p.night_pages:>8}  {p.weekend_pages:>8}  {p.nights:>6}  {p.acknowledged:>8}"
        lines.append(f"  {p.name[:28]:<28} {figures}")
    return "\n".join(lines)
