"""All schedules beside each other: who is on call in each, between two instants."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter

from gateway.api.parameters import Key
from gateway.auth.principal import Reader
from gateway.schedule_lines import timeline
from gateway.schemas.base import Moment
from gateway.schemas.schedules import Timeline
from gateway.then import AsOf

router = APIRouter(prefix="/on-call", tags=["on-call"])


@router.get("/timeline", operation_id="getOnCallTimeline")
async def get_timeline(_: Reader, then: AsOf, start: Moment, end: Moment, team: Key = "") -> Timeline:
    """The final line of every schedule, or of a team's, by name, with its gaps."""
    config = await then.configuration()
    # In a thread: many schedules take half a second, and alerts must not wait for it.
    return Timeline(items=await asyncio.to_thread(timeline, config, team, start.timestamp(), end.timestamp()))
