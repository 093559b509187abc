"""Services."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from fastapi import APIRouter, Response
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.route_checks import check_service
from gateway.api.parameters import PathId
from gateway.auth.principal import Configurer, Gateway, Reader
from gateway.references import check_unused
from gateway.schemas.base import problems
from gateway.schemas.routing import Link, Service, ServiceInput, ServiceList
from gateway.then import AsOf, Then
from runtime.ids import new_id
from storage.changes import change, fetch
from storage.configuration import service_of
from storage.tables import ServiceRow

router = APIRouter(prefix="/services", tags=["services"])


def _needed_by(rows: Iterable[ServiceRow]) -> dict[str, list[str]]:
    """Service -> those that depend on it."""
    found: dict[str, list[str]] = {}
    for row in rows:
        for needed in row.depends_on:
            found.setdefault(needed, []).append(row.id)
    return found


def _shown(row: ServiceRow, needed_by: Mapping[str, list[str]]) -> Service:
    return Service(
        id=row.id,
        name=row.name,
        team_id=row.team_id,
        policy_id=row.policy_id,
        tier=row.tier,
        description=row.description,
        runbook=row.runbook,
        links=[Link.model_validate(link) for link in row.links],
        depends_on=row.depends_on,
        needed_by=needed_by.get(row.id, []),
    )


def _fields(body: ServiceInput) -> dict[str, Any]:
    return {**body.model_dump(), "depends_on": list(dict.fromkeys(body.depends_on))}


async def _by_name(session: AsyncSession) -> list[ServiceRow]:
    return list((await session.execute(select(ServiceRow).order_by(ServiceRow.name))).scalars())


async def _one(then: Then, ident: str) -> Service:
    async with then.session() as session:
        needed_by = _needed_by(await _by_name(session))
        return _shown(await fetch(session, ServiceRow, ident, "service"), needed_by)


@router.get("", operation_id="listServices")
async def list_services(_: Reader, then: AsOf) -> ServiceList:
    """All services by name."""
    async with then.session() as session:
        rows = await _by_name(session)
    needed_by = _needed_by(rows)
    return ServiceList(items=[_shown(row, needed_by) for row in rows])


@router.post("", operation_id="createService", status_code=201, responses=problems(409))
async def create_service(body: ServiceInput, caller: Configurer, gateway: Gateway) -> Service:
    """A new service."""
    ident = new_id()
    check_service(body.to_domain(ident), gateway.config.current)
    async with change(gateway.sessions, caller.name, "create", f"service/{ident}", {"name": body.name}) as session:
        session.add(ServiceRow(id=ident, **_fields(body)))
    await gateway.config.refresh()
    return await _one(Then(gateway, None), ident)


@router.get("/{service_id}", operation_id="getService", responses=problems(404))
async def get_service(service_id: PathId, _: Reader, then: AsOf) -> Service:
    """One service."""
    return await _one(then, service_id)


@router.put("/{service_id}", operation_id="replaceService", responses=problems(404, 409))
async def replace_service(service_id: PathId, body: ServiceInput, caller: Configurer, gateway: Gateway) -> Service:
    """All of it. Open incidents keep the policy they started with."""
    async with change(gateway.sessions, caller.name, "update", f"service/{service_id}", {"name": body.name}) as session:
        row = await fetch(session, ServiceRow, service_id, "service")
        # As stored, not as this gateway knows it: of two changes that close a circle together the second is refused.
        known = {other.id: service_of(other) for other in await _by_name(session)}
        check_service(body.to_domain(service_id), replace(gateway.config.current, services=known))
        for name, value in _fields(body).items():
            setattr(row, name, value)
    await gateway.config.refresh()
    return await _one(Then(gateway, None), service_id)


@router.delete("/{service_id}", operation_id="deleteService", status_code=204, responses=problems(404, 409))
async def delete_service(service_id: PathId, caller: Configurer, gateway: Gateway) -> Response:
    """Refused while a route leads to it or another service depends on it."""
    async with change(gateway.sessions, caller.name, "delete", f"service/{service_id}") as session:
        row = await fetch(session, ServiceRow, service_id, "service")
        await check_unused(session, "service", service_id)
        await session.delete(row)
    await gateway.config.refresh()
    return Response(status_code=204)
