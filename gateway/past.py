"""The configuration as it was at a time."""

from __future__ import annotations

import asyncio
from datetime import datetime

from domain.configuration import Configuration
from domain.enrichment import prepare
from storage.as_of import session_at
from storage.changes import Sessions
from storage.configuration import load_in
from storage.sealed import Sealer


async def configuration_at(sessions: Sessions, sealer: Sealer, at: datetime) -> Configuration:
    """All of it, ready to be asked. Raises SQLAlchemyError while the database is away."""
    async with session_at(sessions, at) as session:
        found = await load_in(session, sealer)
    await asyncio.to_thread(prepare, found)
    return found
