"""The inbox and outbox half of the store in memory."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from runtime.entity import Effect
from runtime.store import Carried, Inbound, OutboxRow, SendResult, ShardRow

AGAIN = frozenset({"pending", "unknown"})
LIVE = frozenset({"pending", "sending", "unknown"})
SENT = frozenset({"accepted", "delivered", "bundled"})
RECALL_S = 3600.0
LONGEST_S = 60.0
"""No claim and no lease is given for longer: one that is was made before the clock was set back."""


@dataclass(slots=True)
class InboxRow:
    """One inbox row; `done` when a turn consumed it."""

    id: int
    message: Inbound
    received_at: float
    done: bool = False
    reply: dict[str, Any] | None = None


@dataclass(slots=True)
class Kept:
    """An outbox row with its claim."""

    row: OutboxRow
    group: str
    claimed_by: str | None = None
    claim_until: float = 0.0
    claimed_at: float | None = None
    detail: str = ""
    updated_at: float = 0.0
    held_s: float = 0.0


class MemoryOutbox:
    """Rows of inbox and outbox, and the statements that touch only these."""

    shards: dict[int, ShardRow]

    def __init__(self, clock_now: Callable[[], float]) -> None:
        self.clock_now = clock_now
        self.inbox: dict[int, InboxRow] = {}
        self.outbox: dict[str, Kept] = {}
        self.send_log: list[dict[str, Any]] = []
        self._dedup: dict[tuple[int, str], int] = {}
        self._last = 0

    def put(self, message: Inbound) -> tuple[int, bool]:
        """Insert unless (shard, dedup) is there; answers its id and whether it was new."""
        key = (message.shard, message.dedup)
        if key in self._dedup:
            return self._dedup[key], False
        self._last += 1
        number = self._last
        self.inbox[number] = InboxRow(number, message, self.clock_now())
        self._dedup[key] = number
        return number, True

    def undone_rows(self) -> Iterator[InboxRow]:
        """Rows not consumed yet, by id."""
        return (r for r in self.inbox.values() if not r.done)

    def add_effect(self, entity: str, shard: int, effect: Effect, at: float = float("inf")) -> None:
        """A pending outbox row, unless its id exists. `at`: when it was decided on."""
        if effect.id in self.outbox:
            return
        due = effect.due_at if effect.due_at is not None else min(at, self.clock_now())
        row = OutboxRow(effect.id, entity, shard, effect.kind, effect.channel, dict(effect.body), "pending", 0, 0, due)
        self.outbox[effect.id] = Kept(row, effect.group, updated_at=self.clock_now())

    def cancel_effects(self, entity: str, named: Collection[str]) -> None:
        """Withdraw what is pending or unknown of these groups, or with these ids."""
        groups = set(named)
        if not groups:
            return
        for kept in self.outbox.values():
            if kept.row.entity != entity or groups.isdisjoint((kept.group, kept.row.id)):
                continue
            if kept.row.state in ("pending", "unknown"):
                kept.row = replace(kept.row, state="cancelled")
            elif kept.row.state == "sending":
                kept.row = replace(kept.row, withdrawn=True)

    def _due(self, kept: Kept, counted: float | None) -> bool:
        row, now = kept.row, self.clock_now()
        if row.state in ("pending", "unknown"):
            return row.due_at <= max(now, counted or now)
        return row.state == "sending" and not now < kept.claim_until <= now + LONGEST_S

    async def sends(
        self, shards: Collection[int], skip_ids: Collection[str], limit: int, now: float | None = None
    ) -> list[OutboxRow]:
        wanted, skip = set(shards), set(skip_ids)
        able = (k for k in self.outbox.values() if k.row.shard in wanted and k.row.id not in skip)
        rows = [k.row for k in able if self._due(k, now)]
        rows.sort(key=lambda r: r.due_at)
        return rows[:limit]

    async def claim_sends(
        self,
        epochs: Mapping[int, int],
        ids: Sequence[str],
        host: str,
        hold_s: float,
        now: float | None = None,
        carried: Mapping[str, Carried] | None = None,
    ) -> dict[str, OutboxRow]:
        halted = {r.message.entity for r in self.undone_rows() if r.message.halts}
        claimed: dict[str, OutboxRow] = {}
        for ident in ids:
            kept = self.outbox.get(ident)
            if kept is None or not self._due(kept, now) or (kept.group and kept.row.entity in halted):
                continue
            shard = self.shards[kept.row.shard]
            if epochs.get(shard.id) != shard.epoch:
                continue
            claimed[ident] = kept.row
            lost = kept.row.state == "sending"
            if lost:
                self._log(kept, None, "unknown", "its host did not say what became of it")
            how = (carried or {}).get(ident)
            kept.held_s = kept.held_s if how is None else how.held_s
            kept.row = replace(
                kept.row,
                state="sending",
                attempts=kept.row.attempts + 1,
                unknowns=kept.row.unknowns + lost,
                bundle=kept.row.bundle if how is None else how.bundle,
            )
            kept.claimed_by, kept.claim_until = host, self.clock_now() + hold_s
            kept.claimed_at = self.clock_now()
        return claimed

    async def record_sends(self, host: str, results: Sequence[SendResult]) -> None:
        for result in results:
            kept = self.outbox.get(result.id)
            if kept is None or kept.row.state != "sending" or kept.claimed_by != host:
                continue
            kept.detail, kept.updated_at = result.detail, self.clock_now()
            kept.row = replace(
                kept.row,
                state="cancelled" if kept.row.withdrawn and result.state in AGAIN else result.state,
                provider_id=result.provider_id or kept.row.provider_id,
                due_at=kept.row.due_at if result.due_at is None else result.due_at,
                unknowns=kept.row.unknowns + result.unknown,
            )
            self._log(kept, result.tried, result.state, result.detail)
            if result.tell is not None:
                self.put(result.tell)

    async def settle_sends(self, results: Sequence[SendResult]) -> set[str]:
        existing: set[str] = set()
        for result in results:
            kept = self.outbox.get(result.id)
            if kept is None:
                continue
            existing.add(result.id)
            sent = result.state in SENT
            if kept.row.state not in LIVE and not (kept.row.state == "cancelled" and sent):
                continue
            again = result.state in AGAIN
            kept.detail, kept.updated_at = result.detail, self.clock_now()
            kept.row = replace(
                kept.row,
                state="cancelled" if kept.row.withdrawn and again else result.state,
                attempts=max(1, kept.row.attempts),
                provider_id=result.provider_id or kept.row.provider_id,
                due_at=kept.row.due_at if result.due_at is None else result.due_at,
                unknowns=kept.row.unknowns + result.unknown,
            )
            self._log(kept, result.tried, kept.row.state, result.detail, result.began_at)
            if result.tell is not None:
                self.put(result.tell)
        return existing

    def _log(self, kept: Kept, tried: bool | None, state: str, detail: str, began_at: float | None = None) -> None:
        row = {
            "send": kept.row.id,
            "entity": kept.row.entity,
            "kind": "attempt",
            "attempt": kept.row.attempts,
            "tried": tried,
            "state": state,
            "detail": detail,
            "provider_id": kept.row.provider_id,
            "host": kept.claimed_by,
            "started_at": kept.claimed_at if began_at is None else began_at,
            "at": self.clock_now(),
        }
        self.send_log.append({"position": len(self.send_log) + 1, **row})

    async def recallable(self, entities: Sequence[str], channels: Sequence[str]) -> list[OutboxRow]:
        return [
            k.row
            for k in self.outbox.values()
            if k.row.entity in entities
            and k.row.channel in channels
            and k.row.state == "accepted"
            and k.row.bundle is None
            and k.updated_at > self.clock_now() - RECALL_S
        ]

    def live_sends(self) -> list[OutboxRow]:
        """Rows that still need work."""
        return [k.row for k in self.outbox.values() if k.row.state in LIVE]
