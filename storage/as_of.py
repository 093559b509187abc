"""Reading the configuration as of a time: the same readers, in a transaction that sees what was so then.

The tables are shown by the views of storage/versioned.py under their own names, and `now()` is the instant asked about.
Holidays of a country are what the installed package says today.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.errors import Invalid
from storage.changes import Sessions

THEN = text("""
select set_config('sentinel.as_of', :at, true), set_config('search_path', 'past, public, pg_catalog', true)
""")
KNOWN = text("select kept_since, now() as now from settings")


@asynccontextmanager
async def session_at(sessions: Sessions, at: datetime) -> AsyncIterator[AsyncSession]:
    """A transaction in which the configuration is what it was at `at`; it cannot write."""
    async with sessions() as session:
        await session.execute(text("set transaction read only"))
        await session.execute(THEN, {"at": at.isoformat()})
        yield session


async def check_known(sessions: Sessions, at: datetime) -> None:
    """Raise Invalid for a time from which nothing is known: before the history began, or in the future."""
    async with sessions() as session:
        since, now = (await session.execute(KNOWN)).one()
    if at < since:
        since_utc = f"{since.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
        raise Invalid("as_of", f"What the configuration said is known from {since_utc} on; ask for a later time.")
    if at > now:
        raise Invalid("as_of", "This time is in the future; leave as_of away to see the configuration of now.")
