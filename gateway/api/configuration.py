"""The configuration as one tree of text: written, planned, applied, and compared with what was applied last."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from gateway.auth.principal import Admin, Gateway
from gateway.problems import ProblemError
from gateway.schemas.base import problems
from gateway.schemas.configuration import DriftedThing, FieldChange, TreeDrift, TreePlan
from gateway.then import AsOf
from gateway.tree.applying import Wish, apply
from gateway.tree.proposal import drift
from gateway.tree.stored import Everything, exported
from gateway.tree.text import MAX_BYTES, dump, parse
from storage.managed import applied

router = APIRouter(prefix="/configuration", tags=["configuration"])
YAML = "application/yaml"
BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "The tree as YAML, or as JSON, which is YAML too; docs/configuration-as-code.md",
        "content": {YAML: {"schema": {"type": "object"}}, "application/json": {"schema": {"type": "object"}}},
    }
}
Prune = Annotated[bool, Query(description="Delete what is in the tree's sections and not in the tree")]
IfVersion = Annotated[int | None, Query(ge=0, description="Refuse unless the stored configuration has this version")]


async def _tree(request: Request) -> dict[str, Any]:
    """The body; what is too large is not read to its end."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BYTES:
            raise ProblemError(413, f"The tree is larger than {MAX_BYTES // 1_000_000} MB.")
    return await asyncio.to_thread(parse, bytes(body))


Tree = Annotated[dict[str, Any], Depends(_tree)]


@router.get(
    "/export",
    operation_id="exportConfiguration",
    response_class=Response,
    responses={200: {"description": "The tree", "content": {YAML: {"schema": {"type": "object"}}}}},
)
async def export(_: Admin, then: AsOf) -> Response:
    """The whole configuration; the same configuration gives the same text. Secrets are not in it."""
    async with then.session() as session:
        tree = await exported(session, then.services.sealer)
    return Response(await asyncio.to_thread(dump, tree), media_type=YAML)


@router.post("/plan", operation_id="planConfiguration", openapi_extra=BODY, responses=problems(409, 413))
async def plan(caller: Admin, tree: Tree, gateway: Gateway, prune: Prune = False) -> TreePlan:
    """What an apply of this tree would change, and what that means for people. Nothing is saved."""
    return TreePlan.of(await apply(gateway, caller, Wish(tree, prune, dry=True)), dry=True)


@router.post("/apply", operation_id="applyConfiguration", openapi_extra=BODY, responses=problems(409, 413))
async def apply_tree(
    caller: Admin, tree: Tree, gateway: Gateway, prune: Prune = False, if_version: IfVersion = None
) -> TreePlan:
    """Save all that the tree says, or nothing. Applied again it changes nothing."""
    return TreePlan.of(await apply(gateway, caller, Wish(tree, prune, if_version)), dry=False)


@router.get("/drift", operation_id="getConfigurationDrift")
async def get_drift(_: Admin, gateway: Gateway) -> TreeDrift:
    """What was changed by hand since a tree was applied, in what that tree says."""
    async with gateway.sessions() as session:
        row = await applied(session)
        if row is None:
            nothing: dict[str, Any] = dict.fromkeys(("applied_version", "applied_at", "applied_by"))
            return TreeDrift(drifted=False, things=[], lives_in="", locked=[], **nothing)
        found = drift(row.tree, await Everything.load(session, gateway.sealer))
    things = [
        DriftedThing(
            section=str(path[0]),
            name=str(path[1]) if len(path) > 1 else "",
            fields=[FieldChange.of(d) for d in different if d.path or d.after is not None],
        )
        for path, different in found
    ]
    return TreeDrift(
        drifted=bool(things),
        things=things,
        applied_version=row.config_version,
        applied_at=row.applied_at,
        applied_by=row.applied_by,
        lives_in=row.lives_in,
        locked=row.locked,
    )
