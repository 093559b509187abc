"""Keys, sessions and one-time sign-in: finding who holds a secret, by its hash."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, delete, func, select, update

from runtime.ids import new_id
from storage.changes import Sessions, change, fetch
from storage.errors import NotFound
from storage.keys import hash_key, hint, new_key
from storage.managed import check_not_built_in
from storage.tables import ApiKeyRow, IntegrationKeyRow, IntegrationRow, SessionRow, SignInTokenRow, UserRow

SESSION = timedelta(days=14)
SIGN_IN = timedelta(hours=24)
SEEN = timedelta(minutes=1)
"""How old the time may be at which a session was seen last: not every request is written down."""
SESSIONS_KNOWN = 50_000
"""Newest sessions that a gateway remembers; people with an older one use an API key while the database is away."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Who a key or session belongs to. `scopes` empty: all that the role allows."""

    user_id: str | None
    name: str
    role: str
    scopes: tuple[str, ...] = ()
    session: str = field(default="", compare=False)
    """Id of the session; "" for an API key. The holder is the same by whichever."""


@dataclass(frozen=True, slots=True)
class KnownHolder:
    """A holder as a gateway remembers it. `until`: UTC epoch seconds at which key or session ends, or None."""

    holder: Holder
    until: float | None


# Columns and not rows, here and above all in what every request asks: a person's row brings their contact methods and
# rules with it, by two more statements.
KEYS = (
    select(ApiKeyRow.hash, ApiKeyRow.name, ApiKeyRow.scopes, ApiKeyRow.expires_at, ApiKeyRow.user_id)
    .add_columns(UserRow.name.label("person"), UserRow.role)
    .outerjoin(UserRow, UserRow.id == ApiKeyRow.user_id)
    .where(ApiKeyRow.revoked_at.is_(None), (ApiKeyRow.expires_at.is_(None)) | (ApiKeyRow.expires_at > func.now()))
    .where((UserRow.id.is_(None)) | UserRow.active)
)
"""API keys that are valid, with whose they are."""
SIGNED_IN = (
    select(SessionRow.hash, SessionRow.expires_at, SessionRow.id, UserRow.id.label("user_id"), UserRow.name)
    .add_columns(UserRow.role, (SessionRow.seen_at < func.now() - SEEN).label("stale"))
    .join(UserRow, UserRow.id == SessionRow.user_id)
    .where(SessionRow.expires_at > func.now(), UserRow.active)
)
"""Sessions that go on. `stale`: that they are used is to be noted again."""


async def known_holders(sessions: Sessions) -> dict[str, KnownHolder]:
    """Hash of every valid API key and session -> its holder, for gateways that must go on without the database."""
    signed_in = SIGNED_IN.order_by(SessionRow.expires_at.desc()).limit(SESSIONS_KNOWN)
    found: dict[str, KnownHolder] = {}
    async with sessions() as session:
        for row in await session.execute(KEYS):
            until = row.expires_at.timestamp() if row.expires_at is not None else None
            found[row.hash] = KnownHolder(_key_holder(row), until)
        for row in await session.execute(signed_in):
            found[row.hash] = KnownHolder(_session_holder(row), row.expires_at.timestamp())
    return found


def _key_holder(row: Row[Any]) -> Holder:
    if row.person is None:
        return Holder(row.user_id, f"key {row.name}", "admin", tuple(row.scopes))
    return Holder(row.user_id, row.person, row.role, tuple(row.scopes))


def _session_holder(row: Row[Any]) -> Holder:
    return Holder(row.user_id, row.name, row.role, session=row.id)


async def api_key_holder(sessions: Sessions, key: str) -> Holder | None:
    """The holder of a valid API key."""
    async with sessions() as session:
        row = (await session.execute(KEYS.where(ApiKeyRow.hash == hash_key(key)))).first()
    return _key_holder(row) if row is not None else None


async def session_holder(sessions: Sessions, token: str) -> Holder | None:
    """The user of a live session."""
    async with sessions() as session:
        row = (await session.execute(SIGNED_IN.where(SessionRow.hash == hash_key(token)))).one_or_none()
        if row is None:
            return None
        if row.stale:
            seen = update(SessionRow).where(SessionRow.hash == hash_key(token)).values(seen_at=func.now())
            await session.execute(seen.execution_options(synchronize_session=False))
            await session.commit()
    return _session_holder(row)


async def create_api_key(
    sessions: Sessions, actor: str, name: str, scopes: list[str], user_id: str | None
) -> tuple[ApiKeyRow, str]:
    """A new key; the second value is shown once."""
    key, ident = new_key("api"), new_id()
    async with change(sessions, actor, "create", f"api_key/{ident}", {"name": name, "scopes": scopes}) as session:
        row = ApiKeyRow(id=ident, name=name, hint=hint(key), hash=hash_key(key), scopes=scopes, user_id=user_id)
        session.add(row)
        await session.flush()
        await session.refresh(row)
    return row, key


