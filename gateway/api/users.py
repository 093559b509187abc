"""Users. How they are reached: contacts.py, verification.py, notification_rules.py."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response
from sqlalchemy import select

from channels.addresses import check_address
from domain.validation import check_zone
from gateway.api.parameters import PathId
from gateway.auth.passwords import hash_password
from gateway.auth.principal import Admin, Gateway, Reader
from gateway.references import uses
from gateway.schedule_news import announce, changed
from gateway.schemas.accounts import Uses
from gateway.schemas.base import problems
from gateway.schemas.people import User, UserInput, UserList
from gateway.then import AsOf
from gateway.tree.people import remove_user
from runtime.ids import new_id
from storage import accounts
from storage.canary import CANARY
from storage.changes import change, fetch
from storage.tables import ContactMethodRow, UserRow

router = APIRouter(prefix="/users", tags=["users"])


def _shown(row: UserRow, past: bool = False) -> User:
    return User(
        id=row.id,
        name=row.name,
        email=row.email,
        role=row.role,
        zone=row.zone,
        active=row.active,
        has_password=None if past else row.password_hash is not None,
        synthetic=row.id == CANARY,
        contacts_verified=sum(c.verified_at is not None for c in _proven(row)),
        contacts_unverified=sum(c.verified_at is None for c in _proven(row)),
        created_at=row.created_at,
    )


def _proven(row: UserRow) -> list[ContactMethodRow]:
    """Enabled contact methods with an address to prove."""
    return [c for c in row.contacts if c.enabled and c.channel != "outbox"]


@router.get("", operation_id="listUsers")
async def list_users(
    _: Reader,
    then: AsOf,
    verified: Annotated[bool | None, Query(description="Only who has a verified address, or who has none")] = None,
) -> UserList:
    """All users by name."""
    async with then.session() as session:
        rows = (await session.execute(select(UserRow).order_by(UserRow.name, UserRow.id))).scalars()
        shown = [_shown(r, then.past) for r in rows]
    return UserList(items=[u for u in shown if verified is None or (u.contacts_verified > 0) == verified])


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
            contacts=[],
        )
        session.add(row)
        await session.flush()
        await session.refresh(row)
    await gateway.config.refresh()
    return _shown(row)


def _checked(body: UserInput, kept: str = "") -> str:
    """The address to sign in with. One that stays as it is, is not judged again: admin@localhost of the first start."""
    check_zone(body.zone, "zone")
    return kept if body.email == kept else check_address("email", body.email, "email")


@router.get("/{user_id}", operation_id="getUser", responses=problems(404))
async def get_user(user_id: PathId, _: Reader, then: AsOf) -> User:
    """One user."""
    async with then.session() as session:
        return _shown(await fetch(session, UserRow, user_id, "user"), then.past)


@router.get("/{user_id}/uses", operation_id="listUserUses", responses=problems(404))
async def list_uses(user_id: PathId, _: Reader, then: AsOf) -> Uses:
    """Policies, schedules and the last resort that name this person: what deactivating them leaves without them."""
    async with then.session() as session:
        await fetch(session, UserRow, user_id, "user")
        return Uses(items=await uses(session, "user", user_id))


@router.put("/{user_id}", operation_id="replaceUser", responses=problems(404, 409))
async def replace_user(user_id: PathId, body: UserInput, caller: Admin, gateway: Gateway) -> User:
    """Everything but contact methods and rules, which are kept. The last active administrator stays one.

    Whoever is deactivated is signed out and not called any more; `GET …/uses` says what that leaves without them.
    """
    async with change(gateway.sessions, caller.name, "update", f"user/{user_id}", {"name": body.name}) as session:
        row = await fetch(session, UserRow, user_id, "user")
        email = _checked(body, row.email)
        row.name, row.email, row.role, row.zone, row.active = body.name, email, body.role, body.zone, body.active
        if body.password is not None:
            row.password_hash = await hash_password(body.password.get_secret_value())
        if body.password is not None or not body.active:
            await accounts.end_others(session, user_id, caller.session if caller.user_id == user_id else "")
        await accounts.check_administered(session)
    await gateway.config.refresh()
    return _shown(row)


@router.delete("/{user_id}", operation_id="deleteUser", status_code=204, responses=problems(404, 409))
async def delete_user(user_id: PathId, caller: Admin, gateway: Gateway) -> Response:
    """Refused while a policy, a schedule or the last resort names them."""
    async with change(gateway.sessions, caller.name, "delete", f"user/{user_id}") as session:
        schedules = await remove_user(session, user_id, caller.name)
        await accounts.check_administered(session)
        shards = await changed(session, *schedules)
    await announce(gateway.poker, gateway.config, shards)
    return Response(status_code=204)
