"""API keys, and who I am."""

from __future__ import annotations

from fastapi import APIRouter, Response

from gateway.api.parameters import PathId
from gateway.auth.principal import Admin, Gateway, Reader
from gateway.schemas.base import problems
from gateway.schemas.system import ApiKey, ApiKeyInput, ApiKeyList, Me, NewApiKey
from storage import access
from storage.tables import ApiKeyRow

router = APIRouter(tags=["access"])


def _shown(row: ApiKeyRow) -> ApiKey:
    return ApiKey(id=row.id, hint=row.hint, created_at=row.created_at, name=row.name, scopes=row.scopes)


@router.get("/me", operation_id="getMe")
async def get_me(caller: Reader) -> Me:
    """Who is asking."""
    return Me(user_id=caller.user_id, name=caller.name, role=caller.role, scopes=list(caller.scopes))


@router.get("/api-keys", operation_id="listApiKeys")
async def list_api_keys(_: Admin, gateway: Gateway) -> ApiKeyList:
    """Keys that work."""
    return ApiKeyList(items=[_shown(r) for r in await access.list_api_keys(gateway.sessions)])


@router.post("/api-keys", operation_id="createApiKey", status_code=201)
async def create_api_key(body: ApiKeyInput, caller: Admin, gateway: Gateway) -> NewApiKey:
    """A key that acts for you within these scopes; shown this once."""
    scopes = sorted(set(body.scopes))
    row, key = await access.create_api_key(gateway.sessions, caller.name, body.name, list(scopes), caller.user_id)
    return NewApiKey(**_shown(row).model_dump(), key=key)


@router.delete("/api-keys/{key_id}", operation_id="revokeApiKey", status_code=204, responses=problems(404))
async def revoke_api_key(key_id: PathId, caller: Admin, gateway: Gateway) -> Response:
    """The key stops working at once."""
    await access.revoke_api_key(gateway.sessions, caller.name, key_id)
    return Response(status_code=204)
