"""Heartbeats: what is expected of jobs, and how they stand. Pings come in at /ping/KEY (gateway/pings.py)."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response
from sqlalchemy import select

from domain.errors import Invalid
from domain.expected import MAX_HEARTBEATS, check_heartbeat
from domain.heartbeat import ArmHeartbeat, HeartbeatChanged, PauseHeartbeat
from domain.route_checks import check_owner
from gateway.api.parameters import PathId
from gateway.auth.principal import Configurer, Gateway, Reader, Responder
from gateway.pings import PREFIX
from gateway.schedule_news import announce
from gateway.schemas.base import problems
from gateway.schemas.heartbeats import (
    Heartbeat,
    HeartbeatAction,
    HeartbeatInput,
    HeartbeatList,
    HeartbeatState,
    NewHeartbeat,
)
from gateway.services import Services
from gateway.then import AsOf, Then
from runtime.clock import wall_now
from runtime.codec import json_of
from runtime.ids import EntityId, new_id, shard_of
from runtime.store import Inbound
from storage.changes import change, fetch
from storage.errors import NotFound
from storage.heartbeats import states
from storage.keys import hash_key, hint, new_key
from storage.mail import tell
from storage.tables import HeartbeatRow

router = APIRouter(prefix="/heartbeats", tags=["heartbeats"])
SAVED = tuple(HeartbeatInput.model_fields)


def _shown(row: HeartbeatRow, body: dict[str, Any] | None) -> Heartbeat:
    state = HeartbeatState.of(body, wall_now()) if body is not None else None
    return Heartbeat(id=row.id, hint=row.hint, state=state, **{name: getattr(row, name) for name in SAVED})


def _fields(body: HeartbeatInput, gateway: Services) -> dict[str, Any]:
    """The columns to save. Raises Invalid naming the field."""
    config = gateway.config.current
    wanted = body.to_domain("new")
    check_heartbeat(wanted)
    check_owner(config, "", policy_id=body.policy_id, team_id=body.team_id, service_id=body.service_id)
    return {**body.model_dump(), "cron": wanted.cron}


async def _one(gateway: Services, ident: str) -> Heartbeat:
    return await _one_then(Then(gateway, None), ident)


async def _one_then(then: Then, ident: str) -> Heartbeat:
    async with then.session() as session:
        row = await fetch(session, HeartbeatRow, ident, "heartbeat")
    return _shown(row, None if then.past else (await states(then.services.sessions)).get(ident, {}))


def _with_url(shown: Heartbeat, gateway: Services, key: str) -> NewHeartbeat:
    return NewHeartbeat(**shown.model_dump(), ping_url=f"{gateway.settings.url}{PREFIX}{key}")


@router.get("", operation_id="listHeartbeats")
async def list_heartbeats(_: Reader, then: AsOf) -> HeartbeatList:
    """All heartbeats by name, with how they stand."""
    async with then.session() as session:
        rows = list((await session.execute(select(HeartbeatRow).order_by(HeartbeatRow.name))).scalars())
    if then.past:
        return HeartbeatList(items=[_shown(row, None) for row in rows])
    known = await states(then.services.sessions)
    return HeartbeatList(items=[_shown(row, known.get(row.id, {})) for row in rows])


@router.post("", operation_id="createHeartbeat", status_code=201, responses=problems(409))
async def create_heartbeat(body: HeartbeatInput, caller: Configurer, gateway: Gateway) -> NewHeartbeat:
    """A new heartbeat; the answer shows the address to ping this once. It is armed by its first ping, or by hand."""
    fields, ident, key = _fields(body, gateway), new_id(), new_key("ping")
    if len(gateway.config.current.heartbeats) >= MAX_HEARTBEATS:
        raise Invalid("name", f"There are {MAX_HEARTBEATS} heartbeats, which is the most; delete one first.")
    async with change(gateway.sessions, caller.name, "create", f"heartbeat/{ident}", {"name": body.name}) as session:
        row = HeartbeatRow(id=ident, hint=hint(key), hash=hash_key(key), **fields)
        session.add(row)
    await gateway.config.refresh()
    return _with_url(_shown(row, {}), gateway, key)


@router.get("/{heartbeat_id}", operation_id="getHeartbeat", responses=problems(404))
async def get_heartbeat(heartbeat_id: PathId, _: Reader, then: AsOf) -> Heartbeat:
    """One heartbeat and how it stands."""
    return await _one_then(then, heartbeat_id)


@router.put("/{heartbeat_id}", operation_id="replaceHeartbeat", responses=problems(404, 409))
async def replace_heartbeat(
    heartbeat_id: PathId, body: HeartbeatInput, caller: Configurer, gateway: Gateway
) -> Heartbeat:
    """Its address stays. An armed one has at least one grace from now on; an alert that fires goes on as it was."""
    fields = _fields(body, gateway)
    subject = f"heartbeat/{heartbeat_id}"
    async with change(gateway.sessions, caller.name, "update", subject, {"name": body.name}) as session:
        row = await fetch(session, HeartbeatRow, heartbeat_id, "heartbeat")
        for name, value in fields.items():
            setattr(row, name, value)
        await session.flush()
        shard = await tell(session, EntityId("heartbeat", heartbeat_id), HeartbeatChanged(), new_id())
    await announce(gateway.poker, gateway.config, [shard])
    return await _one(gateway, heartbeat_id)


@router.delete("/{heartbeat_id}", operation_id="deleteHeartbeat", status_code=204, responses=problems(404))
async def delete_heartbeat(heartbeat_id: PathId, caller: Configurer, gateway: Gateway) -> Response:
    """Its address stops working; if it is down, its alert is resolved."""
    async with change(gateway.sessions, caller.name, "delete", f"heartbeat/{heartbeat_id}") as session:
        await session.delete(await fetch(session, HeartbeatRow, heartbeat_id, "heartbeat"))
        shard = await tell(session, EntityId("heartbeat", heartbeat_id), HeartbeatChanged(), new_id())
    await announce(gateway.poker, gateway.config, [shard])
    return Response(status_code=204)


@router.post("/{heartbeat_id}/address", operation_id="replaceHeartbeatAddress", responses=problems(404))
async def replace_address(heartbeat_id: PathId, caller: Configurer, gateway: Gateway) -> NewHeartbeat:
    """A new address to ping, shown this once. The one before stops working at once."""
    key = new_key("ping")
    async with change(gateway.sessions, caller.name, "replace_key", f"heartbeat/{heartbeat_id}") as session:
        row = await fetch(session, HeartbeatRow, heartbeat_id, "heartbeat")
        row.hint, row.hash = hint(key), hash_key(key)
    await gateway.config.refresh()
    return _with_url(await _one(gateway, heartbeat_id), gateway, key)


# -- what people do --------------------------------------------------------------------------------------


async def _act(gateway: Services, ident: str, command: ArmHeartbeat | PauseHeartbeat) -> HeartbeatAction:
    """Into the inbox like everything from outside, then wait a moment for the answer."""
    config = gateway.config.current
    if ident not in config.heartbeats:
        raise NotFound("heartbeat", ident)
    entity = EntityId("heartbeat", ident)
    body, kind = json_of(command), type(command).__name__
    row = Inbound(str(entity), shard_of(entity), kind, new_id(), body, env_version=config.version)
    reply = await gateway.commands.answer(await gateway.inbox.put([row]))
    shown = await _one(gateway, ident)
    if reply is None:
        return HeartbeatAction(state="recorded", why="", heartbeat=shown)
    return HeartbeatAction(state="done" if reply["done"] else "ignored", why=str(reply["why"]), heartbeat=shown)


@router.post("/{heartbeat_id}/arm", operation_id="armHeartbeat", responses=problems(404))
async def arm_heartbeat(heartbeat_id: PathId, caller: Responder, gateway: Gateway) -> HeartbeatAction:
    """Expect pings from now on: before the first one, or after a pause."""
    return await _act(gateway, heartbeat_id, ArmHeartbeat(caller.name))


@router.post("/{heartbeat_id}/pause", operation_id="pauseHeartbeat", responses=problems(404))
async def pause_heartbeat(heartbeat_id: PathId, caller: Responder, gateway: Gateway) -> HeartbeatAction:
    """Expect nothing until it is armed again; an alert that fires is resolved."""
    return await _act(gateway, heartbeat_id, PauseHeartbeat(caller.name))
