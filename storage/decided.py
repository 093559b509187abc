"""What became of messages of the inbox: the events that each of them caused. Only read here."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import text

from storage.changes import Sessions

LIMIT = 2_000

# By entity first: that is what the journal is found by.
CAUSED = text("""
select entity, cause, kind, coalesce((body->>'episode')::int, 0) as episode, coalesce(body->>'why', '') as why,
       coalesce(body->'cover'->>'by', '') as covered_by
from rt.journal
where entity = any(cast(:entities as text[])) and cause = any(cast(:causes as text[]))
order by entity, seq limit :limit
""")

UNDONE = text("select id from rt.inbox where id = any(cast(:ids as bigint[])) and done_at is null")


@dataclass(frozen=True, slots=True)
class Caused:
    """An event: whose, from which message, and the little of it that says what was decided."""

    entity: str
    inbox_id: int
    kind: str
    episode: int
    why: str
    covered_by: str


async def caused(sessions: Sessions, entities: Collection[str], inbox_ids: Collection[int]) -> list[Caused]:
    """Events of these entities that these messages caused, in order; at most LIMIT."""
    causes = [f"inbox:{ident}" for ident in inbox_ids]
    async with sessions() as session:
        rows = await session.execute(CAUSED, {"entities": list(entities), "causes": causes, "limit": LIMIT})
        return [
            Caused(r.entity, int(r.cause.removeprefix("inbox:")), r.kind, r.episode, r.why, r.covered_by) for r in rows
        ]


async def undone(sessions: Sessions, inbox_ids: Collection[int]) -> frozenset[int]:
    """Those of the messages that no host has processed yet."""
    async with sessions() as session:
        rows = await session.execute(UNDONE, {"ids": list(inbox_ids)})
        return frozenset(row.id for row in rows)
