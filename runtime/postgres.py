"""The store on Postgres: every method one statement from sql/queries.sql, in autocommit.

One statement and no open transaction, so that a host frozen anywhere holds no lock for longer than the
server needs to finish it. See runtime/store.py for what each method promises.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from runtime.commit_rows import commit_parameters, json_text, result_parameters
from runtime.connections import Connections
from runtime.entity import Effect
from runtime.queries import load
from runtime.store import (
    Appended,
    Carried,
    Committed,
    HostRow,
    Inbound,
    Loaded,
    Mail,
    OutboxRow,
    SendResult,
    ShardRow,
    TimerRow,
    Turn,
    View,
)
from runtime.version import VERSION

SQL = load("runtime.sql", "queries.sql")


@dataclass(frozen=True, slots=True)
class Health:
    """How far behind the hosts are. `oldest_s`: age of the oldest unprocessed message."""

    undone: int
    oldest_s: float
    overdue_timers: int
    hosts: int
    quarantined: int
    sends: dict[str, int]
    orphan_shards: int


@dataclass(frozen=True, slots=True)
class Sealed:
    """`rows` joined the chain, which now ends with entry `n` and its `hash`; `more` are waiting."""

    rows: int
    n: int
    hash: str
    more: bool


class PostgresStore:
    """`dsn`: any libpq connection string. `connections`: statements at once (a host needs about six)."""

    def __init__(self, dsn: str, *, connections: int = 6) -> None:
        self._connections = Connections(dsn, connections)

    async def _read(self, name: str, **parameters: Any) -> list[tuple[Any, ...]]:
        return await self._connections.run(SQL[name], parameters, writes=False)

    async def _write(self, name: str, **parameters: Any) -> list[tuple[Any, ...]]:
        return await self._connections.run(SQL[name], parameters, writes=True)

    async def close(self) -> None:
        """Close the connections."""
        await self._connections.close()

    async def now(self) -> float:
        return float((await self._read("now"))[0][0])

    # -- coming in ---------------------------------------------------------------------------------

    async def append(self, messages: Sequence[Inbound]) -> Appended:
        if not messages:
            return Appended([], [], await self.now())
        parameters = {
            "shard": [m.shard for m in messages],
            "entity": [m.entity for m in messages],
            "kind": [m.kind for m in messages],
            "dedup": [m.dedup for m in messages],
            "body": [m.body for m in messages],
            "halts": [m.halts for m in messages],
            "env": [m.env_version for m in messages],
        }
        rows = await self._write("append", **parameters)
        if any(r[0] is None for r in rows):
            # The same id was inserted by another statement that committed after ours took its snapshot:
            # it is there now, and asking once more finds it.
            rows = await self._write("append", **parameters)
        return Appended([r[0] for r in rows], [r[1] for r in rows], rows[0][2])

    async def outcomes(self, ids: Sequence[int]) -> dict[int, dict[str, Any] | None]:
        return dict(await self._read("outcomes", ids=list(ids)))

    # -- ownership ---------------------------------------------------------------------------------

    async def renew(self, host: HostRow, ttl_s: float, counted: float | None = None) -> View:
        ((now, hosts, shards),) = await self._write(
            "renew",
            id=host.id,
            slot=host.slot,
            node=host.node,
            started_at=host.started_at,
            ttl=ttl_s,
            draining=host.draining,
            weight=host.weight,
            program=VERSION,
            counted=counted,
        )
        return View(now, [HostRow(*h) for h in hosts], [ShardRow(*s) for s in shards])

    async def claim(self, host: str, shards: Mapping[int, int], crashed: Collection[int]) -> dict[int, int]:
        rows = await self._write(
            "claim", host=host, shard=list(shards), epoch=list(shards.values()), crashed=list(crashed)
        )
        return dict(rows)

    async def release(self, host: str, shards: Mapping[int, int]) -> None:
        await self._write("release", host=host, shard=list(shards), epoch=list(shards.values()))

    async def retire(self, host: str) -> None:
        await self._write("retire", host=host)

    async def name_suspect(self, shard: int, epoch: int, entity: str | None) -> None:
        await self._write("name_suspect", shard=shard, epoch=epoch, entity=entity)

    async def quarantine(self, entity: str, shard: int, epoch: int, reason: str, effect: Effect) -> bool:
        rows = await self._write(
            "quarantine",
            entity=entity,
            shard=shard,
            epoch=epoch,
            reason=reason,
            effect=effect.id,
            kind=effect.kind,
            channel=effect.channel,
            grp=effect.group,
            body=json_text(effect.body),
        )
        return bool(rows[0][0])

    async def private_shard(self, entity: str) -> int:
        rows = await self._write("private_shard", entity=entity)
        return int(rows[0][0]) if rows else await self.private_shard(entity)

    async def private_shards(self) -> dict[int, str]:
        return dict(await self._read("private_shards"))

    # -- loading -----------------------------------------------------------------------------------

    async def mail(
        self, shards: Collection[int], skip_ids: Collection[int], skip_entities: Collection[str], limit: int
    ) -> list[Mail]:
        rows = await self._read(
            "mail", shards=list(shards), skip_ids=list(skip_ids), skip_entities=list(skip_entities), limit=limit
        )
        return [Mail(*r) for r in rows]

    async def load(self, entities: Sequence[str]) -> dict[str, Loaded]:
        out: dict[str, Loaded] = {}
        for entity, seq, version, state, quarantined, timers in await self._read("load", entities=list(entities)):
            armed = {t[0]: TimerRow(entity, t[1], t[0], t[2], t[3]) for t in timers or ()}
            out[entity] = Loaded(entity, seq or 0, version or 0, state, armed, quarantined)
        return out

    async def timers(self, shards: Collection[int], until: float, limit: int) -> list[TimerRow]:
        return [TimerRow(*r) for r in await self._read("timers", shards=list(shards), until=until, limit=limit)]

    # -- the commit --------------------------------------------------------------------------------

    async def commit(self, epochs: Mapping[int, int], turns: Sequence[Turn]) -> Committed:
        ((now, owned, positions),) = await self._write("commit", **commit_parameters(epochs, turns))
        return Committed(now, frozenset(owned), {(p[0], p[1]): p[2] for p in positions or ()})

    # -- sending -----------------------------------------------------------------------------------

    async def sends(
        self, shards: Collection[int], skip_ids: Collection[str], limit: int, now: float | None = None
    ) -> list[OutboxRow]:
        rows = await self._read("sends", shards=list(shards), skip=list(skip_ids), limit=limit, now=now)
        return [OutboxRow(*r) for r in rows]

    async def claim_sends(
        self,
        epochs: Mapping[int, int],
        ids: Sequence[str],
        host: str,
        hold_s: float,
        now: float | None = None,
        carried: Mapping[str, Carried] | None = None,
    ) -> dict[str, OutboxRow]:
        known = carried or {}
        rows = await self._write(
            "claim_sends",
            own_shard=list(epochs),
            own_epoch=list(epochs.values()),
            ids=list(ids),
            host=host,
            hold=hold_s,
            now=now,
            c_id=list(known),
            c_bundle=[c.bundle for c in known.values()],
            c_held=[c.held_s for c in known.values()],
        )
        return {r[0]: OutboxRow(*r) for r in rows}

    async def record_sends(self, host: str, results: Sequence[SendResult]) -> None:
        await self._write("record_sends", host=host, **result_parameters(results))

    async def settle_sends(self, results: Sequence[SendResult]) -> set[str]:
        began = [r.began_at for r in results]
        rows = await self._write("settle_sends", began=began, **result_parameters(results))
        return {ident for (ident,) in rows}

    async def recallable(self, entities: Sequence[str], channels: Sequence[str]) -> list[OutboxRow]:
        rows = await self._read("recallable", entities=list(entities), channels=list(channels))
        return [OutboxRow(*r) for r in rows]

    # -- feed and upkeep ---------------------------------------------------------------------------

    async def newest_position(self) -> int:
        return int((await self._read("newest_position"))[0][0])

    async def journal_after(self, position: int, limit: int) -> list[dict[str, Any]]:
        rows = await self._read("journal_after", position=position, limit=limit)
        return [dict(zip(("position", "entity", "seq", "cause", "kind", "body", "at"), r, strict=True)) for r in rows]

    async def health(self) -> Health:
        """Backlog and lateness, from partial indexes only."""
        ((undone, oldest, overdue, hosts, quarantined, sends, orphans),) = await self._read("health")
        return Health(undone, oldest or 0.0, overdue, hosts, quarantined, dict(sends), orphans)

    async def seal(self, rows: int) -> Sealed:
        """Add about `rows` committed journal and send log rows to the chain; none while another sealer is at it."""
        ((count, n, head, more),) = await self._write("seal", rows=rows)
        return Sealed(count, n, head or "", more)

    async def sweep(self, limit: int) -> None:
        await self._write("sweep_inbox", limit=limit)
