"""The store that a host works on while the real one is away: its own memory, as of the last commit.

What is committed here is not kept: it serves to decide what is due next, and is void when the real store is back.
Only effects of the kinds that may go out unattended are sent, each recorded in the send log before it starts.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace

from runtime.activation import Activations
from runtime.ids import is_derived
from runtime.memory import MemoryStore
from runtime.memory_outbox import InboxRow, Kept
from runtime.registry import Unattended
from runtime.sending import HOLD_S
from runtime.sendlog import SendLog
from runtime.store import Carried, Committed, Inbound, OutboxRow, SendResult, ShardRow, TimerRow, Turn

ANY_GROUP = "*"
"""Group of a row whose group this host does not know: every cancellation of a group of its entity withdraws it."""
FIRST_ID = -(10**15)
"""Ids given here are negative, so that they are never those of real inbox rows."""


class LocalStore(MemoryStore):
    """See above."""

    def __init__(
        self,
        clock_now: Callable[[], float],
        host: str,
        epochs: Mapping[int, int],
        live: Activations,
        log: SendLog,
        rules: Unattended,
    ) -> None:
        super().__init__(clock_now)
        self.shards = {shard: ShardRow(shard, epoch, host) for shard, epoch in epochs.items()}
        self._host = host
        self._live = live
        self._sendlog = log
        self._rules = rules
        self._last = FIRST_ID

    def arm(self, timers: Sequence[TimerRow]) -> None:
        """Timers that are armed as of the last commit."""
        self.armed.update({(t.entity, t.name): t for t in timers})

    def adopt(self, row: OutboxRow, *, claimed: bool) -> None:
        """A send that was ordered before; `claimed`: it is under way, its outcome is still to be recorded."""
        kept = Kept(row, ANY_GROUP, updated_at=self.clock_now())
        if claimed:
            kept.claimed_by, kept.claim_until = self._host, self.clock_now() + HOLD_S
        self.outbox[row.id] = kept

    def put(self, message: Inbound) -> tuple[int, bool]:
        """Mail for entities in memory only: of the others nothing is known here."""
        return super().put(message) if message.entity in self._live else (0, False)

    def cancel_effects(self, entity: str, named: Collection[str]) -> None:
        super().cancel_effects(entity, named if all(map(is_derived, named)) else [*named, ANY_GROUP])

    async def commit(self, epochs: Mapping[int, int], turns: Sequence[Turn]) -> Committed:
        done = [(ident, turn) for turn in turns for ident in turn.done]
        for ident, turn in done:  # real inbox rows, which are not here
            self.inbox.setdefault(ident, InboxRow(ident, Inbound(turn.entity, turn.shard, "", "", ""), turn.at))
        await asyncio.sleep(0)  # as a real store: else one lane of the pump would come before all of the other
        result = await super().commit(epochs, turns)
        for ident, _ in done:
            self.inbox.pop(ident, None)
        self.journal.clear()
        return result

    async def claim_sends(
        self,
        epochs: Mapping[int, int],
        ids: Sequence[str],
        host: str,
        hold_s: float,
        now: float | None = None,
        carried: Mapping[str, Carried] | None = None,
    ) -> dict[str, OutboxRow]:
        able = [i for i in ids if (kept := self.outbox.get(i)) is not None and kept.row.kind in self._rules.kinds]
        claimed = await super().claim_sends(epochs, able, host, hold_s, now, carried)
        claimed = {i: replace(row, body=self._rules.labelled(row.body)) for i, row in claimed.items()}
        if claimed:
            await self._sendlog.begin(list(claimed.values()), self.clock_now())
        return claimed

    async def record_sends(self, host: str, results: Sequence[SendResult]) -> None:
        await super().record_sends(host, results)
        await self._sendlog.outcomes(results)
