"""Merging, splitting and attaching alerts."""

from __future__ import annotations

from fastapi import APIRouter, Response

from domain.errors import Invalid
from domain.merge import line_of
from domain.tie_messages import Attach, Merge, Split
from gateway.api.alerts import ACTION, act, by, episode_of
from gateway.api.parameters import PathId
from gateway.auth.principal import Gateway, Responder
from gateway.schemas.alerts import ActionResult, AttachRequest, MergeRequest, SplitRequest
from gateway.services import Services
from storage import incidents
from storage.errors import NotFound

router = APIRouter(prefix="/alerts", tags=["alerts"])


async def _other(gateway: Services, field: str, ident: str, alert_id: str) -> str:
    """The id of the other alert, which must exist and be another one."""
    try:
        body = await incidents.one(gateway.sessions, await incidents.present(gateway.sessions, ident))
    except NotFound as error:
        raise Invalid(field, f"There is no alert {ident!r}.") from error
    if body["id"] == alert_id:
        raise Invalid(field, "It is the same alert.")
    return str(body["id"])


@router.post("/{alert_id}/merge", operation_id="mergeAlert", responses=ACTION)
async def merge(
    alert_id: PathId, body: MergeRequest, caller: Responder, gateway: Gateway, response: Response
) -> ActionResult:
    """Make it part of another alert, which then has its members and hears of their news.

    `done` means that the other one was asked: it pages on until that has taken it (`merged_into`), or has refused,
    because it is over, or because nobody is called for it. Both timelines tell.
    """
    episode = episode_of(alert_id)
    into = await _other(gateway, "into", body.into, alert_id)
    if line_of(into) == line_of(alert_id):
        raise Invalid("into", "Both are alerts of one line: what comes to one would come to the other.")
    return await act(gateway, alert_id, Merge(episode, by(caller), into, body.note), response)


@router.post("/{alert_id}/split", operation_id="splitAlert", responses=ACTION)
async def split(
    alert_id: PathId, body: SplitRequest, caller: Responder, gateway: Gateway, response: Response
) -> ActionResult:
    """Make some of its members an alert of their own, which pages as a new one does. Something must be left."""
    command = Split(episode_of(alert_id), by(caller), tuple(body.keys), body.note)
    return await act(gateway, alert_id, command, response)


@router.post("/{alert_id}/attach", operation_id="attachAlert", responses=ACTION)
async def attach(
    alert_id: PathId, body: AttachRequest, caller: Responder, gateway: Gateway, response: Response
) -> ActionResult:
    """Note that it belongs to another alert. Nothing else changes: both page as before."""
    episode = episode_of(alert_id)
    to = await _other(gateway, "to", body.to, alert_id)
    return await act(gateway, alert_id, Attach(episode, by(caller), to, body.note), response)
