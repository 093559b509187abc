"""Reading pages: what was sent to whom, what became of it, what would have been sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import text

from storage import cursor as cursors
from storage.canary import CANARY
from storage.changes import Sessions


@dataclass(frozen=True, slots=True)
class Filter:
    """Empty means all, but for the canary's, which are shown if its user or incident is asked for."""

    state: str = ""
    channel: str = ""
    user: str = ""
    incident: str = ""


LIST = text("""
select id, channel, body, state, detail, attempts, provider_id,
       extract(epoch from created_at)::float8 as created_at, extract(epoch from sent_at)::float8 as sent_at,
       extract(epoch from updated_at)::float8 as updated_at
from rt.outbox
where (:state = '' or state = :state) and (:channel = '' or channel = :channel)
  and (:person = '' or body->>'user_id' = :person) and (:incident = '' or body->>'incident_id' = :incident)
  and (:person <> '' or :incident <> '' or body->>'user_id' is distinct from :canary)
  and (created_at, id) < (to_timestamp(cast(:at as float8)), :after)
order by created_at desc, id desc
limit :limit
""")


async def listed(
    sessions: Sessions, wanted: Filter, limit: int, cursor: str | None
) -> tuple[list[dict[str, Any]], str | None]:
    """Pages, newest first, and the cursor for the next part."""
    at, after = cursors.decode(cursor) if cursor else (99_999_999_999.0, "")
    parameters = {
        "state": wanted.state,
        "channel": wanted.channel,
        "person": wanted.user,
        "incident": wanted.incident,
        "at": at,
        "after": after,
        "limit": limit + 1,
        "canary": CANARY,
    }
    async with sessions() as session:
        rows = [dict(r._mapping) for r in await session.execute(LIST, parameters)]
    following = cursors.encode(rows[limit - 1]["created_at"], rows[limit - 1]["id"]) if len(rows) > limit else None
    return rows[:limit], following
