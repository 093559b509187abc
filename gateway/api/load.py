"""What being on call costs whom, and which swaps would even it out."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import replace
from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Query

from domain.configuration import Configuration
from domain.duty import duties
from domain.errors import Invalid
from domain.evening import Question, suggest
from domain.holidays import Holidays
from domain.load import Roster, loads
from domain.oncall import shifts
from domain.rota import participants
from domain.schedule import Schedule
from domain.spans import joined
from gateway.api.parameters import Key
from gateway.auth.principal import Reader
from gateway.schemas.base import Moment
from gateway.schemas.rota import LoadReport, PersonLoad, SwapSuggestion
from gateway.then import AsOf
from storage.swaps import away_between

router = APIRouter(prefix="/on-call/load", tags=["on-call"])
LONGEST_S = 400 * 86_400.0


@router.get("", operation_id="getOnCallLoad")
async def get_load(
    _: Reader,
    then: AsOf,
    start: Moment,
    end: Moment,
    schedule: Key = "",
    team: Key = "",
    holidays: Key = "",
    zone_of: Annotated[Literal["person", "schedule"], Query(description="Whose clock says what a night is")] = "person",
) -> LoadReport:
    """Hours on call per person from start to end, in one schedule, a team's, or all; with swaps to even them out.

    `holidays`: id of a holiday calendar; left away, those that a schedule's windows name.
    """
    low, high = start.timestamp(), end.timestamp()
    if not 0 < high - low <= LONGEST_S:
        raise Invalid("end", "The period must end after it starts, and last at most 400 days.")
    config = await then.configuration()
    if holidays and holidays not in config.holidays:
        raise Invalid("holidays", f"There is no holiday calendar with id {holidays!r}.")
    calendars = (config.holidays[holidays],) if holidays else None
    chosen = _chosen(config, schedule, team)
    away: defaultdict[str, list[tuple[float, float]]] = defaultdict(list)
    async with then.session() as session:
        for row in await away_between(session, low, high, then.at):
            away[row.user_id].append((row.starts_at.timestamp(), row.ends_at.timestamp()))
    question = Question(
        rosters=(),
        zones={u.id: u.zone for u in config.users.values()},
        names={u.id: u.name for u in config.users.values()},
        now=await then.now(),
        away={user: joined(spans) for user, spans in away.items()},
        by_schedule=zone_of == "schedule",
    )
    # In a thread: a year of many people takes a second, and alerts must not wait for it.
    people, suggestions = await asyncio.to_thread(_computed, question, chosen, config, calendars, low, high)
    return LoadReport(start=start, end=end, zone_of=zone_of, people=people, suggestions=suggestions)


def _chosen(config: Configuration, schedule: str, team: str) -> list[Schedule]:
    if schedule and schedule not in config.schedules:
        raise Invalid("schedule", f"There is no schedule with id {schedule!r}.")
    if team and team not in config.teams:
        raise Invalid("team", f"There is no team with id {team!r}.")
    ordered = sorted(config.schedules.values(), key=lambda s: (s.name, s.id))
    return [s for s in ordered if schedule in ("", s.id) and team in ("", s.team_id)]


def _computed(
    question: Question,
    chosen: list[Schedule],
    config: Configuration,
    calendars: tuple[Holidays, ...] | None,
    low: float,
    high: float,
) -> tuple[list[PersonLoad], list[SwapSuggestion]]:
    rosters = tuple(_roster(s, config, calendars, low, high) for s in chosen)
    asked = replace(question, rosters=rosters)
    people = [PersonLoad.of(x, asked.names.get(x.user, x.user)) for x in loads(rosters, asked.zones, asked.by_schedule)]
    return people, [SwapSuggestion.of(s) for s in suggest(asked)]


def _roster(
    schedule: Schedule, config: Configuration, calendars: tuple[Holidays, ...] | None, low: float, high: float
) -> Roster:
    users = config.users
    members = tuple(u for u in participants(schedule) if u in users and users[u].active)
    days = frozenset(date.fromisoformat(d) for c in calendars or schedule.holidays for d in c.dates)
    return Roster(schedule.id, schedule.name, schedule.zone, tuple(duties(shifts(schedule, low, high))), members, days)
