"""Effects after the commit: claim, send, reconcile, record.

Nothing here decides who is paged; rows do. A row is sent only under a claim (state `sending` in the
database, which refuses it while an acknowledgement waits in the inbox) and only while the claim has a send's
time left. Each channel has its own slots, so that a slow provider delays nobody else. While the store is away the
same is done under claims of this host's memory (runtime/outage.py).
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass, replace

from runtime.attempt import attempted
from runtime.core import Core, log, wait
from runtime.errors import RuntimeFault
from runtime.pump import Ready
from runtime.sending import HOLD_S, SEND_S, as_send, failed
from runtime.store import OutboxRow, SendResult, Store

POLL_S = 1.0
PAGE = 2_000
SLOTS = 128
"""Concurrent sends per channel and host: with providers that answer in 300 ms some 400 pages a second."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One claimed send: the row as before the claim, and the store that granted it."""

    row: OutboxRow
    store: Store


class Outbox:
    """The sends of this host's shards."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._lanes: dict[str, deque[OutboxRow]] = {}
        self._held: dict[str, int] = {}
        self._busy: dict[str, int] = {}
        self._claimed: dict[str, Attempt] = {}
        """Claimed and not recorded, by delivery id."""
        self._later: dict[str, OutboxRow] = {}
        """Recorded as to be tried again; the poll finds them, this copy is for an outage of the store."""
        self._results: list[tuple[Attempt, SendResult]] = []
        self._results_wanted = asyncio.Event()
        self._polled_at = float("-inf")
        self._tasks: dict[asyncio.Task[None], None] = {}
        core.on_forget.append(self._forget)

    def offer(self, ready: Ready) -> None:
        """Effects of a turn just committed go straight to the lanes; the poll would find them too."""
        turn, now = ready.turn, self._core.time.now()
        if turn.cancel_groups:
            self._drop(turn.entity)
        for effect in turn.effects:
            if effect.due_at is not None and effect.due_at > now:
                continue
            row = OutboxRow(
                effect.id, turn.entity, turn.shard, effect.kind, effect.channel, dict(effect.body), "pending", 0, 0, now
            )
            self._queue(row)
        if turn.effects:
            self._core.sends_wanted.set()
        if turn.cancel_groups:
            self._spawn(self._recall(turn.entity))

    def in_flight(self, shard: int) -> bool:
        """True while a send of the shard is claimed and not recorded."""
        return any(a.row.shard == shard for a in self._claimed.values())

    def lingers(self) -> bool:
        """True while a send that another store than the present one granted is not recorded."""
        return any(a.store is not self._core.store for a in self._claimed.values())

    def known(self) -> Iterator[tuple[OutboxRow, bool]]:
        """Every send in memory that is not through, and whether it is claimed."""
        for attempt in self._claimed.values():
            row = attempt.row
            lost = row.state == "sending"
            yield replace(row, state="sending", attempts=row.attempts + 1, unknowns=row.unknowns + lost), True
        waiting = {row.id: row for lane in self._lanes.values() for row in lane}
        for row in {**self._later, **waiting}.values():
            yield row, False

    def _drop(self, entity: str) -> None:
        """Somebody withdrew sends of the entity: what still is to be sent of it, the poll finds again."""
        for channel, lane in self._lanes.items():
            for row in [r for r in lane if r.entity == entity]:
                self._held.pop(row.id, None)
            self._lanes[channel] = deque(r for r in lane if r.entity != entity)
        for row in [r for r in self._later.values() if r.entity == entity]:
            del self._later[row.id]

    def _queue(self, row: OutboxRow) -> None:
        self._later.pop(row.id, None)
        if row.id not in self._held:
            self._held[row.id] = row.shard
            self._lanes.setdefault(row.channel, deque()).append(row)

    def _forget(self, shard: int) -> None:
        for channel, lane in self._lanes.items():
            for row in lane:
                if row.shard == shard:
                    self._held.pop(row.id, None)
            self._lanes[channel] = deque(r for r in lane if r.shard != shard)
        for row in [r for r in self._later.values() if r.shard == shard]:
            del self._later[row.id]

    async def body(self) -> None:
        """Wait for effects or the poll period; read what else needs work; start what the slots allow."""
        core = self._core
        await wait(core.sends_wanted, POLL_S)
        if not core.ownership.epochs or not core.ownership.settled():
            return
        if core.clock.monotonic() - self._polled_at >= POLL_S:
            self._polled_at = core.clock.monotonic()
            for row in await core.store.sends(list(core.ownership.epochs), list(self._held), PAGE, core.time.now()):
                if core.ownership.holds(row.shard):
                    self._queue(row)
        for channel in list(self._lanes):
            await self._start(channel)

    async def _start(self, channel: str) -> None:
        core = self._core
        slots = core.registry.slots.get(channel, SLOTS)
        while (
            (lane := self._lanes[channel])
            and core.ownership.settled()
            and (room := slots - self._busy.get(channel, 0)) > 0
        ):
            rows = [lane.popleft() for _ in range(min(room, len(lane)))]
            able = [
                r for r in rows if core.ownership.takes(r.shard) and (core.unattended or not core.is_halted(r.entity))
            ]
            epochs = {r.shard: core.ownership.epochs[r.shard] for r in able}
            began, store = core.clock.monotonic(), core.store
            try:
                claimed = await store.claim_sends(epochs, [r.id for r in able], core.host_id, HOLD_S, core.time.now())
            except RuntimeFault:
                # Perhaps claimed, perhaps not: asked again; what was claimed the poll finds when that has run out.
                self._lanes[channel].extendleft(r for r in reversed(rows) if core.ownership.holds(r.shard))
                raise
            core.counters.claims += len(claimed)
            for row in rows:
                if row.id in claimed:
                    self._busy[channel] = self._busy.get(channel, 0) + 1
                    self._claimed[row.id] = Attempt(claimed[row.id], store)
                    self._spawn(self._carry_out(self._claimed[row.id], began))
                else:
                    self._held.pop(row.id, None)

    async def _carry_out(self, claimed: Attempt, began: float) -> None:
        row, core = claimed.row, self._core
        handler = core.registry.handlers.get(row.kind)

        def may_start() -> bool:
            if core.clock.monotonic() >= began + HOLD_S - SEND_S or not core.ownership.alive():
                return False
            core.counters.sends += 1
            return True

        try:
            if handler is None:
                result = failed(row, f"this program has no handler for {row.kind!r} effects; upgrade every host")
            else:
                result = await attempted(row, handler, core.env.current, core.time.now, may_start)
        finally:
            self._busy[row.channel] -= 1
            core.sends_wanted.set()
        self._results.append((claimed, result))
        self._results_wanted.set()

    async def record(self) -> None:
        """Group-commit the outcomes; kept until written or until the shard is lost (then they are `unknown`)."""
        await wait(self._results_wanted, POLL_S)
        core = self._core
        while self._results:
            batch, self._results = self._results[:500], self._results[500:]
            store = core.store if core.unattended else batch[0][0].store
            now = [pair for pair in batch if core.unattended or pair[0].store is store]
            self._results = [*(pair for pair in batch if pair not in now), *self._results]
            try:
                await store.record_sends(core.host_id, [result for _, result in now])
            except RuntimeFault:
                self._results = [*now, *self._results]
                self._results_wanted.set()
                raise
            for attempt, result in now:
                self._release(attempt, result)

    def _release(self, attempt: Attempt, result: SendResult) -> None:
        row, core = attempt.row, self._core
        self._held.pop(row.id, None)
        if self._claimed.get(row.id) is attempt:
            del self._claimed[row.id]
        if result.due_at is not None and core.ownership.holds(row.shard):
            self._later[row.id] = replace(
                row,
                state=result.state,
                due_at=result.due_at,
                attempts=row.attempts + 1,
                unknowns=row.unknowns + result.unknown,
            )
        if result.tell is not None:
            core.mail_wanted.set()

    async def _recall(self, entity: str) -> None:
        """After an acknowledgement: call back what still rings, where the channel can."""
        core = self._core
        able = [c for c in self._lanes if any(h.can_cancel(c) for h in core.registry.handlers.values())]
        if not able:
            return
        try:
            rows = await core.store.recallable([entity], able)
        except RuntimeFault as fault:
            log.warning("recall_skipped", entity=entity, why=str(fault))
            return
        for row in rows:
            await core.registry.handlers[row.kind].cancel(as_send(row), core.env.current, SEND_S)

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks[task] = None
        task.add_done_callback(lambda t: self._tasks.pop(t, None))

    async def stop(self) -> None:
        """End the sends still running; their claims run out and the next owner reconciles them."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
