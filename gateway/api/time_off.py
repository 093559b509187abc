"""Time off: entered, shown with what is uncovered, cancelled."""

from __future__ import annotations

from fastapi import APIRouter, Response

from domain.errors import Invalid
from gateway.api.parameters import Key, PathId
from gateway.api.swaps import acting_for
from gateway.auth.principal import Gateway, Reader, Responder
from gateway.schemas.base import problems
from gateway.schemas.rota import TimeOff, TimeOffInput, TimeOffList, UncoveredShift
from gateway.time_off import AHEAD_S, Shown, cancel, enter, shown_of
from storage.changes import fetch
from storage.swaps import away_between, database_now
from storage.tables import TimeOffRow

router = APIRouter(prefix="/time-off", tags=["swaps"])
LONGEST_S = 366 * 86_400.0


def _shown(shown: Shown) -> TimeOff:
    row = shown.row
    missing = [
        UncoveredShift.model_validate(
            {
                "schedule_id": piece.schedule_id,
                "start": piece.span.start,
                "end": piece.span.end,
                "swap_request_id": piece.request.id if piece.request is not None else None,
                "swap_state": piece.request.state if piece.request is not None else None,
            }
        )
        for piece in shown.uncovered
    ]
    return TimeOff(
        id=row.id,
        user_id=row.user_id,
        start=row.starts_at,
        end=row.ends_at,
        note=row.note,
        ask_cover=row.ask_cover,
        created_by=row.created_by,
        created_at=row.created_at,
        uncovered=missing,
    )


@router.get("", operation_id="listTimeOff")
async def list_time_off(_: Reader, gateway: Gateway, user: Key = "", uncovered: bool = False) -> TimeOffList:
    """Time off that is not over, by start. `uncovered`: only where somebody away is still on call."""
    async with gateway.sessions() as session:
        now = await database_now(session)
        rows = [r for r in await away_between(session, now, now + AHEAD_S) if not user or r.user_id == user]
        found = [await shown_of(gateway.config.current, session, r, now) for r in rows]
    return TimeOffList(items=[_shown(s) for s in found if s.uncovered or not uncovered])


@router.post("", operation_id="createTimeOff", status_code=201)
async def create_time_off(body: TimeOffInput, caller: Responder, gateway: Gateway) -> TimeOff:
    """Enter time off. Nobody is taken off duty by it: colleagues are asked, and what they do not take stays shown."""
    span = body.span()
    if not 0 < span.end - span.start <= LONGEST_S:
        raise Invalid("end", "Time off must end after it starts, and last at most 366 days.")
    await gateway.config.refresh()
    user = acting_for(caller, body.user_id, gateway)
    return _shown(await enter(gateway, user, span, body.note, body.ask_cover, caller.name))


@router.delete("/{time_off_id}", operation_id="deleteTimeOff", status_code=204, responses=problems(404))
async def delete_time_off(time_off_id: PathId, caller: Responder, gateway: Gateway) -> Response:
    """There after all. Open requests for cover are withdrawn; what colleagues have taken stays theirs."""
    async with gateway.sessions() as session:
        row = await fetch(session, TimeOffRow, time_off_id, "time off")
    acting_for(caller, row.user_id, gateway)
    await cancel(gateway, time_off_id, caller.name)
    return Response(status_code=204)
