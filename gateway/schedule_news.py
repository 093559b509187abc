"""After a schedule was saved: refresh what this gateway knows, and have the live schedule look again."""

from __future__ import annotations

from actors.schedule import ScheduleChanged
from gateway.services import Services
from runtime.codec import json_of
from runtime.ids import EntityId, new_id, shard_of
from runtime.store import Inbound


async def announce(gateway: Services, *schedule_ids: str) -> None:
    """Call after the commit."""
    await gateway.config.refresh()
    entities = [EntityId("schedule", ident) for ident in schedule_ids]
    messages = [
        Inbound(
            entity=str(entity),
            shard=shard_of(entity),
            kind=ScheduleChanged.__name__,
            dedup=new_id(),
            body=json_of(ScheduleChanged()),
            env_version=gateway.config.current.version,
        )
        for entity in entities
    ]
    if messages:
        await gateway.inbox.put(messages)
