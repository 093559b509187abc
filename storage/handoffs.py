"""How the running hand-off of a schedule stands, as its actor shows it."""

from __future__ import annotations

from sqlalchemy import text

from storage.changes import Sessions

UNCONFIRMED = text("select body->'unconfirmed' from rt.record where id = :id")


async def unconfirmed(sessions: Sessions, schedule_id: str) -> list[str]:
    """User ids of those on call who were asked to confirm and have not."""
    async with sessions() as session:
        found = (await session.execute(UNCONFIRMED, {"id": f"schedule/{schedule_id}"})).scalar_one_or_none()
    return list(found or [])
