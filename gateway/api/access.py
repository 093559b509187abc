"""API keys, and who I am."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from domain.errors import Invalid
from domain.roles import allows, permissions
from gateway.api.parameters import PathId
from gateway.auth.principal import Gateway, Reader
from gateway.problems import ProblemError
from gateway.schemas.base import problems
from gateway.schemas.system import ApiKey, ApiKeyInput, ApiKeyList, Me, NewApiKey
from storage import access
from storage.access import Holder
from storage.tables import ApiKeyRow

router = APIRouter(tags=["access"])


def _shown(row: ApiKeyRow) -> ApiKey:
    return ApiKey(
        id=row.id, hint=row.hint, created_at=row.created_at, name=row.name, scopes=row.scopes, user_id=row.user_id
    )


def _whose(caller: Holder) -> str | None:
    """Whose keys the caller may see and revoke; None: everybody's."""
    return None if allows(caller.role, caller.scopes, "admin") else caller.user_id or ""


def _not_by_key(caller: Holder) -> None:
    """A key that leaked must not make another that outlives it. Raises 403."""
    if caller.scopes and not allows(caller.role, caller.scopes, "admin"):
        raise ProblemError(403, "An API key makes and revokes keys only with the scope admin; sign in to do it.")


@router.get("/me", operation_id="getMe")
async def get_me(caller: Reader) -> Me:
    """Who is asking."""
    return Me(
        user_id=caller.user_id,
        name=caller.name,
        role=caller.role,
        scopes=list(caller.scopes),
        permissions=permissions(caller.role, caller.scopes),
    )


@router.get("/api-keys", operation_id="listApiKeys")
async def list_api_keys(
    caller: Reader, gateway: Gateway, mine: Annotated[bool, Query(description="Only one's own")] = False
) -> ApiKeyList:
    """Keys that work: one's own, and those of everybody for an administrator."""
    only = caller.user_id or "" if mine else _whose(caller)
    return ApiKeyList(items=[_shown(r) for r in await access.list_api_keys(gateway.sessions, only)])


@router.post("/api-keys", operation_id="createApiKey", status_code=201)
async def create_api_key(body: ApiKeyInput, caller: Reader, gateway: Gateway) -> NewApiKey:
    """A key that acts for you within these scopes, which are at most what you may; shown this once."""
    _not_by_key(caller)
    scopes = sorted(set(body.scopes))
    if beyond := [s for s in scopes if not allows(caller.role, caller.scopes, s)]:
        raise Invalid("scopes", f"You may not {', '.join(beyond)} yourself, so no key of yours may.")
    row, key = await access.create_api_key(gateway.sessions, caller.name, body.name, list(scopes), caller.user_id)
    return NewApiKey(**_shown(row).model_dump(), key=key)


@router.delete("/api-keys/{key_id}", operation_id="revokeApiKey", status_code=204, responses=problems(404))
async def revoke_api_key(key_id: PathId, caller: Reader, gateway: Gateway) -> Response:
    """The key stops working at once. One's own, and any for an administrator."""
    _not_by_key(caller)
    await access.revoke_api_key(gateway.sessions, caller.name, key_id, _whose(caller))
    return Response(status_code=204)