async def list_api_keys(sessions: Sessions, user_id: str | None = None) -> list[ApiKeyRow]:
    """All keys that are not revoked; or those of one person."""
    async with sessions() as session:
        query = select(ApiKeyRow).where(ApiKeyRow.revoked_at.is_(None)).order_by(ApiKeyRow.created_at)
        if user_id is not None:
            query = query.where(ApiKeyRow.user_id == user_id)
        return list((await session.execute(query)).scalars())


async def revoke_api_key(sessions: Sessions, actor: str, ident: str, user_id: str | None = None) -> None:
    """The key stops working at once. Raises NotFound, also for a key that is not of the person asked for."""
    async with change(sessions, actor, "revoke", f"api_key/{ident}") as session:
        row = await fetch(session, ApiKeyRow, ident, "API key")
        if user_id is not None and row.user_id != user_id:
            raise NotFound("API key", ident)
        row.revoked_at = func.now()


async def create_integration_key(sessions: Sessions, actor: str, integration_id: str) -> tuple[IntegrationKeyRow, str]:
    """A further key for an integration; both work until one is revoked, so that senders can be moved over."""
    check_not_built_in(integration_id)
    key, ident = new_key("int"), new_id()
    async with change(sessions, actor, "create", f"integration_key/{ident}") as session:
        await fetch(session, IntegrationRow, integration_id, "integration")
        row = IntegrationKeyRow(id=ident, integration_id=integration_id, hint=hint(key), hash=hash_key(key))
        session.add(row)
        await session.flush()
        await session.refresh(row)
    return row, key


async def list_integration_keys(sessions: Sessions, integration_id: str) -> list[IntegrationKeyRow]:
    """Keys of one integration that are not revoked."""
    async with sessions() as session:
        await fetch(session, IntegrationRow, integration_id, "integration")
        query = select(IntegrationKeyRow).where(
            IntegrationKeyRow.integration_id == integration_id, IntegrationKeyRow.revoked_at.is_(None)
        )
        return list((await session.execute(query.order_by(IntegrationKeyRow.created_at))).scalars())


async def revoke_integration_key(sessions: Sessions, actor: str, integration_id: str, ident: str) -> None:
    """The key stops working within a second. Raises Conflict for the canary's, NotFound."""
    check_not_built_in(integration_id)
    async with change(sessions, actor, "revoke", f"integration_key/{ident}") as session:
        row = await fetch(session, IntegrationKeyRow, ident, "integration key")
        if row.integration_id != integration_id:
            raise NotFound("integration key", ident)
        row.revoked_at = func.now()


async def integration_hashes(sessions: Sessions) -> dict[str, str]:
    """Hash of every valid integration key -> integration id, for the gateway's cache."""
    async with sessions() as session:
        query = select(IntegrationKeyRow.hash, IntegrationKeyRow.integration_id)
        rows = await session.execute(query.where(IntegrationKeyRow.revoked_at.is_(None)))
        return {row.hash: row.integration_id for row in rows}


async def create_sign_in(sessions: Sessions, user_id: str) -> str:
    """A one-time sign-in token, valid for a day."""
    token = new_key("one")
    async with sessions() as session:
        session.add(SignInTokenRow(hash=hash_key(token), user_id=user_id, expires_at=func.now() + SIGN_IN))
        await session.commit()
    return token


async def redeem_sign_in(sessions: Sessions, token: str, device: str = "", address: str = "") -> str | None:
    """Use up a one-time token: a session token, or None if it is unknown, used or too old."""
    async with sessions() as session:
        used = await session.execute(
            update(SignInTokenRow)
            .where(SignInTokenRow.hash == hash_key(token), SignInTokenRow.used_at.is_(None))
            .where(SignInTokenRow.expires_at > func.now())
            .values(used_at=func.now())
            .returning(SignInTokenRow.user_id)
        )
        user_id = used.scalar_one_or_none()
        if user_id is None:
            return None
        await session.commit()
    return await create_session(sessions, user_id, device, address)


async def create_session(sessions: Sessions, user_id: str, device: str = "", address: str = "") -> str:
    """A session token for the cookie. `device` and `address`: so that the person can tell it from others."""
    token, until = new_key("ses"), func.now() + SESSION
    async with sessions() as session:
        row = SessionRow(hash=hash_key(token), user_id=user_id, expires_at=until, device=device, address=address)
        session.add(row)
        await session.commit()
    return token


async def role_of(sessions: Sessions, user_id: str) -> str:
    """The role of a person; "" if there is none."""
    async with sessions() as session:
        return (await session.execute(select(UserRow.role).where(UserRow.id == user_id))).scalar_one_or_none() or ""


async def end_session(sessions: Sessions, token: str) -> None:
    """Sign out."""
    async with sessions() as session:
        await session.execute(delete(SessionRow).where(SessionRow.hash == hash_key(token)))
        await session.commit()


async def password_of(sessions: Sessions, email: str) -> tuple[str, str] | None:
    """(user id, Argon2 hash) of an active user with a password."""
    async with sessions() as session:
        query = select(UserRow).where(func.lower(UserRow.email) == email.lower(), UserRow.active)
        user = (await session.execute(query)).scalar_one_or_none()
    return (user.id, user.password_hash) if user is not None and user.password_hash else None
