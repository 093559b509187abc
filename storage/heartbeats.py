"""How heartbeats stand, as their actors show it; whose key is whose; when pings could not be taken."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select, text

from domain.heartbeat import NobodyListened
from runtime.ids import EntityId
from storage.changes import Sessions
from storage.mail import tell
from storage.tables import HeartbeatRow

GAP_S = 30.0
"""No gateway for longer than this: pings may have gone unheard."""

STATES = text("select id, body, extract(epoch from now())::float8 as now from rt.record where kind = 'heartbeat'")

# The row lock makes gateways take turns, so only the first one after a gap sees it.
SEEN = text("""
update listening l set seen_at = now() from (select seen_at from listening where id = 1 for update) before
where l.id = 1
returning extract(epoch from before.seen_at)::float8 as since, extract(epoch from now())::float8 as now
""")


async def ping_hashes(sessions: Sessions) -> dict[str, str]:
    """Hash of every heartbeat's key -> heartbeat id, for the gateway's cache."""
    async with sessions() as session:
        rows = await session.execute(select(HeartbeatRow.hash, HeartbeatRow.id))
        return {row.hash: row.id for row in rows}


async def states(sessions: Sessions) -> dict[str, dict[str, Any]]:
    """Heartbeat id -> how it stands (domain.beat.shown); those that were never heard of are missing."""
    async with sessions() as session:
        rows = await session.execute(STATES)
        return {row.id.removeprefix("heartbeat/"): row.body for row in rows}


async def listening(sessions: Sessions) -> list[int]:
    """Say that pings can be taken. After a gap, heartbeats are told of it; answers the shards to poke."""
    async with sessions() as session:
        seen = (await session.execute(SEEN)).one()
        shards: list[int] = []
        if seen.now - seen.since > GAP_S:
            gap = NobodyListened(seen.since, seen.now)
            for ident in (await session.execute(select(HeartbeatRow.id))).scalars():
                shards.append(await tell(session, EntityId("heartbeat", ident), gap, f"{ident}/unheard/{seen.now}"))
        await session.commit()
        return shards
