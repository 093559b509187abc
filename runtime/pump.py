"""Group commit: turns decided since the last statement go together into the next one.

Two lanes, split by shard, each with at most one statement in flight: never two for one shard, so an
entity's turns are committed in order. Nothing leaves a turn (state, reply, effect, event) before its commit
succeeded; what happened is then handed on. A stale owner's turns are dropped: the store wrote nothing.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from runtime.activation import Activation
from runtime.core import Core, Pace, log, wait
from runtime.errors import OutcomeUnknown, StatementRejected, StoreUnavailable
from runtime.mailbox import Box
from runtime.store import Committed, Store, Turn
from runtime.turn import Position

LANES = 2
MAX_BATCH = 200
"""Turns in one statement: 100 already reach 27 times the single-commit rate; more only adds latency."""
GAP_S = 0.01
"""Shortest time between the beginnings of two statements of a lane, unless a batch is full."""
MAX_DEPTH = 1_000
"""Turns waiting for a commit before the turn loop pauses: keeps decided work bounded while Postgres is slow."""


@dataclass(slots=True)
class Ready:
    """A decided turn with what must change in memory once it is committed. `epoch`, `store`: as of the decision."""

    turn: Turn
    epoch: int
    store: Store
    box: Box
    activation: Activation
    position: Position


class Pump:
    """Commits turns and hands on what they decided."""

    def __init__(
        self,
        core: Core,
        handed_on: Callable[[Ready], None],
        publish: Callable[[list[dict[str, Any]]], None],
    ) -> None:
        self._core = core
        self._handed_on = handed_on
        self._publish = publish
        self._lanes: list[deque[Ready]] = [deque() for _ in range(LANES)]
        self._events = [asyncio.Event() for _ in range(LANES)]

    @property
    def depth(self) -> int:
        """Turns decided and not yet committed or in flight."""
        return sum(len(lane) for lane in self._lanes)

    def put(self, ready: Ready) -> None:
        """Queue a decided turn."""
        lane = ready.turn.shard % LANES
        self._lanes[lane].append(ready)
        self._events[lane].set()

    async def run(self, lane: int) -> None:
        """Commit this lane's turns for ever."""
        queue, pace = self._lanes[lane], Pace(self._core.clock, GAP_S)
        while True:
            await self._events[lane].wait()
            self._events[lane].clear()
            while queue:
                if len(queue) < MAX_BATCH:
                    await pace.turn()
                batch = [queue.popleft() for _ in range(min(MAX_BATCH, len(queue)))]
                await self._commit(batch)
                self._core.turns_wanted.set()
                if self._core.backlog and self._core.mailroom.size < MAX_BATCH:
                    self._core.mail_wanted.set()

    async def _commit(self, batch: list[Ready]) -> None:
        pause = 0.1
        while batch := self._sorted_out(batch):
            epochs = {r.turn.shard: r.epoch for r in batch}
            try:
                result = await self._core.store.commit(epochs, [r.turn for r in batch])
            except StoreUnavailable:
                # Over as soon as the host works on memory: what was decided first is then decided again, and first.
                await wait(self._core.store_changed, pause)
                pause = min(1.0, pause * 2)
                continue
            except OutcomeUnknown:
                self._doubt(batch)
                return
            except StatementRejected as error:
                await self._bisect(batch, error)
                return
            if batch[0].store is self._core.store:
                self._done(batch, result)
            else:
                self._give_back(batch)  # the host works on memory since, where this has not happened
            return

    def _sorted_out(self, batch: list[Ready]) -> list[Ready]:
        """Those to commit now. Void ones fall away; those decided for another store, or whose shard is in doubt, are
        decided again."""
        core = self._core
        ours = [r for r in batch if self._still_ours(r)]
        sound = [r.store is core.store and r.turn.shard not in core.ownership.doubtful for r in ours]
        self._give_back([r for r, able in zip(ours, sound, strict=True) if not able])
        return [r for r, able in zip(ours, sound, strict=True) if able]

    def _give_back(self, batch: list[Ready]) -> None:
        """The messages go back into their boxes; the turns are void."""
        self._core.mailroom.retry(*(ready.box for ready in batch if self._still_ours(ready)))
        self._core.turns_wanted.set()

    def _still_ours(self, ready: Ready) -> bool:
        """False once the shard moved or was read again since the decision: then the turn is void."""
        return self._core.ownership.epochs.get(ready.turn.shard) == ready.epoch and self._core.mailroom.current(
            ready.box
        )

    def _done(self, batch: Sequence[Ready], result: Committed) -> None:
        core = self._core
        core.time.observe(result.now)
        core.counters.commits += 1
        rows: list[dict[str, Any]] = []
        for ready in batch:
            if ready.turn.shard not in result.owned:
                core.counters.fenced += 1
                if core.ownership.epochs.get(ready.turn.shard) == ready.epoch:
                    log.warning("fenced", shard=ready.turn.shard, epoch=ready.epoch, host=core.host_id)
                    core.forget_shard(ready.turn.shard)
                continue
            core.counters.turns += 1
            core.failures.pop(ready.turn.entity, None)
            ready.activation.position = ready.position
            core.mailroom.settle(ready.box)
            self._arm(ready.turn)
            self._handed_on(ready)
            rows.extend(_feed_rows(ready.turn, result))
        if rows and not core.unattended:
            self._publish(rows)

    def _arm(self, turn: Turn) -> None:
        for name, gen in turn.drop_timers:
            self._core.timers.disarm(turn.entity, name, gen)
        for timer in turn.set_timers:
            self._core.timers.arm(timer)
        if turn.set_timers:
            self._core.timers_wanted.set()
        if turn.tells:
            self._core.mail_wanted.set()
            elsewhere = [t.shard for t in turn.tells if not self._core.ownership.holds(t.shard)]
            if elsewhere:
                self._core.poke(elsewhere)

    def _doubt(self, batch: list[Ready]) -> None:
        """The answer was lost. The lease loop forgets the shards and claims them again at a higher epoch.

        Raising the epoch waits for the statement if it still runs and refuses it if it never started, so
        what is read afterwards is the truth. Until then nothing starts in them; their memory stays, because it is all
        there is to page from if the store stays away.
        """
        core = self._core
        core.counters.unknown_commits += 1
        if not core.unattended:
            shards = {r.turn.shard for r in batch if self._still_ours(r)}
            log.warning("commit_outcome_unknown", shards=sorted(shards), host=core.host_id)
            core.ownership.doubtful.update(dict.fromkeys(shards))
            core.lease_wanted.set()
        self._give_back(batch)

    async def _bisect(self, batch: list[Ready], error: StatementRejected) -> None:
        """Find the turn the database refuses; its neighbours must not suffer."""
        if len(batch) > 1:
            half = len(batch) // 2
            await self._commit(batch[:half])
            await self._commit(batch[half:])
            return
        turn, core = batch[0].turn, self._core
        failures = core.failures[turn.entity] = core.failures.get(turn.entity, 0) + 1
        log.error("turn_refused", entity=turn.entity, seq=turn.seq, failures=failures, why=str(error))
        if failures >= 2:
            await core.quarantine(turn.entity, turn.shard, f"the database refuses its turns: {error}")
            return
        core.mailroom.drop(turn.entity)
        core.activations.drop(turn.entity)
        core.mail_wanted.set()
        core.timers.horizon = 0.0
        core.timers_wanted.set()


def _feed_rows(turn: Turn, result: Committed) -> list[dict[str, Any]]:
    return [
        {
            "position": result.positions.get((turn.entity, row.seq), 0),
            "entity": turn.entity,
            "seq": row.seq,
            "cause": row.cause,
            "kind": row.kind,
            "body": row.body,
            "at": turn.at,
        }
        for row in turn.journal
    ]
