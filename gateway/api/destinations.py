"""Where an organisation has pages sent besides to people."""

from __future__ import annotations

from fastapi import APIRouter, Response
from sqlalchemy import select

from channels.addresses import check_address
from domain.destination import check_destination
from domain.errors import Invalid
from domain.masking import hint
from gateway.api.contacts import check_outside
from gateway.api.parameters import PathId
from gateway.auth.principal import Configurer, Gateway, Reader
from gateway.references import check_unused
from gateway.schemas.accounts import ContactTested
from gateway.schemas.base import problems
from gateway.schemas.destinations import Destination, DestinationInput, DestinationList
from gateway.services import Services
from gateway.single_page import NEXT_TEST_S, pause, test_page, tried
from gateway.then import AsOf
from runtime.ids import new_id
from storage import audit
from storage.changes import act, change, fetch
from storage.destinations import destination_of, sealed, settings_of
from storage.sealed import Sealer
from storage.tables import DestinationRow

router = APIRouter(prefix="/destinations", tags=["destinations"])


def _shown(row: DestinationRow, sealer: Sealer) -> Destination:
    contact = destination_of(row, sealer).contact
    return Destination(
        id=row.id,
        name=row.name,
        kind=contact.channel,
        address_hint=hint(contact.channel, contact.address),
        signed=bool(contact.settings.get("secret")),
        mention=bool(contact.settings.get("mention")),
        team_id=row.team_id,
        created_at=row.created_at,
    )


async def _checked(body: DestinationInput, gateway: Services, before: DestinationRow | None = None) -> bytes:
    """What is to be kept of it. A secret or address that is left empty is the stored one, of the same kind."""
    kept = destination_of(before, gateway.sealer).contact if before is not None and before.kind == body.kind else None
    given = body.address.get_secret_value() or (kept.address if kept is not None else "")
    secret = body.secret.get_secret_value() or (kept.settings.get("secret", "") if kept is not None else "")
    address = check_address(body.kind, given)
    check_destination(body.kind, secret, body.mention)
    if body.team_id is not None and body.team_id not in gateway.config.current.teams:
        raise Invalid("team_id", f"There is no team with id {body.team_id!r}.")
    await check_outside(gateway, body.kind, address)
    return sealed(gateway.sealer, address, settings_of(secret, body.mention))


@router.get("", operation_id="listDestinations")
async def list_destinations(_: Reader, then: AsOf) -> DestinationList:
    """All destinations by name."""
    async with then.session() as session:
        rows = (await session.execute(select(DestinationRow).order_by(DestinationRow.name))).scalars()
        return DestinationList(items=[_shown(r, then.services.sealer) for r in rows])


@router.post("", operation_id="createDestination", status_code=201, responses=problems(409))
async def create_destination(body: DestinationInput, caller: Configurer, gateway: Gateway) -> Destination:
    """A new one; a step of a policy names it as a target of the kind destination."""
    kept, ident = await _checked(body, gateway), new_id()
    async with change(gateway.sessions, caller.name, "create", f"destination/{ident}", {"name": body.name}) as session:
        row = DestinationRow(id=ident, name=body.name, kind=body.kind, sealed=kept, team_id=body.team_id)
        session.add(row)
        await session.flush()
        await session.refresh(row)
    await gateway.config.refresh()
    return _shown(row, gateway.sealer)


@router.get("/{destination_id}", operation_id="getDestination", responses=problems(404))
async def get_destination(destination_id: PathId, _: Reader, then: AsOf) -> Destination:
    """One destination."""
    async with then.session() as session:
        return _shown(await fetch(session, DestinationRow, destination_id, "destination"), then.services.sealer)


@router.put("/{destination_id}", operation_id="replaceDestination", responses=problems(404, 409))
async def replace_destination(
    destination_id: PathId, body: DestinationInput, caller: Configurer, gateway: Gateway
) -> Destination:
    """As a whole; pages that are on their way go to the new address."""
    async with gateway.sessions() as session:
        kept = await _checked(body, gateway, await fetch(session, DestinationRow, destination_id, "destination"))
    async with change(
        gateway.sessions, caller.name, "update", f"destination/{destination_id}", {"name": body.name}
    ) as session:
        row = await fetch(session, DestinationRow, destination_id, "destination")
        row.name, row.kind, row.sealed, row.team_id = body.name, body.kind, kept, body.team_id
    await gateway.config.refresh()
    return _shown(row, gateway.sealer)


@router.post("/{destination_id}/test", operation_id="testDestination", responses=problems(404, 429))
async def test_destination(destination_id: PathId, caller: Configurer, gateway: Gateway) -> ContactTested:
    """Send a test page now, and say what the provider answered. Nobody is mentioned. Half a minute between two."""
    async with act(gateway.sessions, caller.name, "test", subject := f"destination/{destination_id}") as session:
        row = await fetch(session, DestinationRow, destination_id, "destination")
        await session.refresh(row, with_for_update=True)
        pause("test", await audit.last_s(session, None, "test", subject), NEXT_TEST_S)
        contact = destination_of(row, gateway.sealer).contact
        settings = {k: v for k, v in contact.settings.items() if k != "mention"}
        page = test_page(gateway, caller.name, row.name, contact.address, settings)
    return await tried(gateway, contact.channel, page, destination_id)


@router.delete("/{destination_id}", operation_id="deleteDestination", status_code=204, responses=problems(404, 409))
async def delete_destination(destination_id: PathId, caller: Configurer, gateway: Gateway) -> Response:
    """Refused while a policy names it."""
    async with change(gateway.sessions, caller.name, "delete", f"destination/{destination_id}") as session:
        row = await fetch(session, DestinationRow, destination_id, "destination")
        await check_unused(session, "destination", destination_id)
        await session.delete(row)
    await gateway.config.refresh()
    return Response(status_code=204)
