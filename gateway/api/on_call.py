"""Who is on call."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from domain.configuration import Configuration
from domain.masking import hint
from domain.notify import usable
from domain.people import User
from domain.schedule import Schedule
from domain.standing import Standing, standing
from gateway.auth.principal import Reader
from gateway.schemas.base import Moment, moment
from gateway.schemas.schedules import OnCallEntry, OnCallList, Reach
from gateway.then import AsOf

router = APIRouter(tags=["on-call"])


@router.get("/on-call", operation_id="getOnCall")
async def get_on_call(
    _: Reader, then: AsOf, at: Annotated[Moment | None, Query(description="Default: as_of, or now")] = None
) -> OnCallList:
    """For every schedule: who, until when, who next."""
    instant = at.timestamp() if at is not None else await then.now()
    config = await then.configuration()
    stands = then.services.standings.at if at is None and not then.past else standing
    items = [_entry(config, s, stands(s, instant)) for s in sorted(config.schedules.values(), key=lambda s: s.name)]
    return OnCallList(at=moment(instant), version=config.version, items=items)


def _entry(config: Configuration, schedule: Schedule, found: Standing) -> OnCallEntry:
    return OnCallEntry(
        schedule_id=schedule.id,
        schedule=schedule.name,
        zone=schedule.zone,
        user_ids=list(found.users),
        users=[config.users[u].name if u in config.users else u for u in found.users],
        reach=[_reach(config.users.get(u)) for u in found.users],
        until=moment(found.until),
        next_user_ids=list(found.following),
    )


def _reach(user: User | None) -> list[Reach]:
    methods = usable(user) if user is not None and user.active else ()
    return [
        Reach(
            channel=c.channel,
            label=c.label,
            address_hint=hint(c.channel, c.address),
            verified=c.verified or c.channel == "outbox",
        )
        for c in methods
    ]
