"""Hand-off settings and shift notices as part of the configuration."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.rota import HandoffRules, Rota, ShiftNotices
from storage.sealed import Sealer
from storage.tables import HandoffRow, ShiftNoticesRow


async def load_rota(session: AsyncSession, sealer: Sealer) -> Rota:
    """All of it."""
    handoffs = (await session.execute(select(HandoffRow))).scalars()
    notices = (await session.execute(select(ShiftNoticesRow))).scalars()
    return Rota({h.schedule_id: handoff_of(h, sealer) for h in handoffs}, {n.user_id: notices_of(n) for n in notices})


def handoff_of(row: HandoffRow, sealer: Sealer) -> HandoffRules:
    """A schedule's, opened."""
    token = str(sealer.open(row.sealed)["token"]) if row.sealed is not None else ""
    return HandoffRules(row.confirm_within_s, row.slack_group, token)


def notices_of(row: ShiftNoticesRow) -> ShiftNotices:
    """A person's."""
    return ShiftNotices(row.at_start, row.at_end, row.remind_before_s, row.slack_user)
