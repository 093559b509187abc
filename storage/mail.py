"""A message to an entity in the same transaction as the change it is about: neither is ever there without the other."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from runtime.codec import json_of
from runtime.ids import EntityId, shard_of

# The first message under a dedup id stays, as in runtime/sql/queries.sql. The host that takes it must know the
# configuration as of this transaction, or a newer one.
TELL = text("""
insert into rt.inbox (shard, entity, kind, dedup, body, halts, env_version)
select :shard, :entity, :kind, :dedup, cast(:body as jsonb), false, config_version from settings
on conflict (shard, dedup) do nothing
""")


async def tell(session: AsyncSession, entity: EntityId, message: Any, dedup: str) -> int:
    """Journal the message for its entity; answers the shard, to be poked after the commit."""
    shard = shard_of(entity)
    values = {"shard": shard, "entity": str(entity), "kind": type(message).__name__, "dedup": dedup}
    await session.execute(TELL, {**values, "body": json_of(message)})
    return shard
