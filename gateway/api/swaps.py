"""Swap requests: ask, take, decline, withdraw. People act for themselves, managers and administrators for anybody."""

from __future__ import annotations

from fastapi import APIRouter
from sqlalchemy import select

from domain.errors import Invalid
from domain.roles import allows
from domain.swap import Command, Decline, Take, Withdraw
from gateway.api.parameters import Key, PathId
from gateway.auth.principal import Gateway, Reader, Responder
from gateway.problems import ProblemError
from gateway.schemas.base import problems
from gateway.schemas.rota import ActInput, SwapInput, SwapList, SwapRequest, SwapState
from gateway.services import Services
from gateway.swapping import Wish, carry_out, new_request
from storage.access import Holder
from storage.changes import fetch
from storage.tables import SwapRow

router = APIRouter(prefix="/swap-requests", tags=["swaps"])
SHOWN = 500


def acting_for(caller: Holder, user_id: str | None, gateway: Services) -> str:
    """Whose shifts the caller is about to change: their own, or anybody's for managers. Raises 403 or Invalid."""
    wanted = user_id if user_id is not None else caller.user_id
    if wanted is None:
        raise Invalid("user_id", "This key belongs to no person: say whom you act for.")
    if wanted != caller.user_id and not allows(caller.role, caller.scopes, "configure"):
        raise ProblemError(403, "Only the person, a manager or an administrator may do this.")
    if wanted not in gateway.config.current.users:
        raise Invalid("user_id", f"There is no user with id {wanted!r}.")
    return wanted


@router.get("", operation_id="listSwapRequests")
async def list_swaps(
    _: Reader, gateway: Gateway, state: SwapState | None = None, schedule: Key = "", user: Key = ""
) -> SwapList:
    """Requests, newest first. `user`: asked by them or offered to them."""
    query = select(SwapRow).order_by(SwapRow.created_at.desc(), SwapRow.id).limit(SHOWN)
    query = query.where(SwapRow.state == state) if state is not None else query
    query = query.where(SwapRow.schedule_id == schedule) if schedule else query
    query = query.where((SwapRow.asker == user) | SwapRow.asked.contains([user])) if user else query
    async with gateway.sessions() as session:
        return SwapList(items=[SwapRequest.of(r) for r in (await session.execute(query)).scalars()])


@router.post("", operation_id="createSwapRequest", status_code=201, responses=problems(404, 409))
async def create_swap(body: SwapInput, caller: Responder, gateway: Gateway) -> SwapRequest:
    """Ask somebody, or the team, to take (part of) a shift. Until it is taken the asker stays on call."""
    wish = Wish(
        schedule_id=body.schedule_id,
        asker=acting_for(caller, body.user_id, gateway),
        start=body.start.timestamp(),
        end=body.end.timestamp(),
        asked=tuple(body.asked) if body.asked is not None else None,
        in_return=body.in_return.span() if body.in_return is not None else None,
        expires_at=body.expires_at.timestamp() if body.expires_at is not None else None,
        note=body.note,
    )
    return SwapRequest.of(await new_request(gateway, wish, caller.name))


@router.get("/{request_id}", operation_id="getSwapRequest", responses=problems(404))
async def get_swap(request_id: PathId, _: Reader, gateway: Gateway) -> SwapRequest:
    """One request with its history."""
    async with gateway.sessions() as session:
        return SwapRequest.of(await fetch(session, SwapRow, request_id, "swap request"))


@router.post("/{request_id}/take", operation_id="takeSwapRequest", responses=problems(404, 409))
async def take_swap(
    request_id: PathId, caller: Responder, gateway: Gateway, body: ActInput | None = None
) -> SwapRequest:
    """Take the shift: the overrides are made at once, all or none. Of two who take it, one gets a 409."""
    return await _acted(gateway, request_id, Take(_who(body, caller, gateway)), caller)


@router.post("/{request_id}/decline", operation_id="declineSwapRequest", responses=problems(404, 409))
async def decline_swap(
    request_id: PathId, caller: Responder, gateway: Gateway, body: ActInput | None = None
) -> SwapRequest:
    """Say no. When the last of those asked has, the request ends and the asker is told."""
    return await _acted(gateway, request_id, Decline(_who(body, caller, gateway)), caller)


@router.post("/{request_id}/withdraw", operation_id="withdrawSwapRequest", responses=problems(404, 409))
async def withdraw_swap(request_id: PathId, caller: Responder, gateway: Gateway) -> SwapRequest:
    """No longer ask. What was taken is undone by deleting its overrides."""
    async with gateway.sessions() as session:
        row = await fetch(session, SwapRow, request_id, "swap request")
    return await _acted(gateway, request_id, Withdraw(acting_for(caller, row.asker, gateway)), caller)


def _who(body: ActInput | None, caller: Holder, gateway: Services) -> str:
    return acting_for(caller, body.user_id if body is not None else None, gateway)


async def _acted(gateway: Services, request_id: str, command: Command, caller: Holder) -> SwapRequest:
    return SwapRequest.of(await carry_out(gateway, request_id, command, caller.name))
