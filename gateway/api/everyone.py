"""All schedules beside each other: who is on call in each, between two instants."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter

from domain.configuration import Configuration
from domain.errors import Invalid
from domain.oncall import gaps, shifts
from domain.schedule import Schedule
from gateway.api.parameters import Key
from gateway.auth.principal import Reader
from gateway.schedule_lines import MAX_PIECES, WINDOW_S, pieces, shown
from gateway.schemas.base import Moment, moment
from gateway.schemas.schedules import Gap, ScheduleLine, Timeline
from gateway.then import AsOf

router = APIRouter(prefix="/on-call", tags=["on-call"])


@router.get("/timeline", operation_id="getOnCallTimeline")
async def get_timeline(_: Reader, then: AsOf, start: Moment, end: Moment, team: Key = "") -> Timeline:
    """The final line of every schedule, or of a team's, by name, with its gaps."""
    low, high = start.timestamp(), end.timestamp()
    if not 0 < high - low <= WINDOW_S:
        raise Invalid("end", "The window must end after it starts, and last at most 400 days.")
    config = await then.configuration()
    if team and team not in config.teams:
        raise Invalid("team", f"There is no team with id {team!r}.")
    chosen = _chosen(config, team)
    if sum(pieces(s, high - low) for s in chosen) > MAX_PIECES:
        raise Invalid("end", f"This window holds more than {MAX_PIECES} shifts; make it shorter.")
    # In a thread: many schedules take half a second, and alerts must not wait for it.
    return Timeline(items=await asyncio.to_thread(lambda: [_line(s, low, high) for s in chosen]))


def _chosen(config: Configuration, team: str) -> list[Schedule]:
    ordered = sorted(config.schedules.values(), key=lambda s: (s.name, s.id))
    return [s for s in ordered if team in ("", s.team_id)]


def _line(schedule: Schedule, low: float, high: float) -> ScheduleLine:
    holes = [Gap.model_validate({"start": moment(a), "end": moment(b)}) for a, b in gaps(schedule, low, high)]
    return ScheduleLine(
        schedule_id=schedule.id,
        schedule=schedule.name,
        zone=schedule.zone,
        shifts=shown(shifts(schedule, low, high)),
        gaps=holes,
    )
