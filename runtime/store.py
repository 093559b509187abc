"""The runtime's only door to durable storage.

Each method is ONE atomic statement with the semantics in its docstring; nothing spans two calls. The
same contract tests (tests/contract/test_store.py) run against `runtime.memory` and `runtime.postgres`.

Errors of every method: `StoreUnavailable` when nothing can have been written, `OutcomeUnknown` when the
answer was lost after the statement was sent, `StatementRejected` when the content was refused.
All times are database time, UTC epoch seconds. Bodies are JSON-able mappings unless said otherwise.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from runtime.entity import Effect, Record


@dataclass(frozen=True, slots=True)
class Inbound:
    """A message to put into an inbox. `dedup` is unique per shard; the same one again is ignored. `body`: JSON.

    `halts`: until this message is processed, no effect of the entity may be claimed for sending
    (acknowledge, resolve). `env_version`: the owner must have at least this configuration loaded before
    it decides.
    """

    entity: str
    shard: int
    kind: str
    dedup: str
    body: str
    halts: bool = False
    env_version: int = 0


@dataclass(frozen=True, slots=True)
class Mail:
    """One undone inbox row. `body`: JSON."""

    id: int
    shard: int
    entity: str
    kind: str
    body: str
    env_version: int
    received_at: float
    halts: bool = False


@dataclass(frozen=True, slots=True)
class Appended:
    """Result of `append`: for each given message its inbox id and whether it was new, in order."""

    ids: list[int]
    fresh: list[bool]
    now: float


@dataclass(frozen=True, slots=True)
class HostRow:
    """A host's lease. `id` names this incarnation, `slot` its place ("host-0"), `expires_at` the lease.

    `ahead_s`: seconds by which its count of time was ahead of the store's clock when it last renewed (ADR 21).
    """

    id: str
    slot: str
    node: str
    started_at: float
    expires_at: float
    draining: bool
    weight: float = 1.0
    ahead_s: float = 0.0


@dataclass(frozen=True, slots=True)
class ShardRow:
    """Who owns a shard at which epoch. `suspect`/`marks`: see runtime/suspect.py."""

    id: int
    epoch: int
    owner: str | None
    crashes: int = 0
    suspect: str | None = None


@dataclass(frozen=True, slots=True)
class View:
    """Everything placement needs, from one statement."""

    now: float
    hosts: list[HostRow]
    shards: list[ShardRow]


@dataclass(frozen=True, slots=True)
class TimerRow:
    """An armed timer. `gen` is the journal position at which it was armed."""

    entity: str
    shard: int
    name: str
    gen: int
    due_at: float


@dataclass(frozen=True, slots=True)
class Loaded:
    """An entity as stored: `seq` is the next journal position, `state` its encoded bytes (None if new)."""

    entity: str
    seq: int
    version: int
    state: bytes | None
    timers: dict[str, TimerRow]
    quarantined: bool = False


@dataclass(frozen=True, slots=True)
class JournalRow:
    """One event to append at (entity, seq)."""

    seq: int
    cause: str
    kind: str
    body: Mapping[str, Any]


@dataclass(slots=True)
class Turn:
    """The outcome of one turn of one entity, ready to be committed."""

    entity: str
    shard: int
    seq: int
    """Next free position after `journal`; journal rows occupy seq - len(journal) .. seq - 1."""
    version: int
    state: bytes
    closed: bool
    at: float
    """Decision time: `at` of the journal rows."""
    journal: list[JournalRow] = field(default_factory=list)
    set_timers: list[TimerRow] = field(default_factory=list)
    drop_timers: list[tuple[str, int]] = field(default_factory=list)
    """(name, gen): deleted only with the same generation."""
    cancel_groups: list[str] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)
    tells: list[Inbound] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)
    done: list[int] = field(default_factory=list)
    """Inbox ids this turn consumed."""
    replies: dict[int, Mapping[str, Any]] = field(default_factory=dict)
    """Inbox id -> answer, stored with the done mark."""


@dataclass(frozen=True, slots=True)
class Committed:
    """`owned`: shards of the batch still ours; turns of other shards wrote nothing at all.

    `positions`: (entity, seq) -> feed position of each journal row written.
    """

    now: float
    owned: frozenset[int]
    positions: dict[tuple[str, int], int]


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """A send as stored. States: pending sending accepted delivered failed unknown cancelled bundled."""

    id: str
    entity: str
    shard: int
    kind: str
    channel: str
    body: dict[str, Any]
    state: str
    attempts: int
    unknowns: int
    due_at: float
    provider_id: str | None = None
    withdrawn: bool = False
    """Cancelled while it was being sent: its outcome is still learned, but it is never sent again."""
    bundle: str | None = None
    """Id of the message that carried it together with others, if its first attempt was one (runtime/bundles.py)."""


@dataclass(frozen=True, slots=True)
class Carried:
    """How a row came to its first attempt: in the message `bundle` or by itself, having waited `held_s` for others."""

    bundle: str | None = None
    held_s: float = 0.0


@dataclass(frozen=True, slots=True)
class SendResult:
    """What to write after a send. `state` is the next state; `due_at` when to look again, if ever.

    `tell`, the EffectFailed message to the entity, is written in the same statement; `failed` rows always carry one.
    `unknown` raises the count of unknown outcomes by one when True. `tried`: the provider was asked to send, so
    that the send log tells attempts that may have reached somebody from those that certainly did not. `began_at`:
    when it was sent, UTC epoch seconds, if not since its claim.
    """

    id: str
    shard: int
    state: str
    detail: str = ""
    provider_id: str | None = None
    due_at: float | None = None
    unknown: bool = False
    tell: Inbound | None = None
    tried: bool = False
    began_at: float | None = None


class Store(Protocol):
    """Durable storage of the runtime."""

    # -- coming in ---------------------------------------------------------------------------------
    async def append(self, messages: Sequence[Inbound]) -> Appended:
        """Insert messages; a (shard, dedup) already present is left as it is and its id is answered."""
        ...

    async def outcomes(self, ids: Sequence[int]) -> dict[int, dict[str, Any] | None]:
        """Of these inbox ids, those done, with the stored reply (None if the turn gave none)."""
        ...

    async def now(self) -> float:
        """The database's time."""
        ...

    # -- ownership ---------------------------------------------------------------------------------
    async def renew(self, host: HostRow, ttl_s: float, counted: float | None = None) -> View:
        """Write this host's lease (expires now + ttl_s) and answer all hosts and shards.

        `counted`: what time it is by the host's count, None if it has none yet.

        Rows of hosts whose lease ended more than an hour ago and that own nothing are removed. A new row starts after
        every other of its slot, and leases of others that end in more than a minute are cut to ttl_s: the store's clock
        may have been set back.
        """
        ...

    async def claim(self, host: str, shards: Mapping[int, int], crashed: Collection[int]) -> dict[int, int]:
        """Take each shard that is still at the given epoch: epoch + 1, owner = host. Answers new epochs.

        For shards in `crashed` the crash counter goes up by one, else it is set to zero.
        """
        ...

    async def release(self, host: str, shards: Mapping[int, int]) -> None:
        """Give up shards owned by host at these epochs: owner becomes null, epoch stays, crashes zero."""
        ...

    async def retire(self, host: str) -> None:
        """Remove the lease of a drained host and release whatever it still owns."""
        ...

    async def name_suspect(self, shard: int, epoch: int, entity: str | None) -> None:
        """Write (or clear) the entity about to run alone in a shard taken from a crashed host.

        A None also sets the shard's crash counter to zero: the backlog was survived.
        """
        ...

    async def quarantine(self, entity: str, shard: int, epoch: int, reason: str, effect: Effect) -> bool:
        """Mark an entity so that it is not activated, and add `effect` unless its id exists.

        False (and nothing written) if the shard is not at this epoch.
        """
        ...

    async def private_shard(self, entity: str) -> int:
        """The shard (id >= 256) that belongs to this entity alone; made at the first asking."""
        ...

    async def private_shards(self) -> dict[int, str]:
        """All private shards and their entities."""
        ...

    # -- loading -----------------------------------------------------------------------------------
    async def mail(
        self, shards: Collection[int], skip_ids: Collection[int], skip_entities: Collection[str], limit: int
    ) -> list[Mail]:
        """Oldest undone inbox rows of these shards, by id, leaving out what is already in memory."""
        ...

    async def load(self, entities: Sequence[str]) -> dict[str, Loaded]:
        """State and timers of these entities; unknown ones come back with state None and seq 0."""
        ...

    async def timers(self, shards: Collection[int], until: float, limit: int) -> list[TimerRow]:
        """Armed timers due before `until`, earliest first, of entities that are not quarantined."""
        ...

    # -- the commit --------------------------------------------------------------------------------
    async def commit(self, epochs: Mapping[int, int], turns: Sequence[Turn]) -> Committed:
        """Write all turns whose shard is still at the given epoch; the others write nothing.

        The shard rows are share-locked at their epoch until the statement ends, so a takeover waits and
        the next commit of a stale owner writes nothing. A duplicate (entity, seq) raises
        `StatementRejected` and the whole statement writes nothing. Within one turn: groups (and single effects
        named by id) are cancelled first (pending and unknown effects become `cancelled`, those being sent
        `withdrawn`), then effects are added.
        """
        ...

    # -- sending -----------------------------------------------------------------------------------
    async def sends(
        self, shards: Collection[int], skip_ids: Collection[str], limit: int, now: float | None = None
    ) -> list[OutboxRow]:
        """Rows that need work now: pending or unknown and due, or sending with an expired claim.

        `now`: the caller's count of this store's time; what is due by either is due, also when this clock was set back.
        A claim that runs for more than a minute was made before that, and has expired.
        """
        ...

    async def claim_sends(
        self,
        epochs: Mapping[int, int],
        ids: Sequence[str],
        host: str,
        hold_s: float,
        now: float | None = None,
        carried: Mapping[str, Carried] | None = None,
    ) -> dict[str, OutboxRow]:
        """Claim rows for sending: state `sending`, attempts + 1, claim held for hold_s. `now`: as in `sends`.

        `carried`: by id, of rows that waited or share a message; kept with the row from then on.

        A row found `sending` with an expired claim gets its count of unknown outcomes raised by one, and the
        attempt nobody reported on a row `unknown` in the send log.

        Left out: rows whose shard is not at the given epoch, that are no longer pending/unknown/expired,
        and rows with a group of an entity with an undone `halts` message in its inbox. The answered row shows the
        state *before* the claim, so that the caller knows an unknown or expired one must be reconciled.
        """
        ...

    async def record_sends(self, host: str, results: Sequence[SendResult]) -> None:
        """Write outcomes of rows claimed by this host, a row in the send log for each, and add their tells.

        Rows that are not `sending` under this host's claim any more are left as they are: whoever claimed
        them since records them. A withdrawn row that would be tried again becomes `cancelled` instead.
        """
        ...

    async def settle_sends(self, results: Sequence[SendResult]) -> set[str]:
        """Write outcomes of sends made without a claim, in an outage of this store; answers which ids exist.

        Rows that still want work take the outcome and its tell; a cancelled one that was accepted is shown as that.
        All others are left as they are. Safe to repeat.
        """
        ...

    async def recallable(self, entities: Sequence[str], channels: Sequence[str]) -> list[OutboxRow]:
        """Accepted sends of the last hour of these entities on these channels."""
        ...

    # -- feed --------------------------------------------------------------------------------------
    async def sweep(self, limit: int) -> None:
        """Forget up to `limit` processed inbox rows older than three days; until then they de-duplicate."""
        ...

    async def newest_position(self) -> int:
        """Highest journal position visible now, 0 if there is none."""
        ...

    async def journal_after(self, position: int, limit: int) -> list[dict[str, Any]]:
        """Journal rows with a position above the given one, ascending: position entity seq kind body at.

        Positions become visible out of order; callers re-read an overlap and drop what they have seen.
        """
        ...
