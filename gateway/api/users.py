"""Users, their contact methods and notification rules."""

from __future__ import annotations

from fastapi import APIRouter, Response
from sqlalchemy import func, select, update

from channels.addresses import check_address
from domain.errors import Invalid
from domain.validation import check_zone
from gateway.api.parameters import PathId
from gateway.api.references import check_unused
from gateway.auth.passwords import hash_password
from gateway.auth.principal import Admin, Gateway, Reader
from gateway.problems import ProblemError
from gateway.schedule_news import announce, changed
from gateway.schemas.base import problems
from gateway.schemas.people import Contact, ContactInput, ContactList, Rules, User, UserInput, UserList
from gateway.services import Services
from runtime.ids import new_id
from storage.access import Holder
from storage.changes import change, fetch
from storage.errors import NotFound
from storage.sealed import Sealer
from storage.tables import ContactMethodRow, NotificationRuleRow, OverrideRow, UserRow

router = APIRouter(prefix="/users", tags=["users"])


def _shown(row: UserRow) -> User:
    return User(
        id=row.id,
        name=row.name,
        email=row.email,
        role=row.role,
        zone=row.zone,
        active=row.active,
        has_password=row.password_hash is not None,
        created_at=row.created_at,
    )


@router.get("", operation_id="listUsers")
async def list_users(_: Reader, gateway: Gateway) -> UserList:
    """All users by name."""
    async with gateway.sessions() as session:
        rows = (await session.execute(select(UserRow).order_by(UserRow.name, UserRow.id))).scalars()
        return UserList(items=[_shown(r) for r in rows])


@router.post("", operation_id="createUser", status_code=201, responses=problems(409))
async def create_user(body: UserInput, caller: Admin, gateway: Gateway) -> User:
    """A new person. They get contact methods next."""
    email = _checked(body)
    hashed = await hash_password(body.password.get_secret_value()) if body.password else None
    ident = new_id()
    async with change(gateway.sessions, caller.name, "create", f"user/{ident}", {"name": body.name}) as session:
        row = UserRow(
            id=ident,
            name=body.name,
            email=email,
            role=body.role,
            zone=body.zone,
            active=body.active,
            password_hash=hashed,
        )
        session.add(row)
        await session.flush()
        await session.refresh(row)
    await gateway.config.refresh()
    return _shown(row)


def _checked(body: UserInput) -> str:
    check_zone(body.zone, "zone")
    return check_address("email", body.email, "email")


@router.get("/{user_id}", operation_id="getUser", responses=problems(404))
async def get_user(user_id: PathId, _: Reader, gateway: Gateway) -> User:
    """One user."""
    async with gateway.sessions() as session:
        return _shown(await fetch(session, UserRow, user_id, "user"))


@router.put("/{user_id}", operation_id="replaceUser", responses=problems(404, 409))
async def replace_user(user_id: PathId, body: UserInput, caller: Admin, gateway: Gateway) -> User:
    """Everything but contact methods and rules, which are kept."""
    email = _checked(body)
    async with change(gateway.sessions, caller.name, "update", f"user/{user_id}", {"name": body.name}) as session:
        row = await fetch(session, UserRow, user_id, "user")
        row.name, row.email, row.role, row.zone, row.active = body.name, email, body.role, body.zone, body.active
        if body.password is not None:
            row.password_hash = await hash_password(body.password.get_secret_value())
        await session.flush()
    await gateway.config.refresh()
    return _shown(row)


@router.delete("/{user_id}", operation_id="deleteUser", status_code=204, responses=problems(404, 409))
async def delete_user(user_id: PathId, caller: Admin, gateway: Gateway) -> Response:
    """Refused while a policy, a schedule or the last resort names them."""
    async with change(gateway.sessions, caller.name, "delete", f"user/{user_id}") as session:
        row = await fetch(session, UserRow, user_id, "user")
        await check_unused(session, "user", row.id)
        theirs = OverrideRow.user_id == row.id, OverrideRow.removed_at.is_(None)
        removed = update(OverrideRow).where(*theirs).values(removed_at=func.now(), removed_by=caller.name)
        schedules = set((await session.execute(removed.returning(OverrideRow.schedule_id))).scalars())
        await session.delete(row)
        shards = await changed(session, *schedules)
    await announce(gateway.poker, gateway.config, shards)
    return Response(status_code=204)


# -- contact methods -----------------------------------------------------------------------------------


async def _own_or_admin(caller: Holder, user_id: str) -> None:
    """People look after their own contact methods and rules; managers and admins after everybody's."""
    if caller.user_id != user_id and caller.role not in ("admin", "manager"):
        raise ProblemError(403, "Only the person, a manager or an administrator may change this.")


def _contact(row: ContactMethodRow, sealer: Sealer) -> Contact:
    address = str(sealer.open(row.sealed)["address"])
    return Contact(
        id=row.id,
        channel=row.channel,
        label=row.label,
        address_hint=_hint(row.channel, address),
        enabled=row.enabled,
    )


def _hint(channel: str, address: str) -> str:
    """E-mail addresses are no secret; of others only the end is shown."""
    if channel in ("email", "outbox"):
        return address
    return f"…{address[-4:]}" if address else ""


