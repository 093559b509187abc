"""One change of configuration: saved, counted and written to the audit log together, or not at all."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from storage.errors import Conflict, NotFound
from storage.etags import check_expected
from storage.managed import check_unlocked
from storage.tables import AuditRow, Base

T = TypeVar("T", bound=Base)
Sessions = async_sessionmaker[AsyncSession]

# The instant is later than that of every version before, whatever became of the clock, and triggers read it.
NEXT = text("""
with next as (
    update settings set config_version = config_version + 1,
        changed_at = greatest(clock_timestamp(), changed_at + interval '1 microsecond')
    returning config_version, changed_at)
select config_version, changed_at, set_config('sentinel.changed_at', changed_at::text, true) from next
""")


@asynccontextmanager
async def change(
    sessions: Sessions, actor: str, action: str, subject: str, detail: Mapping[str, Any] | None = None
) -> AsyncIterator[AsyncSession]:
    """A transaction that also raises the configuration's version and appends to the audit log.

    `detail` must hold no secret. Raises Conflict for a duplicate name, or for a deletion of what is in use; Overtaken,
    if another state of the subject is expected (storage/etags.py).
    """
    entry = AuditRow(actor=actor, action=action, subject=subject)
    async with _audited(sessions, entry, detail) as session:
        # Taken first: a change decides on what it reads, so the next one waits until this one is seen.
        entry.config_version, entry.at, _ = (await session.execute(NEXT)).one()
        await check_expected(session, subject)
        yield session


@asynccontextmanager
async def act(
    sessions: Sessions, actor: str, action: str, subject: str, detail: Mapping[str, Any] | None = None
) -> AsyncIterator[AsyncSession]:
    """A transaction that also appends to the audit log, for what is not part of the configuration.

    Raises Conflict for what is managed by code.
    """
    async with _audited(sessions, AuditRow(actor=actor, action=action, subject=subject), detail) as session:
        yield session


@asynccontextmanager
async def _audited(
    sessions: Sessions, entry: AuditRow, detail: Mapping[str, Any] | None
) -> AsyncIterator[AsyncSession]:
    async with sessions() as session:
        try:
            await check_unlocked(session, entry.action, entry.subject)
            yield session
            entry.detail = dict(detail or {})
            session.add(entry)
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
