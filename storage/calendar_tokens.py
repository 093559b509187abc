"""Subscriptions to calendars: only the hash of a token is stored, and revoking it ends it at once."""

from __future__ import annotations

from sqlalchemy import func, select, text, update

from runtime.ids import new_id
from storage.changes import Sessions, act, fetch
from storage.errors import NotFound
from storage.keys import hash_key, hint, new_key
from storage.tables import CalendarTokenRow, UserRow

MAX_TOKENS = 100
"""Per person. More are a mistake of a program."""


async def create(
    sessions: Sessions, actor: str, user_id: str, name: str, kind: str, subject_id: str
) -> tuple[CalendarTokenRow, str] | None:
    """A new subscription; the second value is shown once. None: the person has MAX_TOKENS already."""
    token, ident = new_key("cal"), new_id()
    detail = {"kind": kind, "subject_id": subject_id, "name": name}
    async with act(sessions, actor, "create", f"calendar_token/{ident}", detail) as session:
        mine = select(func.count()).where(CalendarTokenRow.user_id == user_id, CalendarTokenRow.revoked_at.is_(None))
        if (await session.execute(mine)).scalar_one() >= MAX_TOKENS:
            return None
        row = CalendarTokenRow(
            id=ident,
            name=name,
            kind=kind,
            subject_id=subject_id,
            user_id=user_id,
            hint=hint(token),
            hash=hash_key(token),
        )
        session.add(row)
        await session.flush()
        await session.refresh(row)
    return row, token


async def listed(sessions: Sessions, user_id: str | None) -> list[CalendarTokenRow]:
    """Subscriptions that work, of one person or, for None, of all."""
    query = select(CalendarTokenRow).where(CalendarTokenRow.revoked_at.is_(None))
    query = query.where(CalendarTokenRow.user_id == user_id) if user_id is not None else query
    async with sessions() as session:
        return list((await session.execute(query.order_by(CalendarTokenRow.created_at))).scalars())


async def revoke(sessions: Sessions, actor: str, ident: str, user_id: str | None) -> None:
    """The address stops working at once. `user_id`: whose it must be; None: anybody's. Raises NotFound."""
    async with act(sessions, actor, "revoke", f"calendar_token/{ident}") as session:
        row = await fetch(session, CalendarTokenRow, ident, "calendar token")
        if row.revoked_at is not None or (user_id is not None and row.user_id != user_id):
            raise NotFound("calendar token", ident)
        row.revoked_at = func.now()


async def holder(sessions: Sessions, token: str) -> CalendarTokenRow | None:
    """The subscription of a token, if it works and its person is active. Its use is noted, to the hour."""
    async with sessions() as session:
        row = (
            await session.execute(
                select(CalendarTokenRow)
                .join(UserRow, UserRow.id == CalendarTokenRow.user_id)
                .where(CalendarTokenRow.hash == hash_key(token), CalendarTokenRow.revoked_at.is_(None), UserRow.active)
            )
        ).scalar_one_or_none()
        if row is None:
            return None
        hour = func.date_trunc("hour", func.now())
        unseen = (CalendarTokenRow.used_at.is_(None)) | (CalendarTokenRow.used_at < hour)
        await session.execute(
            update(CalendarTokenRow)
            .where(CalendarTokenRow.id == row.id, unseen)
            .values(used_at=hour)
            .execution_options(synchronize_session=False)
        )
        await session.commit()
        return row


SAVED = text("""
select distinct on (schedule_id) schedule_id, extract(epoch from saved_at)::float8 as at, config_version
from schedule_versions where config_version <= :version order by schedule_id, config_version desc
""")


async def last_saved(sessions: Sessions, version: int) -> dict[str, tuple[float, int]]:
    """Schedule id -> when it was last saved (UTC epoch seconds), as which version of the configuration, up to this."""
    async with sessions() as session:
        rows = await session.execute(SAVED, {"version": version})
        return {r.schedule_id: (r.at, r.config_version) for r in rows}