@router.get("/{user_id}/contact-methods", operation_id="listContactMethods", responses=problems(404))
async def list_contacts(user_id: PathId, _: Reader, gateway: Gateway) -> ContactList:
    """How to reach a person."""
    async with gateway.sessions() as session:
        user = await fetch(session, UserRow, user_id, "user")
        return ContactList(items=[_contact(c, gateway.sealer) for c in user.contacts])


@router.post("/{user_id}/contact-methods", operation_id="createContactMethod", status_code=201, responses=problems(404))
async def create_contact(user_id: PathId, body: ContactInput, caller: Reader, gateway: Gateway) -> Contact:
    """A further way to reach a person."""
    await _own_or_admin(caller, user_id)
    sealed, ident = _sealed(body, gateway), new_id()
    detail = {"channel": body.channel, "label": body.label}
    async with change(gateway.sessions, caller.name, "create", f"contact_method/{ident}", detail) as session:
        await fetch(session, UserRow, user_id, "user")
        count = select(func.count()).where(ContactMethodRow.user_id == user_id)
        row = ContactMethodRow(
            id=ident,
            user_id=user_id,
            channel=body.channel,
            label=body.label or body.channel,
            sealed=sealed,
            enabled=body.enabled,
            position=(await session.execute(count)).scalar_one(),
        )
        session.add(row)
    await gateway.config.refresh()
    return _contact(row, gateway.sealer)


def _sealed(body: ContactInput, gateway: Services) -> bytes:
    address = check_address(body.channel, body.address.get_secret_value())
    secret = body.secret.get_secret_value()
    return gateway.sealer.seal({"address": address, "settings": {"secret": secret} if secret else {}})


@router.put("/{user_id}/contact-methods/{contact_id}", operation_id="replaceContactMethod", responses=problems(404))
async def replace_contact(
    user_id: PathId, contact_id: PathId, body: ContactInput, caller: Reader, gateway: Gateway
) -> Contact:
    """A new address, label or state."""
    await _own_or_admin(caller, user_id)
    sealed = _sealed(body, gateway)
    async with change(gateway.sessions, caller.name, "update", f"contact_method/{contact_id}") as session:
        row = await fetch(session, ContactMethodRow, contact_id, "contact method")
        if row.user_id != user_id:
            raise NotFound("contact method", contact_id)
        row.channel, row.label, row.sealed, row.enabled = body.channel, body.label or body.channel, sealed, body.enabled
    await gateway.config.refresh()
    return _contact(row, gateway.sealer)


@router.delete(
    "/{user_id}/contact-methods/{contact_id}",
    operation_id="deleteContactMethod",
    status_code=204,
    responses=problems(404),
)
async def delete_contact(user_id: PathId, contact_id: PathId, caller: Reader, gateway: Gateway) -> Response:
    """Rules that use it go with it."""
    await _own_or_admin(caller, user_id)
    async with change(gateway.sessions, caller.name, "delete", f"contact_method/{contact_id}") as session:
        row = await fetch(session, ContactMethodRow, contact_id, "contact method")
        if row.user_id != user_id:
            raise NotFound("contact method", contact_id)
        await session.delete(row)
    await gateway.config.refresh()
    return Response(status_code=204)


# -- notification rules --------------------------------------------------------------------------------


@router.get("/{user_id}/notification-rules", operation_id="getNotificationRules", responses=problems(404))
async def get_rules(user_id: PathId, _: Reader, gateway: Gateway) -> Rules:
    """In what order a person is reached."""
    async with gateway.sessions() as session:
        user = await fetch(session, UserRow, user_id, "user")
        return _rules(user)


def _rules(user: UserRow) -> Rules:
    by_urgency: dict[str, list[dict[str, object]]] = {"urgent": [], "normal": []}
    for rule in user.rules:
        by_urgency[rule.urgency].append({"contact_method_id": rule.contact_method_id, "delay_s": rule.delay_s})
    return Rules.model_validate(by_urgency)


@router.put("/{user_id}/notification-rules", operation_id="replaceNotificationRules", responses=problems(404))
async def replace_rules(user_id: PathId, body: Rules, caller: Reader, gateway: Gateway) -> Rules:
    """Both lists as a whole."""
    await _own_or_admin(caller, user_id)
    async with change(gateway.sessions, caller.name, "update", f"notification_rules/{user_id}") as session:
        user = await fetch(session, UserRow, user_id, "user")
        known = {c.id for c in user.contacts}
        user.rules.clear()
        await session.flush()
        for urgency, rules in (("urgent", body.urgent), ("normal", body.normal)):
            for n, rule in enumerate(rules):
                if rule.contact_method_id not in known:
                    field = f"{urgency}[{n}].contact_method_id"
                    raise Invalid(field, f"The person has no contact method with id {rule.contact_method_id!r}.")
                session.add(
                    NotificationRuleRow(
                        user_id=user.id,
                        urgency=urgency,
                        position=n,
                        contact_method_id=rule.contact_method_id,
                        delay_s=rule.delay_s,
                    )
                )
    await gateway.config.refresh()
    return body
