"""When a schedule changes: its history is kept and its live actor told in the same transaction, hosts are poked after.

So a live schedule hears of every change that was saved, whatever ends this gateway in between.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy.ext.asyncio import AsyncSession

from actors.schedule import ScheduleChanged
from gateway.config_cache import ConfigCache
from runtime.ids import EntityId, new_id
from runtime.poke import Poker
from storage.history import keep
from storage.mail import tell


async def changed(session: AsyncSession, *schedule_ids: str) -> list[int]:
    """Call last in the change of what these schedules say; answers the shards for `announce`."""
    await keep(session, *schedule_ids)
    return await look_again(session, *schedule_ids)


async def look_again(session: AsyncSession, *schedule_ids: str) -> list[int]:
    """Have live schedules look again, because of something beside what they say."""
    return [await tell(session, EntityId("schedule", ident), ScheduleChanged(), new_id()) for ident in schedule_ids]


async def announce(poker: Poker, config: ConfigCache, shards: Collection[int]) -> None:
    """Call after the commit: the live schedules look now, and this gateway knows what was saved."""
    if shards:
        poker.poke(shards)
    await config.refresh()
