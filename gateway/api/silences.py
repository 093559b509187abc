"""Silences: alerts that page nobody for a time."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response
from sqlalchemy import func, select

from domain.configuration import Silence as DomainSilence
from domain.errors import Invalid
from domain.noise_checks import check_room, check_silence, check_times
from gateway.api.parameters import PathId
from gateway.auth.principal import Gateway, Reader, Responder
from gateway.schedule_news import announce
from gateway.schemas.base import problems
from gateway.schemas.noise import Silence, SilenceInput, SilenceList, SilencePreview, SilenceTimes
from gateway.services import Services
from gateway.silence_preview import preview
from gateway.then import AsOf
from runtime.ids import new_id
from storage import noise
from storage.changes import change, fetch
from storage.tables import SilenceRow

router = APIRouter(prefix="/silences", tags=["noise"])
States = Annotated[list[Literal["pending", "active", "over"]] | None, Query(description="Repeat for several")]
LIMIT = 1_000
FIELDS = ("matchers", "integration_id", "service_id", "team_id", "starts_at", "ends_at", "comment", "created_by")


def _shown(row: SilenceRow, now: float) -> Silence:
    over = row.ends_at.timestamp() <= now
    state = "over" if over else "pending" if row.starts_at.timestamp() > now else "active"
    return Silence.model_validate(
        {"id": row.id, "state": state, "created_at": row.created_at, **{name: getattr(row, name) for name in FIELDS}}
    )


async def _checked(body: SilenceInput, ident: str, by: str, gateway: Services) -> DomainSilence:
    _check_end(body)
    now = await gateway.store.now()
    silence = body.to_domain(ident, by, now)
    check_silence(silence, gateway.config.current, now)
    return silence


def _check_end(body: SilenceTimes) -> None:
    if (body.ends_at is None) == (body.minutes is None):
        raise Invalid("ends_at", "Every silence ends: send either ends_at or minutes.")


@router.get("", operation_id="listSilences")
async def list_silences(_: Reader, then: AsOf, state: States = None) -> SilenceList:
    """The last to end first; at most 1,000."""
    wanted = state or ["pending", "active"]
    query = select(SilenceRow).order_by(SilenceRow.ends_at.desc(), SilenceRow.id)
    if "over" not in wanted:
        query = query.where(SilenceRow.ends_at > func.now())
    now = await then.now()
    async with then.session() as session:
        rows = (await session.execute(query)).scalars()
        shown = [_shown(row, now) for row in rows]
    return SilenceList(items=[s for s in shown if s.state in wanted][:LIMIT])


@router.post("", operation_id="createSilence", status_code=201)
async def create_silence(body: SilenceInput, caller: Responder, gateway: Gateway) -> Silence:
    """From its start on, what it fits opens incidents that page nobody. Incidents that are open go on."""
    silence = await _checked(body, new_id(), caller.name, gateway)
    detail = {"matchers": [m.model_dump() for m in body.matchers], "comment": body.comment}
    async with change(gateway.sessions, caller.name, "create", f"silence/{silence.id}", detail) as session:
        found = await noise.count(session)
        check_room(silence, found.all, found.scanned, found.patterns)
        row = noise.row_of(silence)
        session.add(row)
        await session.flush()
        await session.refresh(row)
    await gateway.config.refresh()
    return _shown(row, await gateway.store.now())


@router.post("/preview", operation_id="previewSilence")
async def preview_silence(body: SilenceInput, caller: Responder, gateway: Gateway) -> SilencePreview:
    """What it would fit of what is open now and what opened in the last 24 hours. Nothing is saved."""
    return await preview(gateway, await _checked(body, "new", caller.name, gateway))


@router.get("/{silence_id}", operation_id="getSilence", responses=problems(404))
async def get_silence(silence_id: PathId, _: Reader, then: AsOf) -> Silence:
    """One silence, also one that is over."""
    now = await then.now()
    async with then.session() as session:
        return _shown(await fetch(session, SilenceRow, silence_id, "silence"), now)


@router.put("/{silence_id}", operation_id="changeSilence", responses=problems(404))
async def change_silence(silence_id: PathId, body: SilenceTimes, caller: Responder, gateway: Gateway) -> Silence:
    """Its times and comment. Incidents that rest on it look at once whether people are to be paged now."""
    _check_end(body)
    now, detail = await gateway.store.now(), {"comment": body.comment}
    async with change(gateway.sessions, caller.name, "update", f"silence/{silence_id}", detail) as session:
        row = await fetch(session, SilenceRow, silence_id, "silence")
        before = noise.silence_of(row)
        if before.ends_at <= now:
            raise Invalid("ends_at", "This silence is over and stays so; make another one.")
        start, end = body.span(now, before.starts_at)
        noise.set_times(row, start, end, body.comment)
        check_times(noise.silence_of(row), now)
        shards = await noise.look_again(session, silence_id)
    await announce(gateway.poker, gateway.config, shards)
    return _shown(row, now)


@router.post("/{silence_id}/expire", operation_id="expireSilence", responses=problems(404))
async def expire_silence(silence_id: PathId, caller: Responder, gateway: Gateway) -> Silence:
    """It is over now. What fires and rested on it starts to escalate. Of one that is over nothing changes."""
    async with change(gateway.sessions, caller.name, "expire", f"silence/{silence_id}") as session:
        row = await fetch(session, SilenceRow, silence_id, "silence")
        ended: Any = func.least(SilenceRow.ends_at, func.now())
        row.starts_at, row.ends_at = func.least(SilenceRow.starts_at, func.now()), ended
        await session.flush()
        await session.refresh(row)
        shards = await noise.look_again(session, silence_id)
    await announce(gateway.poker, gateway.config, shards)
    return _shown(row, await gateway.store.now())


@router.delete("/{silence_id}", operation_id="deleteSilence", status_code=204, responses=problems(404))
async def delete_silence(silence_id: PathId, caller: Responder, gateway: Gateway) -> Response:
    """As if it had never been; what fires and rested on it starts to escalate."""
    async with change(gateway.sessions, caller.name, "delete", f"silence/{silence_id}") as session:
        await session.delete(await fetch(session, SilenceRow, silence_id, "silence"))
        shards = await noise.look_again(session, silence_id)
    await announce(gateway.poker, gateway.config, shards)
    return Response(status_code=204)
