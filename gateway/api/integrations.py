"""Integrations and their keys."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response
from sqlalchemy import select

from domain.configuration import Configuration
from domain.configuration import Integration as DomainIntegration
from domain.errors import Invalid
from domain.route_checks import check_integration
from gateway.api.parameters import PathId
from gateway.auth.principal import Configurer, Gateway, Reader
from gateway.ingest import PREFIX
from gateway.schemas.base import problems
from gateway.schemas.routing import Integration, IntegrationInput, IntegrationList
from gateway.schemas.system import Key, KeyList, NewIntegrationKey
from gateway.services import Services
from gateway.snippets import snippets
from gateway.then import AsOf
from runtime.ids import new_id
from storage import access
from storage.changes import change, fetch
from storage.tables import IntegrationRow

router = APIRouter(prefix="/integrations", tags=["integrations"])


def _shown(row: IntegrationRow) -> Integration:
    return Integration.model_validate({name: getattr(row, name) for name in Integration.model_fields})


def checked(body: IntegrationInput, config: Configuration) -> DomainIntegration:
    """What is to be saved. Raises Invalid naming the field."""
    wanted = body.to_domain("new")
    check_integration(wanted, config)
    return wanted


def _fields(body: IntegrationInput, gateway: Services) -> dict[str, Any]:
    """The columns to save."""
    checked(body, gateway.config.current)
    return body.model_dump()


@router.get("", operation_id="listIntegrations")
async def list_integrations(_: Reader, then: AsOf) -> IntegrationList:
    """All integrations by name."""
    async with then.session() as session:
        rows = (await session.execute(select(IntegrationRow).order_by(IntegrationRow.name))).scalars()
        return IntegrationList(items=[_shown(r) for r in rows])


@router.post("", operation_id="createIntegration", status_code=201, responses=problems(409))
async def create_integration(body: IntegrationInput, caller: Configurer, gateway: Gateway) -> Integration:
    """A new place for alerts to come in; make a key for it next."""
    fields, ident = _fields(body, gateway), new_id()
    async with change(gateway.sessions, caller.name, "create", f"integration/{ident}", {"name": body.name}) as session:
        row = IntegrationRow(id=ident, **fields)
        session.add(row)
    await gateway.config.refresh()
    return _shown(row)


@router.get("/{integration_id}", operation_id="getIntegration", responses=problems(404))
async def get_integration(integration_id: PathId, _: Reader, then: AsOf) -> Integration:
    """One integration."""
    async with then.session() as session:
        return _shown(await fetch(session, IntegrationRow, integration_id, "integration"))


@router.put("/{integration_id}", operation_id="replaceIntegration", responses=problems(404, 409))
async def replace_integration(
    integration_id: PathId, body: IntegrationInput, caller: Configurer, gateway: Gateway
) -> Integration:
    """Its keys stay. The type cannot change: senders post to the type's URL."""
    fields = _fields(body, gateway)
    async with change(
        gateway.sessions, caller.name, "update", f"integration/{integration_id}", {"name": body.name}
    ) as session:
        row = await fetch(session, IntegrationRow, integration_id, "integration")
        if row.type != body.type:
            raise Invalid("type", f"The type is {row.type} and stays so; create another integration instead.")
        for name, value in fields.items():
            setattr(row, name, value)
    await gateway.config.refresh()
    return _shown(row)


@router.delete("/{integration_id}", operation_id="deleteIntegration", status_code=204, responses=problems(404, 409))
async def delete_integration(integration_id: PathId, caller: Configurer, gateway: Gateway) -> Response:
    """Its keys stop working. Open incidents go on. The canary's own stays: 409."""
    async with change(gateway.sessions, caller.name, "delete", f"integration/{integration_id}") as session:
        await session.delete(await fetch(session, IntegrationRow, integration_id, "integration"))
    await gateway.config.refresh()
    return Response(status_code=204)


@router.get("/{integration_id}/keys", operation_id="listIntegrationKeys", responses=problems(404))
async def list_keys(integration_id: PathId, _: Configurer, gateway: Gateway) -> KeyList:
    """Keys that work."""
    rows = await access.list_integration_keys(gateway.sessions, integration_id)
    return KeyList(items=[Key(id=r.id, hint=r.hint, created_at=r.created_at) for r in rows])


@router.post(
    "/{integration_id}/keys", operation_id="createIntegrationKey", status_code=201, responses=problems(404, 409)
)
async def create_key(integration_id: PathId, caller: Configurer, gateway: Gateway) -> NewIntegrationKey:
    """A further key; the answer shows it, and the URL to post to, this once."""
    row, key = await access.create_integration_key(gateway.sessions, caller.name, integration_id)
    await gateway.config.refresh()
    kind = gateway.config.current.integrations[integration_id].type
    url = f"{gateway.settings.url}{PREFIX}{kind}"
    return NewIntegrationKey(
        id=row.id,
        hint=row.hint,
        created_at=row.created_at,
        key=key,
        webhook_url=f"{url}/{key}",
        snippets=snippets(kind, url, key),
    )


@router.delete(
    "/{integration_id}/keys/{key_id}",
    operation_id="revokeIntegrationKey",
    status_code=204,
    responses=problems(404, 409),
)
async def revoke_key(integration_id: PathId, key_id: PathId, caller: Configurer, gateway: Gateway) -> Response:
    """Senders with this key are refused from now on."""
    await access.revoke_integration_key(gateway.sessions, caller.name, integration_id, key_id)
    await gateway.config.refresh()
    return Response(status_code=204)
