"""Effects after the commit: claim, send, reconcile, record.

Nothing here decides who is paged; rows do. A row is sent only under a claim (state `sending` in the
database, which refuses it while an acknowledgement waits in the inbox) and only while the claim has a send's
time left. Each channel has its own slots, so that a slow provider delays nobody else. Of many rows for one person's
contact method most wait a little and share a message (bundles.py). While the store is away the same is done under
claims of this host's memory (runtime/outage.py), and nothing waits: each send is first written to this machine's disk.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Iterable, Iterator
from dataclasses import dataclass, replace

from runtime.attempt import attempted, attempted_together
from runtime.bundles import Bundles, Parcel
from runtime.core import Core, log, wait
from runtime.errors import RuntimeFault
from runtime.ids import derived_id
from runtime.pump import Ready
from runtime.sending import HOLD_S, SEND_S, as_send, failed
from runtime.store import OutboxRow, SendResult, Store
from runtime.told import ToldPage

POLL_S = 1.0
PAGE = 2_000
SLOTS = 128
"""Concurrent sends per channel and host: with providers that answer in 300 ms some 400 pages a second."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One claimed send: the row as before the claim, and the store that granted it."""

    row: OutboxRow
    store: Store
    bundle: str | None = None
    """The message that carries it together with others."""


