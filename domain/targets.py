"""Whom the targets of a step name at an instant, and how they come to be named. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from domain.configuration import Configuration
from domain.oncall import everybody_at, next_change, shifts_at
from domain.policy import Target, Who
from domain.replacing import quick
from domain.schedule import Schedule, Shift

CHANGES_LOOKED_AT = 100
"""Hand-offs looked at to find who is on call next; after so many that bring nobody new, nobody is."""


@quick
@dataclass(frozen=True, slots=True)
class Named:
    """How a step comes to a person: by name (`schedule_id` and `team` empty), as a member of a team, or by their shift.

    `source`: "layer:NAME", "override:ID" or "temporary:ID:LAYER"; `start` and `end` of that shift in UTC epoch seconds.
    `who`: as the target has it. `team`: the team's name.
    """

    user_id: str
    schedule_id: str | None = None
    schedule: str = ""
    zone: str = ""
    source: str = ""
    start: float = 0.0
    end: float = 0.0
    who: Who = "on_call"
    team: str = ""


def named(config: Configuration, targets: tuple[Target, ...], at: float) -> tuple[Named, ...]:
    """Everybody behind the targets at an instant, each once, reachable or not; by name counts first."""
    found = {t.id: Named(t.id) for t in targets if t.kind == "user"}
    order: dict[str, None] = {}
    for target in targets:
        for one in _behind(config, target, at):
            found.setdefault(one.user_id, one)
            order.setdefault(one.user_id)
    return tuple(found[user] for user in order)


def people(config: Configuration, targets: tuple[Target, ...], at: float) -> list[str]:
    """User ids behind the targets at an instant, each once, reachable or not."""
    return [n.user_id for n in named(config, targets, at)]


def next_on_call(schedule: Schedule, at: float) -> tuple[Shift, ...]:
    """Who is on call after the first hand-off that brings somebody who is not on call now; nobody if none does."""
    now = {shift.user for shift in shifts_at(schedule, at)}
    for _ in range(CHANGES_LOOKED_AT):
        change = next_change(schedule, at)
        if change is None:
            return ()
        if fresh := tuple(shift for shift in shifts_at(schedule, change) if shift.user not in now):
            return fresh
        at = change
    return ()


def _behind(config: Configuration, target: Target, at: float) -> Iterator[Named]:
    match target.kind:
        case "user" | "destination":
            yield Named(target.id)
        case "team":
            team = config.teams.get(target.id)
            if team is not None:
                yield from (Named(user, team=team.name) for user in team.member_ids)
        case "schedule":
            schedule = config.schedules.get(target.id)
            if schedule is not None:
                yield from (_by(schedule, shift, target.who) for shift in _shifts(schedule, target.who, at))


def _shifts(schedule: Schedule, who: Who, at: float) -> tuple[Shift, ...]:
    match who:
        case "on_call":
            return shifts_at(schedule, at)
        case "next":
            return next_on_call(schedule, at)
        case "all_layers":
            return everybody_at(schedule, at)


def _by(schedule: Schedule, shift: Shift, who: Who) -> Named:
    return Named(shift.user, schedule.id, schedule.name, schedule.zone, shift.source, shift.start, shift.end, who)
