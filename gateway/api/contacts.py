"""How people are reached: their contact methods."""

from __future__ import annotations

from fastapi import APIRouter, Response
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from channels.addresses import check_address
from channels.outside import Refused
from domain.errors import Invalid
from gateway.api.parameters import PathId
from gateway.auth.principal import Gateway, Reader, look_after
from gateway.schemas.base import problems
from gateway.schemas.people import Contact, ContactInput, ContactList
from gateway.services import Services
from gateway.then import AsOf
from runtime.ids import new_id
from storage.changes import change, fetch
from storage.contacts import opened, seal
from storage.contacts import shown as address_shown
from storage.errors import NotFound
from storage.sealed import Sealer
from storage.tables import ContactMethodRow, UserRow

router = APIRouter(prefix="/users", tags=["users"])


def shown(row: ContactMethodRow, sealer: Sealer) -> Contact:
    """As answered: nobody needs the whole address."""
    return Contact(
        id=row.id,
        channel=row.channel,
        label=row.label,
        address_hint=address_shown(row, sealer),
        enabled=row.enabled,
        verified=row.verified_at is not None or row.channel == "outbox",
        verified_at=row.verified_at,
    )


async def theirs(session: AsyncSession, user_id: str, contact_id: str) -> ContactMethodRow:
    """The contact method of this person. Raises NotFound."""
    row = await fetch(session, ContactMethodRow, contact_id, "contact method")
    if row.user_id != user_id:
        raise NotFound("contact method", contact_id)
    return row


@router.get("/{user_id}/contact-methods", operation_id="listContactMethods", responses=problems(404))
async def list_contacts(user_id: PathId, _: Reader, then: AsOf) -> ContactList:
    """How to reach a person."""
    async with then.session() as session:
        user = await fetch(session, UserRow, user_id, "user")
        return ContactList(items=[shown(c, then.services.sealer) for c in user.contacts])


@router.post(
    "/{user_id}/contact-methods", operation_id="createContactMethod", status_code=201, responses=problems(404, 409)
)
async def createshown(user_id: PathId, body: ContactInput, caller: Reader, gateway: Gateway) -> Contact:
    """A further way to reach a person. Verify it next: while another one is verified, it is not used."""
    look_after(caller, user_id)
    (address, settings), ident = _checked(body), new_id()
    await check_outside(gateway, body.channel, address)
    detail = {"channel": body.channel, "label": body.label}
    async with change(gateway.sessions, caller.name, "create", f"contact_method/{ident}", detail) as session:
        await fetch(session, UserRow, user_id, "user")
        count = select(func.count()).where(ContactMethodRow.user_id == user_id)
        row = ContactMethodRow(
            id=ident,
            user_id=user_id,
            channel=body.channel,
            label=body.label or body.channel,
            enabled=body.enabled,
            position=(await session.execute(count)).scalar_one(),
        )
        seal(row, gateway.sealer, address, settings)
        session.add(row)
    await gateway.config.refresh()
    return shown(row, gateway.sealer)


async def check_outside(gateway: Services, channel: str, address: str, field: str = "address") -> None:
    """Raises Invalid for a URL that this installation may not connect to. It is looked at again before each page."""
    if channel not in ("webhook", "slack"):
        return
    try:
        await gateway.outside.check(address)
    except Refused as error:
        raise Invalid(field, f"Pages cannot be sent there: {error}.") from error


def _checked(body: ContactInput) -> tuple[str, dict[str, str]]:
    secret = body.secret.get_secret_value()
    return check_address(body.channel, body.address.get_secret_value()), {"secret": secret} if secret else {}


@router.get("/{user_id}/contact-methods/{contact_id}", operation_id="getContactMethod", responses=problems(404))
async def get_contact(user_id: PathId, contact_id: PathId, _: Reader, then: AsOf) -> Contact:
    """One way to reach a person."""
    async with then.session() as session:
        return shown(await theirs(session, user_id, contact_id), then.services.sealer)


@router.put(
    "/{user_id}/contact-methods/{contact_id}", operation_id="replaceContactMethod", responses=problems(404, 409)
)
async def replaceshown(
    user_id: PathId, contact_id: PathId, body: ContactInput, caller: Reader, gateway: Gateway
) -> Contact:
    """A new address, label or state. A new address is not verified."""
    look_after(caller, user_id)
    address, settings = _checked(body)
    await check_outside(gateway, body.channel, address)
    async with change(gateway.sessions, caller.name, "update", f"contact_method/{contact_id}") as session:
        row = await theirs(session, user_id, contact_id)
        if (row.channel, opened(row, gateway.sealer)[0]) != (body.channel, address):
            row.verified_at = row.code = None
        row.channel, row.label, row.enabled = body.channel, body.label or body.channel, body.enabled
        seal(row, gateway.sealer, address, settings)
    await gateway.config.refresh()
    return shown(row, gateway.sealer)


@router.delete(
    "/{user_id}/contact-methods/{contact_id}",
    operation_id="deleteContactMethod",
    status_code=204,
    responses=problems(404, 409),
)
async def deleteshown(user_id: PathId, contact_id: PathId, caller: Reader, gateway: Gateway) -> Response:
    """Rules that use it go with it."""
    look_after(caller, user_id)
    async with change(gateway.sessions, caller.name, "delete", f"contact_method/{contact_id}") as session:
        row = await theirs(session, user_id, contact_id)
        await session.delete(row)
    await gateway.config.refresh()
    return Response(status_code=204)