class Outbox:
    """The sends of this host's shards."""

    def __init__(self, core: Core, say_told: Callable[[ToldPage], None]) -> None:
        self._core = core
        self._say_told = say_told
        self._bundles = Bundles(core.registry.bundling)
        self._named = 0
        self._lanes: dict[str, deque[Parcel]] = {}
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

    def heard_told(self, page: ToldPage) -> None:
        """Another host has told somebody of something."""
        self._bundles.heard(page)

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
            bundle = attempt.bundle or row.bundle
            tried, unknowns = row.attempts + 1, row.unknowns + lost
            yield replace(row, state="sending", attempts=tried, unknowns=unknowns, bundle=bundle), True
        waiting = {row.id: row for lane in self._lanes.values() for parcel in lane for row in parcel.rows}
        waiting |= {row.id: row for row in self._bundles.waiting()}
        for row in {**self._later, **waiting}.values():
            yield row, False

    def _drop(self, entity: str) -> None:
        """Somebody withdrew sends of the entity: what still is to be sent of it, the poll finds again."""
        self._remove(lambda row: row.entity == entity)

    def _queue(self, row: OutboxRow) -> None:
        self._later.pop(row.id, None)
        if row.id in self._held:
            return
        self._held[row.id] = row.shard
        if self._core.unattended or not self._bundles.takes(row, self._core.time.now()):
            self._send_next(Parcel((row,)))

    def _send_next(self, parcel: Parcel) -> None:
        self._lanes.setdefault(parcel.rows[0].channel, deque()).append(parcel)

    def _forget(self, shard: int) -> None:
        self._remove(lambda row: row.shard == shard)

    def _remove(self, gone: Callable[[OutboxRow], bool]) -> None:
        """Drop what is not claimed from memory."""
        for channel, lane in self._lanes.items():
            dropped = [row.id for parcel in lane for row in parcel.rows if gone(row)]
            if dropped:
                self._lanes[channel] = deque(p for p in (p.without(gone) for p in lane) if p.rows)
                self._let_go(dropped)
        self._let_go(self._bundles.drop(gone))
        for row in [r for r in self._later.values() if gone(r)]:
            del self._later[row.id]

    def _let_go(self, idents: Iterable[str]) -> None:
        """Not sent, and not in memory any more: what still is to be sent, the poll finds again."""
        for ident in idents:
            self._held.pop(ident, None)
            self._bundles.untold(ident)

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
        for parcel in self._bundles.all() if core.unattended else self._bundles.ready(core.time.now()):
            self._send_next(parcel)
        for channel in list(self._lanes):
            await self._start(channel)

    async def _start(self, channel: str) -> None:
        core = self._core
        slots = core.registry.slots.get(channel, SLOTS)
        if core.unattended and any(len(parcel.rows) > 1 for parcel in self._lanes[channel]):
            self._lanes[channel] = deque(Parcel((row,)) for parcel in self._lanes[channel] for row in parcel.rows)
        while (
            (lane := self._lanes[channel])
            and core.ownership.settled()
            and (room := slots - self._busy.get(channel, 0)) > 0
        ):
            parcels = [lane.popleft() for _ in range(min(room, len(lane)))]
            rows = [row for parcel in parcels for row in parcel.rows]
            able = [
                r for r in rows if core.ownership.takes(r.shard) and (core.unattended or not core.is_halted(r.entity))
            ]
            epochs = {r.shard: core.ownership.epochs[r.shard] for r in able}
            began, store, now = core.clock.monotonic(), core.store, core.time.now()
            named = [(self._name(parcel), parcel) for parcel in parcels]
            carried = {k: v for name, parcel in named for k, v in parcel.carried(name).items()}
            try:
                claimed = await store.claim_sends(epochs, [r.id for r in able], core.host_id, HOLD_S, now, carried)
            except RuntimeFault:
                # Perhaps claimed, perhaps not: asked again; what was claimed the poll finds when that has run out.
                kept = (p.without(lambda row: not core.ownership.holds(row.shard)) for p in reversed(parcels))
                self._lanes[channel].extendleft(p for p in kept if p.rows)
                raise
            core.counters.claims += len(claimed)
            self._let_go(r.id for r in rows if r.id not in claimed)
            for name, parcel in named:
                attempts = [Attempt(claimed[r.id], store, name) for r in parcel.rows if r.id in claimed]
                if attempts:
                    self._busy[channel] = self._busy.get(channel, 0) + 1
                    self._claimed |= {a.row.id: a for a in attempts}
                    self._spawn(self._carry_out(attempts, began))

    def _name(self, parcel: Parcel) -> str | None:
        """Id of a message for several rows, never used twice: which of them are claimed is known only later."""
        self._named += 1
        return derived_id("bundle", self._core.host_id, self._named) if len(parcel.rows) > 1 else None

    async def _carry_out(self, attempts: list[Attempt], began: float) -> None:
        row, bundle, core = attempts[0].row, attempts[0].bundle, self._core
        handler, bundling = core.registry.handlers.get(row.kind), core.registry.bundling

        def may_start() -> bool:
            if core.clock.monotonic() >= began + HOLD_S - SEND_S or not core.ownership.alive():
                return False
            core.counters.sends += 1
            return True

        async def still_away() -> bool:
            await core.renewals.another()
            return core.store is attempts[0].store and core.ownership.alive()

        try:
            if handler is None:
                results = [failed(row, f"this program has no handler for {row.kind!r} effects; upgrade every host")]
            elif bundle is None or bundling is None or len(attempts) == 1:
                question = still_away if attempts[0].store is not core.real_store else None
                results = [await attempted(row, handler, core.env.current, core.time.now, may_start, question)]
            else:
                rows = [a.row for a in attempts]
                results = await attempted_together(
                    rows, bundle, bundling.together, core.env.current, core.time.now, may_start
                )
        finally:
            self._busy[row.channel] -= 1
            core.sends_wanted.set()
        self._results += zip(attempts, results, strict=True)
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
        if result.state in ("pending", "failed", "cancelled"):
            self._bundles.untold(row.id)
        elif (
            result.state in ("accepted", "delivered")
            and (page := self._bundles.told_page(row, core.time.now())) is not None
        ):
            self._say_told(page)
        if result.due_at is not None and core.ownership.holds(row.shard):
            self._later[row.id] = replace(
                row,
                state=result.state,
                due_at=result.due_at,
                attempts=row.attempts + 1,
                unknowns=row.unknowns + result.unknown,
                bundle=attempt.bundle or row.bundle,
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
