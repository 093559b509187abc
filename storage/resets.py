"""Forgotten passwords: a token for the mailbox of an account, which sets a new one once. Only its hash is stored.

Only for somebody who has a password: who signs in by other means gets none by knowing how to read a mailbox.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from storage.accounts import end_others
from storage.changes import Sessions, act, fetch
from storage.errors import NotFound
from storage.keys import hash_key, new_key
from storage.tables import PasswordResetRow, UserRow

LASTS = timedelta(minutes=30)
WITHIN = timedelta(hours=1)
MOST = 3
"""Mails to one account within an hour: whoever asks for more fills somebody's mailbox."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is mailed. `token` is in the link, and nowhere else."""

    email: str
    name: str
    token: str


async def ask(sessions: Sessions, email: str, asked_from: str) -> Asked | None:
    """A token for the account with this address; None if there is none with a password, or it had MOST of late.

    An earlier one keeps working until one is used: else a stranger could spoil the link that somebody just got.
    """
    async with sessions() as session:
        query = select(UserRow).where(func.lower(UserRow.email) == email.lower(), UserRow.active)
        user = (await session.execute(query)).scalar_one_or_none()
        if user is None or not user.password_hash or await _of_late(session, user.id) >= MOST:
            return None
    token = new_key("rst")
    async with act(sessions, user.name, "ask_reset", f"user/{user.id}", {"from": asked_from}) as session:
        past = PasswordResetRow.user_id == user.id, PasswordResetRow.created_at < func.now() - WITHIN
        await session.execute(delete(PasswordResetRow).where(*past))
        until = func.now() + LASTS
        session.add(PasswordResetRow(hash=hash_key(token), user_id=user.id, asked_from=asked_from, expires_at=until))
    return Asked(user.email, user.name, token)


async def _of_late(session: AsyncSession, user_id: str) -> int:
    late = PasswordResetRow.user_id == user_id, PasswordResetRow.created_at > func.now() - WITHIN
    return (await session.execute(select(func.count()).select_from(PasswordResetRow).where(*late))).scalar_one()


async def found(sessions: Sessions, token: str) -> str | None:
    """The address of the account whose password it sets, if it can be used now."""
    async with sessions() as session:
        user = await _owner(session, token)
    return user.email if user is not None else None


async def _owner(session: AsyncSession, token: str) -> UserRow | None:
    query = (
        select(UserRow)
        .join(PasswordResetRow, PasswordResetRow.user_id == UserRow.id)
        .where(PasswordResetRow.hash == hash_key(token), PasswordResetRow.used_at.is_(None))
        .where(PasswordResetRow.expires_at > func.now(), UserRow.active)
    )
    return (await session.execute(query)).scalar_one_or_none()


async def use(sessions: Sessions, token: str, hashed: str, used_from: str) -> None:
    """Set the password, use up every token of the account, and sign every browser out. Raises NotFound."""
    async with sessions() as session:
        owner = await _owner(session, token)
    if owner is None:
        raise NotFound("link", "")
    async with act(sessions, owner.name, "reset_password", f"user/{owner.id}", {"from": used_from}) as session:
        mine = PasswordResetRow.hash == hash_key(token), PasswordResetRow.used_at.is_(None)
        taken = update(PasswordResetRow).where(*mine).values(used_at=func.now()).returning(PasswordResetRow.hash)
        if (await session.execute(taken)).first() is None:
            raise NotFound("link", "")
        others = PasswordResetRow.user_id == owner.id, PasswordResetRow.used_at.is_(None)
        await session.execute(update(PasswordResetRow).where(*others).values(used_at=func.now()))
        (await fetch(session, UserRow, owner.id, "user")).password_hash = hashed
        await end_others(session, owner.id, "")
