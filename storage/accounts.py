"""A person's own account: password, name, and the browsers that are signed in."""

from __future__ import annotations

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from storage.changes import Sessions, act, change, fetch
from storage.errors import Conflict, NotFound
from storage.tables import SessionRow, UserRow


async def listed(sessions: Sessions, user_id: str) -> list[SessionRow]:
    """Sessions that have not ended, seen last first."""
    async with sessions() as session:
        query = select(SessionRow).where(SessionRow.user_id == user_id, SessionRow.expires_at > func.now())
        return list((await session.execute(query.order_by(SessionRow.seen_at.desc(), SessionRow.id))).scalars())


async def end(sessions: Sessions, actor: str, user_id: str, ident: str) -> None:
    """Sign that browser out. Raises NotFound for a session of somebody else too."""
    async with act(sessions, actor, "end", f"session/{ident}") as session:
        gone = delete(SessionRow).where(SessionRow.user_id == user_id, SessionRow.id == ident).returning(SessionRow.id)
        if (await session.execute(gone)).first() is None:
            raise NotFound("session", ident)


async def end_others(session: AsyncSession, user_id: str, kept: str) -> int:
    """Sign all other browsers of this person out; how many. `kept`: id of the session that stays, or ""."""
    gone = delete(SessionRow).where(SessionRow.user_id == user_id, SessionRow.id != kept).returning(SessionRow.id)
    return len((await session.execute(gone)).all())


async def password_hash(sessions: Sessions, user_id: str) -> str | None:
    """Of a person who has one."""
    async with sessions() as session:
        return (await fetch(session, UserRow, user_id, "user")).password_hash


async def set_password(sessions: Sessions, actor: str, user_id: str, hashed: str, kept: str) -> None:
    """A new password signs every other browser out: the old one may have been known to somebody."""
    async with act(sessions, actor, "set_password", f"user/{user_id}") as session:
        (await fetch(session, UserRow, user_id, "user")).password_hash = hashed
        await end_others(session, user_id, kept)


async def rename(sessions: Sessions, actor: str, user_id: str, name: str, email: str, zone: str) -> None:
    """What a person says about themself."""
    async with change(sessions, actor, "update", f"user/{user_id}", {"name": name}) as session:
        row = await fetch(session, UserRow, user_id, "user")
        row.name, row.email, row.zone = name, email, zone


async def check_administered(session: AsyncSession) -> None:
    """Raise Conflict if nobody is left who is active and has the role admin. In the transaction of the change."""
    await session.flush()
    query = select(UserRow.id).where(UserRow.role == "admin", UserRow.active).limit(1)
    if (await session.execute(query)).first() is None:
        raise Conflict(
            "This is the last active administrator: nobody could change roles afterwards. "
            "Make somebody else an administrator first."
        )
