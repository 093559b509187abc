"""When and by what a person would be reached at some instant, by the rules that page: "what happens at 3 a.m.?"."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query

from domain.configuration import Configuration
from domain.masking import hint
from domain.notify import contact_of, rules_for
from domain.people import Urgency, User
from domain.quiet import quiet_until
from gateway.api.parameters import PathId
from gateway.auth.principal import Reader
from gateway.schemas.accounts import Reach, ReachedBy
from gateway.schemas.base import Moment, moment, problems
from gateway.then import AsOf
from storage.errors import NotFound

router = APIRouter(prefix="/users", tags=["users"])
NIGHT = 3
AT = "Default: the next 3 a.m. of the person's zone, after as_of if given"


@router.get("/{user_id}/reach", operation_id="previewReach", responses=problems(404))
async def preview_reach(
    user_id: PathId,
    _: Reader,
    then: AsOf,
    at: Annotated[Moment | None, Query(description=AT)] = None,
) -> Reach:
    """Their pages while they do not answer: urgent ones, and normal ones with the wait for quiet hours."""
    config = await then.configuration()
    user = config.users.get(user_id)
    if user is None:
        raise NotFound("user", user_id)
    # Of the present by the gateway's clock: this is answered while the database is away.
    now = then.at.timestamp() if then.at is not None else then.services.time.now()
    start = at.timestamp() if at is not None else _night(now, user.zone)
    return Reach.model_validate(
        {
            "at": moment(start),
            "zone": user.zone,
            "urgent": _ways(config, user, "urgent", start),
            "normal": _ways(config, user, "normal", start),
        }
    )


def _night(now: float, zone: str) -> float:
    here = datetime.fromtimestamp(now, ZoneInfo(zone))
    night = here.replace(hour=NIGHT, minute=0, second=0, microsecond=0, fold=0)
    return (night if night > here else night + timedelta(days=1)).timestamp()


def _ways(config: Configuration, user: User, urgency: Urgency, start: float) -> list[ReachedBy]:
    """None at all of a deactivated person: they are passed over."""
    found = []
    for rule in rules_for(user, urgency) if user.active else ():
        contact = contact_of(user, rule.contact_method_id)
        if contact is None:
            continue
        due = start + rule.delay_s
        goes = quiet_until(user, config.holidays, due) if urgency == "normal" else due
        found.append(
            ReachedBy.model_validate(
                {
                    "at": moment(goes),
                    "after_s": goes - start,
                    "contact_method_id": contact.id,
                    "channel": contact.channel,
                    "contact": contact.label,
                    "address_hint": hint(contact.channel, contact.address),
                    "fallback": rule.fallback,
                    "quiet": goes > due,
                }
            )
        )
    return found
