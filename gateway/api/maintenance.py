"""Maintenance: work on services, or on what some integrations watch, during which nobody is paged for them."""

from __future__ import annotations

from fastapi import APIRouter, Response
from sqlalchemy import select

from domain.configuration import Configuration
from domain.maintenance import between, open_until
from domain.noise_checks import check_maintenance
from gateway.api.parameters import PathId
from gateway.auth.principal import Configurer, Gateway, Reader
from gateway.schedule_news import announce
from gateway.schemas.base import moment, problems
from gateway.schemas.noise import Maintenance, MaintenanceInput, MaintenanceList, Opened
from gateway.then import AsOf
from runtime.ids import new_id
from storage import noise
from storage.changes import change, fetch
from storage.tables import MaintenanceRow

router = APIRouter(prefix="/maintenance", tags=["noise"])
AHEAD_S = 60 * 86_400.0
SHOWN = 10
FIELDS = ("id", "name", "starts_at", "ends_at", "windows", "integration_ids", "service_ids", "comment", "created_by")


def _shown(row: MaintenanceRow, config: Configuration, now: float) -> Maintenance:
    work = noise.maintenance_of(row)
    spans = between(work, config.holidays, now, now + AHEAD_S)[:SHOWN]
    told = [Opened.model_validate({"start": moment(low), "end": moment(high)}) for low, high in spans]
    fields = {name: getattr(row, name) for name in (*FIELDS, "created_at")}
    return Maintenance.model_validate(
        {**fields, "open": open_until(work, config.holidays, now) is not None, "next": told}
    )


@router.get("", operation_id="listMaintenance")
async def list_maintenance(_: Reader, then: AsOf) -> MaintenanceList:
    """All of it by name, what is over too."""
    now, config = await then.now(), await then.configuration()
    async with then.session() as session:
        rows = (
            await session.execute(select(MaintenanceRow).order_by(MaintenanceRow.name, MaintenanceRow.id))
        ).scalars()
        return MaintenanceList(items=[_shown(row, config, now) for row in rows])


@router.post("", operation_id="createMaintenance", status_code=201)
async def create_maintenance(body: MaintenanceInput, caller: Configurer, gateway: Gateway) -> Maintenance:
    """Incidents that open in it page nobody; what still fires at its end escalates. Incidents that are open go on."""
    now = await gateway.store.now()
    work = body.to_domain(new_id(), caller.name, now)
    check_maintenance(work, gateway.config.current, now)
    detail = {"name": work.name, "comment": work.comment}
    async with change(gateway.sessions, caller.name, "create", f"maintenance/{work.id}", detail) as session:
        row = MaintenanceRow(id=work.id, created_by=work.created_by)
        noise.write_maintenance(row, work)
        session.add(row)
        await session.flush()
        await session.refresh(row)
    await gateway.config.refresh()
    return _shown(row, gateway.config.current, now)


@router.get("/{maintenance_id}", operation_id="getMaintenance", responses=problems(404))
async def get_maintenance(maintenance_id: PathId, _: Reader, then: AsOf) -> Maintenance:
    """One maintenance."""
    now, config = await then.now(), await then.configuration()
    async with then.session() as session:
        return _shown(await fetch(session, MaintenanceRow, maintenance_id, "maintenance"), config, now)


@router.put("/{maintenance_id}", operation_id="replaceMaintenance", responses=problems(404))
async def replace_maintenance(
    maintenance_id: PathId, body: MaintenanceInput, caller: Configurer, gateway: Gateway
) -> Maintenance:
    """All of it. Incidents that rest on it look at once whether people are to be paged now."""
    now = await gateway.store.now()
    detail = {"name": body.name, "comment": body.comment}
    async with change(gateway.sessions, caller.name, "update", f"maintenance/{maintenance_id}", detail) as session:
        row = await fetch(session, MaintenanceRow, maintenance_id, "maintenance")
        work = body.to_domain(maintenance_id, row.created_by, now)
        check_maintenance(work, gateway.config.current, now)
        noise.write_maintenance(row, work)
        shards = await noise.look_again(session, maintenance_id)
    await announce(gateway.poker, gateway.config, shards)
    return _shown(row, gateway.config.current, now)


@router.delete("/{maintenance_id}", operation_id="deleteMaintenance", status_code=204, responses=problems(404))
async def delete_maintenance(maintenance_id: PathId, caller: Configurer, gateway: Gateway) -> Response:
    """It is over; what fires and rested on it starts to escalate."""
    async with change(gateway.sessions, caller.name, "delete", f"maintenance/{maintenance_id}") as session:
        await session.delete(await fetch(session, MaintenanceRow, maintenance_id, "maintenance"))
        shards = await noise.look_again(session, maintenance_id)
    await announce(gateway.poker, gateway.config, shards)
    return Response(status_code=204)
