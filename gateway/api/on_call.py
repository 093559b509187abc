"""Who is on call."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from domain.configuration import Configuration
from domain.oncall import next_change, who
from domain.schedule import Schedule
from gateway.auth.principal import Gateway, Reader
from gateway.schemas.base import Moment, moment
from gateway.schemas.schedules import OnCallEntry, OnCallList

router = APIRouter(tags=["on-call"])
LOOK_AHEAD = 50
"""Changes looked at to find the next person."""


@router.get("/on-call", operation_id="getOnCall")
async def get_on_call(
    _: Reader, gateway: Gateway, at: Annotated[Moment | None, Query(description="Default: now")] = None
) -> OnCallList:
    """For every schedule: who, until when, who next."""
    instant = at.timestamp() if at is not None else await gateway.store.now()
    config = gateway.config.current
    items = [_entry(config, s, instant) for s in sorted(config.schedules.values(), key=lambda s: s.name)]
    return OnCallList(at=moment(instant), items=items)


def _entry(config: Configuration, schedule: Schedule, at: float) -> OnCallEntry:
    users = who(schedule, at)
    change, following = at, users
    until: float | None = None
    for _ in range(LOOK_AHEAD):
        upcoming = next_change(schedule, change)
        if upcoming is None:
            break
        change, following = upcoming, who(schedule, upcoming)
        if following != users:
            until = change
            break
    return OnCallEntry(
        schedule_id=schedule.id,
        schedule=schedule.name,
        user_ids=list(users),
        users=[config.users[u].name if u in config.users else u for u in users],
        until=moment(until),
        next_user_ids=list(following) if until is not None else [],
    )
