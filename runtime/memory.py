"""The store in memory: the same promises as runtime.postgres, for the simulator and the contract tests.

Deterministic: everything is kept and answered in insertion order. No method really waits, so each is atomic.
Not for the product: it forgets everything with its process.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from runtime.entity import Effect
from runtime.errors import StatementRejected
from runtime.ids import SHARDS
from runtime.memory_outbox import LONGEST_S, MemoryOutbox
from runtime.store import (
    Appended,
    Committed,
    HostRow,
    Inbound,
    Loaded,
    Mail,
    ShardRow,
    TimerRow,
    Turn,
    View,
)

FORGET_HOST_S = 3600.0
SWEEP_S = 3 * 86_400.0


@dataclass(slots=True)
class EntityRow:
    """One entity as stored."""

    shard: int
    seq: int
    version: int
    state: bytes
    closed: bool


class MemoryStore(MemoryOutbox):
    """See runtime/store.py for what each method promises."""

    def __init__(self, clock_now: Callable[[], float]) -> None:
        super().__init__(clock_now)
        self.shards: dict[int, ShardRow] = {n: ShardRow(n, 0, None) for n in range(SHARDS)}
        self.hosts: dict[str, HostRow] = {}
        self.entities: dict[str, EntityRow] = {}
        self.journal: list[dict[str, Any]] = []
        self.armed: dict[tuple[str, str], TimerRow] = {}
        self.records: dict[str, dict[str, Any]] = {}
        self.quarantined: dict[str, str] = {}
        self.private: dict[int, str] = {}
        self._positions: dict[tuple[str, int], int] = {}

    # -- coming in ---------------------------------------------------------------------------------

    async def append(self, messages: Sequence[Inbound]) -> Appended:
        ids, fresh = [], []
        for message in messages:
            found, new = self.put(message)
            ids.append(found)
            fresh.append(new)
        return Appended(ids, fresh, self.clock_now())

    async def outcomes(self, ids: Sequence[int]) -> dict[int, dict[str, Any] | None]:
        return {i: self.inbox[i].reply for i in ids if i in self.inbox and self.inbox[i].done}

    async def now(self) -> float:
        return self.clock_now()

    # -- ownership ---------------------------------------------------------------------------------

    async def renew(self, host: HostRow, ttl_s: float, counted: float | None = None) -> View:
        now = self.clock_now()
        owners = {s.owner for s in self.shards.values()}
        for old in list(self.hosts.values()):
            if old.expires_at < now - FORGET_HOST_S and old.id not in owners:
                del self.hosts[old.id]
        for other in list(self.hosts.values()):
            if other.expires_at > now + LONGEST_S:
                ahead = other.ahead_s + other.expires_at - now - ttl_s
                self.hosts[other.id] = replace(other, expires_at=now + ttl_s, ahead_s=ahead)
        earlier = [h.started_at for h in self.hosts.values() if h.slot == host.slot and h.id != host.id]
        known = self.hosts.get(host.id)
        started_at = known.started_at if known else max([host.started_at, *(at + 0.001 for at in earlier)])
        ahead = counted - now if counted is not None else 0.0
        self.hosts[host.id] = replace(host, started_at=started_at, expires_at=now + ttl_s, ahead_s=ahead)
        return View(now, list(self.hosts.values()), list(self.shards.values()))

    async def claim(self, host: str, shards: Mapping[int, int], crashed: Collection[int]) -> dict[int, int]:
        taken: dict[int, int] = {}
        for shard, epoch in shards.items():
            row = self.shards.get(shard)
            if row is None or row.epoch != epoch:
                continue
            crashes = row.crashes + 1 if shard in crashed else 0
            self.shards[shard] = replace(row, epoch=epoch + 1, owner=host, crashes=crashes)
            taken[shard] = epoch + 1
        return taken

    async def release(self, host: str, shards: Mapping[int, int]) -> None:
        for shard, epoch in shards.items():
            row = self.shards[shard]
            if row.owner == host and row.epoch == epoch:
                self.shards[shard] = replace(row, owner=None, crashes=0, suspect=None)

    async def retire(self, host: str) -> None:
        self.hosts.pop(host, None)
        for row in list(self.shards.values()):
            if row.owner == host:
                self.shards[row.id] = replace(row, owner=None, crashes=0, suspect=None)

    async def name_suspect(self, shard: int, epoch: int, entity: str | None) -> None:
        row = self.shards[shard]
        if row.epoch == epoch:
            crashes = 0 if entity is None else row.crashes
            self.shards[shard] = replace(row, suspect=entity, crashes=crashes)

    async def quarantine(self, entity: str, shard: int, epoch: int, reason: str, effect: Effect) -> bool:
        if self.shards[shard].epoch != epoch:
            return False
        self.quarantined.setdefault(entity, reason)
        self.add_effect(entity, shard, effect)
        return True

    async def private_shard(self, entity: str) -> int:
        for shard, owner in self.private.items():
            if owner == entity:
                return shard
        shard = max(self.shards) + 1
        self.private[shard] = entity
        self.shards[shard] = ShardRow(shard, 0, None)
        return shard

    async def private_shards(self) -> dict[int, str]:
        return dict(self.private)

    # -- loading -----------------------------------------------------------------------------------

    async def mail(
        self, shards: Collection[int], skip_ids: Collection[int], skip_entities: Collection[str], limit: int
    ) -> list[Mail]:
        wanted, ids, names = set(shards), set(skip_ids), set(skip_entities)
        out: list[Mail] = []
        for row in self.undone_rows():
            m = row.message
            if m.shard in wanted and row.id not in ids and m.entity not in names:
                out.append(Mail(row.id, m.shard, m.entity, m.kind, m.body, m.env_version, row.received_at, m.halts))
                if len(out) >= limit:
                    break
        return out

    async def load(self, entities: Sequence[str]) -> dict[str, Loaded]:
        out: dict[str, Loaded] = {}
        timers: dict[str, dict[str, TimerRow]] = {}
        for timer in self.armed.values():
            timers.setdefault(timer.entity, {})[timer.name] = timer
        for entity in entities:
            row = self.entities.get(entity)
            quarantined = entity in self.quarantined
            if row is None:
                out[entity] = Loaded(entity, 0, 0, None, {}, quarantined)
            else:
                out[entity] = Loaded(entity, row.seq, row.version, row.state, timers.get(entity, {}), quarantined)
        return out

    async def timers(self, shards: Collection[int], until: float, limit: int) -> list[TimerRow]:
        wanted = set(shards)
        due = [
            t
            for t in self.armed.values()
            if t.shard in wanted and t.due_at < until and t.entity not in self.quarantined
        ]
        due.sort(key=lambda t: t.due_at)
        return due[:limit]

    # -- the commit --------------------------------------------------------------------------------

    async def commit(self, epochs: Mapping[int, int], turns: Sequence[Turn]) -> Committed:
        owned = frozenset(s for s, e in epochs.items() if s in self.shards and self.shards[s].epoch == e)
        mine = [t for t in turns if t.shard in owned]
        taken: set[tuple[str, int]] = set()
        for key in ((turn.entity, row.seq) for turn in mine for row in turn.journal):
            if key in self._positions or key in taken:
                raise StatementRejected(f"journal position {key[0]}#{key[1]} is taken")
            taken.add(key)
        positions: dict[tuple[str, int], int] = {}
        for turn in mine:
            self._write(turn, positions)
        return Committed(self.clock_now(), owned, positions)

    def _write(self, turn: Turn, positions: dict[tuple[str, int], int]) -> None:
        epoch = self.shards[turn.shard].epoch
        for row in turn.journal:
            position = len(self.journal) + 1
            self._positions[(turn.entity, row.seq)] = positions[(turn.entity, row.seq)] = position
            self.journal.append(
                {
                    "position": position,
                    "entity": turn.entity,
                    "seq": row.seq,
                    "shard": turn.shard,
                    "epoch": epoch,
                    "cause": row.cause,
                    "kind": row.kind,
                    "body": dict(row.body),
                    "at": turn.at,
                }
            )
        self.entities[turn.entity] = EntityRow(turn.shard, turn.seq, turn.version, turn.state, turn.closed)
        self._write_timers(turn)
        self.cancel_effects(turn.entity, turn.cancel_groups)
        for effect in turn.effects:
            self.add_effect(turn.entity, turn.shard, effect, turn.at)
        for record in turn.records:
            self.records[record.id] = {
                "entity": turn.entity,
                "facets": dict(record.facets),
                "body": dict(record.body),
                "rev": turn.seq,
            }
        for inbox_id in turn.done:
            self.inbox[inbox_id].done = True
            reply = turn.replies.get(inbox_id)
            self.inbox[inbox_id].reply = None if reply is None else dict(reply)
        for tell in turn.tells:
            self.put(tell)

    def _write_timers(self, turn: Turn) -> None:
        for name, gen in turn.drop_timers:
            known = self.armed.get((turn.entity, name))
            if known is not None and known.gen == gen:
                del self.armed[(turn.entity, name)]
        for timer in turn.set_timers:
            # As Postgres keeps it: what is read again is not what was written to the last bit.
            self.armed[(timer.entity, timer.name)] = replace(timer, due_at=round(timer.due_at, 6))

    # -- feed --------------------------------------------------------------------------------------

    async def sweep(self, limit: int) -> None:
        before = self.clock_now() - SWEEP_S
        old = [i for i, row in self.inbox.items() if row.done and row.received_at < before]
        for ident in old[:limit]:
            message = self.inbox.pop(ident).message
            del self._dedup[(message.shard, message.dedup)]

    async def newest_position(self) -> int:
        return len(self.journal)

    async def journal_after(self, position: int, limit: int) -> list[dict[str, Any]]:
        rows = self.journal[position : position + limit]
        return [{k: r[k] for k in ("position", "entity", "seq", "cause", "kind", "body", "at")} for r in rows]

    # -- for checkers ------------------------------------------------------------------------------

    def entity_row(self, entity: str) -> EntityRow:
        """An entity as stored."""
        return self.entities[entity]

    def undone(self) -> list[dict[str, Any]]:
        """Inbox rows that no turn has consumed."""
        return [{"id": r.id, "entity": r.message.entity} for r in self.undone_rows()]

    def overdue_timers(self) -> list[TimerRow]:
        """Armed timers whose time has passed."""
        return [t for t in self.armed.values() if t.due_at < self.clock_now()]
