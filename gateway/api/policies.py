"""Escalation policies and the last resort."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response
from sqlalchemy import select

from domain.errors import Invalid
from domain.policy_checks import check_last_resort, check_policy, check_vigil
from gateway.api.parameters import PathId
from gateway.auth.principal import Admin, Configurer, Gateway, Reader
from gateway.references import check_unused
from gateway.schemas.base import problems
from gateway.schemas.policies import ORGANISATION, LastResort, Organisation, Policy, PolicyInput, PolicyList, Vigil
from gateway.services import Services
from gateway.then import AsOf
from gateway.tree.plans import vigil_columns
from runtime.ids import new_id
from storage.changes import change, fetch
from storage.organisation import policy_version, replace_vigil, vigil_of_all
from storage.tables import PolicyRow, SettingsRow

router = APIRouter(tags=["policies"])


def _shown(row: PolicyRow) -> Policy:
    return Policy(
        id=row.id,
        name=row.name,
        team_id=row.team_id,
        steps=row.steps,
        repeat=row.repeat,
        vigil=ORGANISATION if row.follows else Vigil.model_validate(row.vigil) if row.vigil is not None else None,
        required_acknowledgements=row.required_acknowledgements,
        version=row.version,
    )


def _check(body: PolicyInput, gateway: Services) -> list[dict[str, Any]]:
    config = gateway.config.current
    check_policy(body.to_domain("new", 1, config.vigil), config)
    if body.team_id is not None and body.team_id not in config.teams:
        raise Invalid("team_id", f"There is no team with id {body.team_id!r}.")
    return [step.model_dump(mode="json") for step in body.steps]


@router.get("/policies", operation_id="listPolicies")
async def list_policies(_: Reader, then: AsOf) -> PolicyList:
    """All policies by name."""
    async with then.session() as session:
        rows = (await session.execute(select(PolicyRow).order_by(PolicyRow.name))).scalars()
        return PolicyList(items=[_shown(r) for r in rows])


@router.post("/policies", operation_id="createPolicy", status_code=201, responses=problems(409))
async def create_policy(body: PolicyInput, caller: Configurer, gateway: Gateway) -> Policy:
    """A new policy, at version 1."""
    steps, ident = _check(body, gateway), new_id()
    async with change(gateway.sessions, caller.name, "create", f"policy/{ident}", {"name": body.name}) as session:
        follows, vigil = await vigil_columns(session, body)
        row = PolicyRow(
            id=ident,
            name=body.name,
            team_id=body.team_id,
            steps=steps,
            repeat=body.repeat,
            vigil=vigil,
            follows=follows,
            required_acknowledgements=body.required_acknowledgements,
            version=1,
        )
        session.add_all([row, policy_version(row, caller.name)])
    await gateway.config.refresh()
    return _shown(row)


@router.get("/policies/{policy_id}", operation_id="getPolicy", responses=problems(404))
async def get_policy(policy_id: PathId, _: Reader, then: AsOf) -> Policy:
    """One policy."""
    async with then.session() as session:
        return _shown(await fetch(session, PolicyRow, policy_id, "policy"))


@router.put("/policies/{policy_id}", operation_id="replacePolicy", responses=problems(404, 409))
async def replace_policy(policy_id: PathId, body: PolicyInput, caller: Configurer, gateway: Gateway) -> Policy:
    """A new version. Open incidents go on with the one they started with."""
    steps = _check(body, gateway)
    async with change(gateway.sessions, caller.name, "update", f"policy/{policy_id}", {"name": body.name}) as session:
        row = await fetch(session, PolicyRow, policy_id, "policy")
        row.name, row.team_id, row.steps, row.repeat = body.name, body.team_id, steps, body.repeat
        row.follows, row.vigil = await vigil_columns(session, body)
        row.required_acknowledgements = body.required_acknowledgements
        row.version += 1
        session.add(policy_version(row, caller.name))
    await gateway.config.refresh()
    return _shown(row)


@router.delete("/policies/{policy_id}", operation_id="deletePolicy", status_code=204, responses=problems(404, 409))
async def delete_policy(policy_id: PathId, caller: Configurer, gateway: Gateway) -> Response:
    """Refused while an integration uses it."""
    async with change(gateway.sessions, caller.name, "delete", f"policy/{policy_id}") as session:
        row = await fetch(session, PolicyRow, policy_id, "policy")
        await check_unused(session, "policy", policy_id)
        await session.delete(row)
    await gateway.config.refresh()
    return Response(status_code=204)


@router.get("/last-resort", operation_id="getLastResort")
async def get_last_resort(_: Reader, then: AsOf) -> LastResort:
    """Who is called when nobody else can be."""
    async with then.session() as session:
        row = (await session.execute(select(SettingsRow))).scalar_one()
        return LastResort.model_validate({"targets": row.last_resort})


@router.put("/last-resort", operation_id="replaceLastResort")
async def replace_last_resort(body: LastResort, caller: Admin, gateway: Gateway) -> LastResort:
    """Cannot be empty."""
    config = gateway.config.current
    check_last_resort(tuple(t.to_domain() for t in body.targets), config)
    async with change(gateway.sessions, caller.name, "update", "last_resort") as session:
        row = (await session.execute(select(SettingsRow))).scalar_one()
        row.last_resort = [t.model_dump() for t in body.targets]
    await gateway.config.refresh()
    return body


@router.get("/organisation", operation_id="getOrganisation")
async def get_organisation(_: Reader, then: AsOf) -> Organisation:
    """What holds for all policies that say nothing else."""
    async with then.session() as session:
        return Organisation.model_validate({"vigil": await vigil_of_all(session)})


@router.put("/organisation", operation_id="replaceOrganisation")
async def replace_organisation(body: Organisation, caller: Configurer, gateway: Gateway) -> Organisation:
    """Each policy that follows it is a new version. Open incidents go on with the one they started with."""
    if body.vigil is not None:
        check_vigil(body.vigil.to_domain())
    plain = body.vigil.model_dump() if body.vigil is not None else None
    async with change(gateway.sessions, caller.name, "update", "organisation", {"vigil": plain}) as session:
        await replace_vigil(session, plain, caller.name)
    await gateway.config.refresh()
    return body
