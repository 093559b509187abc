"""isolation="process": an entity with a process of its own.

Its mail arrives in the common shard its address hashes to, like everybody's. The owner of that shard does not
run it but hands it on, exactly once, into the private shard that belongs to this entity alone (id 256 and up). The
hosts' supervisor keeps a Ray actor for every private shard: the same Host, with that one shard as its scope.
"""

from __future__ import annotations

from runtime.core import Core
from runtime.ids import SHARDS, derived_id
from runtime.store import Inbound, Mail, Turn


def runs_elsewhere(core: Core, row: Mail) -> bool:
    """True for mail of a process-isolated entity that is not in its private shard yet. Raises UnknownKind."""
    return row.shard < SHARDS and core.kinds.of(row.entity.partition("/")[0]).entity.isolation == "process"


async def hand_on(core: Core, row: Mail) -> None:
    """Move one inbox row into its entity's private shard.

    Done here and added there in one commit, so a crash leaves it in exactly one of the two; the copy's dedup id makes a
    commit whose answer was lost safe to repeat.
    """
    epoch = core.ownership.epochs.get(row.shard)
    if epoch is None:
        return
    target = await core.store.private_shard(row.entity)
    copy = Inbound(
        entity=row.entity,
        shard=target,
        kind=row.kind,
        dedup=derived_id("handed on", row.id),
        body=row.body,
        halts=row.halts,
        env_version=row.env_version,
    )
    clerk = Turn(f"clerk/{row.shard}", row.shard, 0, 1, b"", True, core.time.now(), tells=[copy], done=[row.id])
    await core.store.commit({row.shard: epoch}, [clerk])
    core.poke([target])
