"""Who is on call."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from domain.standing import standing
from gateway.auth.principal import Reader
from gateway.duties import duties
from gateway.schemas.base import Moment, moment
from gateway.schemas.schedules import OnCallList
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
    return OnCallList(at=moment(instant), version=config.version, items=duties(config, instant, stands))
