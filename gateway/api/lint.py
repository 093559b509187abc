"""What would keep a page from reaching a human, and whether the people of coming shifts are ready."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query

from domain.errors import Invalid
from domain.lint import lint
from domain.lint.finding import Level
from domain.readiness import coming
from gateway.api.parameters import Key
from gateway.auth.principal import Reader
from gateway.schemas.base import moment
from gateway.schemas.lint import ComingShift, Lint, Readiness
from gateway.then import AsOf

router = APIRouter(tags=["plan"])


@router.get("/lint", operation_id="lintConfiguration")
async def lint_configuration(
    _: Reader,
    then: AsOf,
    severity: Annotated[Level, Query(description="The least severe findings that are shown")] = "info",
) -> Lint:
    """The configuration of this moment, over the next 60 days; what came in and what was exercised, up to 30 s old.

    As of a time: what could be said then, less what is known of the present only (`unchecked`).
    """
    if then.at is None:
        return Lint.of(await then.services.lint.report(), severity)
    ahead = await then.services.lint.ahead_then(await then.configuration(), then.at.timestamp())
    return Lint.of(await asyncio.to_thread(lint, ahead.config, ahead.facts, ahead.now), severity)


@router.get("/readiness", operation_id="listShiftReadiness")
async def list_readiness(
    _: Reader,
    then: AsOf,
    days: Annotated[float, Query(gt=0, le=60, description="How far ahead")] = 14,
    schedule: Annotated[Key, Query(description="Only this schedule; default: all that a policy in use calls")] = "",
    user: Annotated[Key, Query(description="Only this person's shifts, in all schedules")] = "",
) -> Readiness:
    """A badge for every coming shift, with the reasons."""
    looked = then.services.lint
    if then.at is None:
        ahead = await looked.ahead(days)
    else:
        ahead = await looked.ahead_then(await then.configuration(), then.at.timestamp(), days)
    if schedule and schedule not in ahead.config.schedules:
        raise Invalid("schedule", f"There is no schedule with id {schedule!r}.")
    known = ahead.config.schedules if user else ahead.schedules
    asked = [ahead.config.schedules[schedule]] if schedule else list(known.values())
    shifts = [s for s in await asyncio.to_thread(coming, ahead, asked) if user in ("", s.user_id)]
    ready = sum(shift.ready for shift in shifts)
    return Readiness.model_validate(
        {
            "at": moment(ahead.now),
            "until": moment(ahead.until),
            "ready": ready,
            "not_ready": len(shifts) - ready,
            "items": [ComingShift.of(shift) for shift in shifts],
        }
    )
