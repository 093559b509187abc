"""Pages: what was sent, and what would have been."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query

from gateway.api.parameters import Key
from gateway.auth.principal import Gateway, Reader
from gateway.schemas.system import OutboxItem, OutboxPage
from storage import outbox

router = APIRouter(tags=["outbox"])
State = Literal["pending", "sending", "accepted", "delivered", "failed", "unknown", "cancelled", "bundled"]


@router.get("/outbox", operation_id="listPages")
async def list_pages(
    _: Reader,
    gateway: Gateway,
    state: State | None = None,
    channel: Key = "",
    user: Key = "",
    incident: Key = "",
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    cursor: Annotated[str | None, Query(max_length=500)] = None,
) -> OutboxPage:
    """Every page with its person, channel, text, state and times; newest first."""
    wanted = outbox.Filter(state or "", channel, user, incident)
    rows, following = await outbox.listed(gateway.sessions, wanted, limit, cursor)
    return OutboxPage(items=[OutboxItem.of(r) for r in rows], next_cursor=following)
