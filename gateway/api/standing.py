"""How what is configured stands now. Apart from the configuration, whose answers are the same for the same time."""

from __future__ import annotations

from fastapi import APIRouter

from gateway.auth.principal import Gateway, Reader
from gateway.schemas.base import moment
from gateway.schemas.configuration import Locked
from gateway.schemas.received import Standing
from storage.canary import CANARY
from storage.incidents import open_by_service
from storage.managed import applied
from storage.readiness import last_heard

router = APIRouter(tags=["integrations"])


@router.get("/standing", operation_id="getStanding")
async def get_standing(_: Reader, gateway: Gateway) -> Standing:
    """Open incidents by service, when each integration was last heard from, and what is not people's to change."""
    heard = await last_heard(gateway.sessions)
    times = {ident: moment(at) for ident, at in heard.items()}
    found = {"open_incidents": await open_by_service(gateway.sessions), "last_heard_at": times, "built_in": [CANARY]}
    return Standing.model_validate(found)


@router.get("/managed", operation_id="getManaged")
async def get_managed(_: Reader, gateway: Gateway) -> Locked:
    """What only a tree may change, and where that lives: whoever edits it by hand is refused, 409."""
    async with gateway.sessions() as session:
        row = await applied(session)
    return Locked(lives_in=row.lives_in, locked=row.locked) if row is not None else Locked(lives_in="", locked=[])
