"""Who changed what."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from gateway.api.parameters import Key
from gateway.auth.principal import Configurer, Gateway
from gateway.schemas.audit import AuditEntry, AuditFacets, AuditPage
from gateway.schemas.base import Moment
from storage import audit

router = APIRouter(prefix="/audit", tags=["administration"])
Actor = Annotated[str, Query(max_length=200, pattern=r"^[^\x00]*$", description="As it stands in the log")]


@router.get("", operation_id="listAuditLog")
async def list_audit_log(
    _: Configurer,
    gateway: Gateway,
    actor: Actor = "",
    kind: Key = "",
    action: Key = "",
    since: Moment | None = None,
    until: Moment | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    cursor: Annotated[str | None, Query(max_length=500)] = None,
) -> AuditPage:
    """Every change of configuration and every act of looking after it, newest first. Managers and administrators."""
    times = {name: at.timestamp() for name, at in (("since", since), ("until", until)) if at is not None}
    wanted = audit.Filter(actor, kind, action, **times)
    rows, following = await audit.listed(gateway.sessions, wanted, limit, cursor)
    items = [AuditEntry.model_validate(dict(row._mapping)) for row in rows]
    return AuditPage(items=items, next_cursor=following)


@router.get("/facets", operation_id="listAuditFacets")
async def list_audit_facets(_: Configurer, gateway: Gateway) -> AuditFacets:
    """The people and the kinds of things that the log can be filtered by."""
    actors, kinds = await audit.facets(gateway.sessions)
    return AuditFacets(actors=actors, kinds=kinds)
