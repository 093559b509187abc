"""Invitations: a link that works once and sets a password. Only its hash is stored.

Of somebody new it also carries the role and the teams; they become a person when they accept. For somebody who is here
it is a way back in, and changes nothing but the password.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain.roles import outranks
from runtime.ids import new_id
from storage.accounts import end_others
from storage.changes import Sessions, act, change, fetch
from storage.contacts import seal
from storage.errors import Conflict, NotFound
from storage.keys import hash_key, new_key
from storage.sealed import Sealer
from storage.tables import ContactMethodRow, InvitationRow, TeamMemberRow, TeamRow, UserRow

LASTS = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Guest:
    """Who is invited, and as what. `user_id`: somebody who is here."""

    email: str
    name: str
    role: str
    team_ids: tuple[str, ...] = ()
    user_id: str | None = None


async def by_email(sessions: Sessions, email: str) -> UserRow | None:
    """The person with this address, active or not."""
    async with sessions() as session:
        query = select(UserRow).where(func.lower(UserRow.email) == email.lower())
        return (await session.execute(query)).scalar_one_or_none()


async def create(sessions: Sessions, actor: str, inviter_id: str | None, guest: Guest) -> tuple[InvitationRow, str]:
    """The invitation and its token, which is shown once. One that the same address had before stops working."""
    token, ident = new_key("inv"), new_id()
    action = "create" if guest.user_id is None else "invite"
    detail = {"email": guest.email, "role": guest.role}
    async with act(sessions, actor, action, f"invitation/{ident}", detail) as session:
        earlier = func.lower(InvitationRow.email) == guest.email.lower(), InvitationRow.used_at.is_(None)
        await session.execute(delete(InvitationRow).where(*earlier))
        row = InvitationRow(
            id=ident,
            hash=hash_key(token),
            email=guest.email,
            name=guest.name,
            role=guest.role,
            team_ids=list(guest.team_ids),
            user_id=guest.user_id,
            invited_by=actor,
            inviter_id=inviter_id,
            expires_at=func.now() + LASTS,
        )
        session.add(row)
        await session.flush()
        await session.refresh(row)
    return row, token


async def open_ones(sessions: Sessions) -> list[InvitationRow]:
    """Those that can be accepted, newest first."""
    async with sessions() as session:
        query = select(InvitationRow).where(InvitationRow.used_at.is_(None), InvitationRow.expires_at > func.now())
        return list((await session.execute(query.order_by(InvitationRow.created_at.desc()))).scalars())


async def revoke(sessions: Sessions, actor: str, ident: str) -> None:
    """The link stops working. Raises NotFound."""
    async with act(sessions, actor, "revoke", f"invitation/{ident}") as session:
        await session.delete(await fetch(session, InvitationRow, ident, "invitation"))


async def found(sessions: Sessions, token: str) -> InvitationRow | None:
    """The invitation, if it can be accepted now."""
    async with sessions() as session:
        return await _usable(session, token)


async def _usable(session: AsyncSession, token: str) -> InvitationRow | None:
    """Whoever invited must still be there, with a role that may give this one."""
    usable = (
        InvitationRow.hash == hash_key(token),
        InvitationRow.used_at.is_(None),
        InvitationRow.expires_at > func.now(),
    )
    row = (await session.execute(select(InvitationRow).where(*usable))).scalar_one_or_none()
    if row is None or row.inviter_id is None:
        return row
    inviter = await session.get(UserRow, row.inviter_id)
    standing = inviter is not None and inviter.active and not outranks(row.role, inviter.role)
    return row if standing else None


async def accept(sessions: Sessions, sealer: Sealer, token: str, name: str, zone: str, hashed: str) -> str:
    """Use it up: the id of the person, who has this password now. Raises NotFound, Conflict."""
    invited = await found(sessions, token)
    if invited is None:
        raise NotFound("invitation", "")
    subject, detail = f"user/{invited.user_id or invited.id}", {"invitation": invited.id}
    action = "create" if invited.user_id is None else "set_password"
    async with change(sessions, name, action, subject, detail) as session:
        row = await _usable(session, token)
        used = update(InvitationRow).where(InvitationRow.id == invited.id, InvitationRow.used_at.is_(None))
        taken = await session.execute(used.values(used_at=func.now()).returning(InvitationRow.id))
        if row is None or taken.first() is None:
            raise NotFound("invitation", "")
        if row.user_id is not None:
            person = await fetch(session, UserRow, row.user_id, "user")
            if not person.active:
                raise Conflict("This account is deactivated. Ask an administrator.")
            person.password_hash = hashed
            await end_others(session, person.id, "")
            return person.id
        session.add(
            UserRow(id=row.id, name=name, email=row.email, role=row.role, zone=zone, password_hash=hashed, contacts=[])
        )
        await session.flush()
        session.add(_mailbox(row, sealer))
        for team in row.team_ids:
            if await session.get(TeamRow, team) is not None:
                session.add(TeamMemberRow(team_id=team, user_id=row.id))
    return row.id


def _mailbox(row: InvitationRow, sealer: Sealer) -> ContactMethodRow:
    """So that there is some way to reach them from the first minute; not verified, since links are copied too."""
    made = ContactMethodRow(id=new_id(), user_id=row.id, channel="email", label="E-mail")
    seal(made, sealer, row.email, {})
    return made
