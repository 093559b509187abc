"""One change of configuration: saved, counted and written to the audit log together, or not at all."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from storage.errors import Conflict, NotFound
from storage.managed import check_unlocked
from storage.tables import AuditRow, Base, SettingsRow

T = TypeVar("T", bound=Base)
Sessions = async_sessionmaker[AsyncSession]


@asynccontextmanager
async def change(
    sessions: Sessions, actor: str, action: str, subject: str, detail: Mapping[str, Any] | None = None
) -> AsyncIterator[AsyncSession]:
    """A transaction that also raises the configuration's version and appends to the audit log.

    `detail` must hold no secret. Raises Conflict for a duplicate name, or for a deletion of what is in use.
    """
    async with act(sessions, actor, action, subject, detail) as session:
        # Taken first: a change decides on what it reads, so the next one waits until this one is seen.
        await session.execute(update(SettingsRow).values(config_version=SettingsRow.config_version + 1))
        yield session


@asynccontextmanager
async def act(
    sessions: Sessions, actor: str, action: str, subject: str, detail: Mapping[str, Any] | None = None
) -> AsyncIterator[AsyncSession]:
    """A transaction that also appends to the audit log, for what is not part of the configuration.

    Raises Conflict for what is managed by code.
    """
    async with sessions() as session:
        try:
            await check_unlocked(session, action, subject)
            yield session
            session.add(AuditRow(actor=actor, action=action, subject=subject, detail=dict(detail or {})))
            await session.commit()
        except IntegrityError as error:
            raise Conflict(_why(error)) from error


def _why(error: IntegrityError) -> str:
    diagnostic = getattr(error.orig, "diag", None)
    detail = getattr(diagnostic, "message_detail", None) or ""
    if getattr(error.orig, "sqlstate", "") == "23505":
        return f"Another one with the same name or address exists already. {detail} Choose another."
    return f"Something it refers to does not exist, or it is still in use. {detail}"


async def fetch(session: AsyncSession, table: type[T], ident: str, kind: str) -> T:
    """The row with this id. Raises NotFound naming `kind`."""
    row = await session.get(table, ident)
    if row is None:
        raise NotFound(kind, ident)
    return row
