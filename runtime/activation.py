"""Entities in memory: loaded a thousand at a time, kept while used, given back when idle.

What is here is a cache of committed rows, replaced only after a commit succeeded; dropping any of it
is always safe.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from runtime.clock import Clock
from runtime.codec import Kind, Kinds
from runtime.ids import EntityId
from runtime.store import Loaded, Store
from runtime.turn import Position

MAX_ACTIVE = 50_000
"""Activations kept per host before the least recently used go; about 0.6 KB plus the state each."""


@dataclass(slots=True)
class Activation:
    """One live entity: its committed position and when it was last used (monotonic seconds)."""

    id: EntityId
    kind: Kind
    position: Position
    used_at: float
    failures: int = 0


class Activations:
    """The working set of a host."""

    def __init__(self, store: Callable[[], Store], kinds: Kinds, clock: Clock) -> None:
        self._store = store
        self._kinds = kinds
        self._clock = clock
        self._live: dict[str, Activation] = {}

    def __len__(self) -> int:
        return len(self._live)

    def get(self, entity: str) -> Activation | None:
        """The activation, marked as used now."""
        found = self._live.pop(entity, None)
        if found is not None:
            found.used_at = self._clock.monotonic()
            self._live[entity] = found  # re-inserted last: the dict's order is the LRU order
        return found

    async def ensure(self, entities: Iterable[tuple[str, int]]) -> dict[str, str]:
        """Load those (entity, shard) not yet live, in one query. Answers those that cannot run and why."""
        missing = {e: s for e, s in entities if e not in self._live}
        refused: dict[str, str] = {}
        if not missing:
            return refused
        loaded = await self._store().load(list(missing))
        for entity, shard in missing.items():
            if entity in self._live:
                continue  # another loop loaded it meanwhile, and its turns may have gone on since
            row = loaded[entity]
            if row.quarantined:
                refused[entity] = "quarantined"
                continue
            try:
                self.put(self._activate(row, shard))
            except Exception as error:
                # Whatever the bytes are, one unreadable entity must not stop its neighbours; it is
                # quarantined by the caller, which tells a human.
                refused[entity] = f"{type(error).__name__}: {error}"
        return refused

    def _activate(self, row: Loaded, shard: int) -> Activation:
        ident = EntityId.parse(row.entity)
        kind = self._kinds.of(ident.kind)
        state = kind.state(row.version, row.state, ident.key)
        return Activation(ident, kind, Position(shard, row.seq, state, row.timers), self._clock.monotonic())

    def put(self, activation: Activation) -> None:
        """Keep one."""
        self._live[str(activation.id)] = activation

    def drop(self, entity: str) -> None:
        """Forget one."""
        self._live.pop(entity, None)

    def drop_shard(self, shard: int) -> None:
        """Forget all of a shard."""
        for entity in [e for e, a in self._live.items() if a.position.shard == shard]:
            del self._live[entity]

    def all(self) -> list[Activation]:
        """Every one, least recently used first."""
        return list(self._live.values())

    def __contains__(self, entity: str) -> bool:
        return entity in self._live

    def clear(self) -> None:
        """Forget all."""
        self._live.clear()

    def passivate(self, kept: Collection[str]) -> int:
        """Give back the idle ones except those `kept`, and those beyond MAX_ACTIVE; answers how many.

        Needs no write: every commit wrote the state. A busy one may go too, its commit still counts and
        the next message loads it again.
        """
        now = self._clock.monotonic()
        idle = [e for e, a in self._live.items() if now - a.used_at > a.kind.entity.idle_s and e not in kept]
        for entity in idle:
            del self._live[entity]
        excess = len(self._live) - MAX_ACTIVE
        for entity in list(self._live)[: max(0, excess)]:
            del self._live[entity]
        return len(idle) + max(0, excess)
