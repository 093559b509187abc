"""The turn loop: take mail, wake entities, decide, hand the turns to the pump."""

from __future__ import annotations

import asyncio

from runtime.core import Core, log, wait
from runtime.errors import RuntimeFault
from runtime.mailbox import Box
from runtime.pump import MAX_DEPTH, Pump, Ready
from runtime.turn import DecideFailed, run_turn

MAX_WAKE = 200
"""Entities woken and decided between two looks at the loop: keeps it responsive to leases and pokes."""


class TurnLoop:
    """Runs turns while the lease is fresh."""

    def __init__(self, core: Core, pump: Pump) -> None:
        self._core = core
        self._pump = pump

    async def body(self) -> None:
        """Until nothing is ready; then wait for mail."""
        core = self._core
        await wait(core.turns_wanted, 0.5)
        while core.ownership.alive() and self._pump.depth < MAX_DEPTH:
            hold = {**core.solo, **core.ownership.leaving, **core.ownership.doubtful}
            boxes = core.mailroom.take(MAX_WAKE, hold=hold)
            if not boxes:
                break
            await self._decide(boxes)
            await asyncio.sleep(0)
        for shard in list(core.solo):
            await self._step_solo(shard)

    async def _step_solo(self, shard: int) -> None:
        """A suspect shard: one entity at a time, named in the shard's row before it runs."""
        core = self._core
        solo, epoch = core.solo.get(shard), core.ownership.epochs.get(shard)
        if solo is None or epoch is None or not core.ownership.alive() or core.mailroom.busy(shard):
            return
        boxes = core.mailroom.take(1, only=shard)
        if boxes:
            entity, times = boxes[0].entity, 1
            if solo.mark is not None and solo.mark.rpartition("#")[0] == entity:
                times = int(solo.mark.rpartition("#")[2]) + 1
            if times > 2:
                await core.quarantine(entity, shard, "its turn ended the process twice while it ran alone")
                return
            try:
                await core.store.name_suspect(shard, epoch, f"{entity}#{times}")
            except RuntimeFault:
                core.mailroom.retry(boxes[0])
                raise
            await self._decide(boxes)
        elif solo.scanned and core.mailroom.idle(shard):
            await core.store.name_suspect(shard, epoch, None)
            core.solo.pop(shard, None)
            log.info("suspect_shard_cleared", shard=shard, epoch=epoch)

    async def _decide(self, boxes: list[Box]) -> None:
        core = self._core
        try:
            refused = await core.activations.ensure([(b.entity, b.shard) for b in boxes])
            if not core.unattended:  # else the last known environment must do
                await core.env.at_least(max((m.env_version for b in boxes for m in b.taken), default=0))
        except RuntimeFault:
            core.mailroom.retry(*boxes)
            raise
        for place, box in enumerate(boxes):
            if not core.mailroom.current(box) or not core.ownership.holds(box.shard):
                continue
            try:
                if box.entity in refused:
                    await core.quarantine(box.entity, box.shard, refused[box.entity])
                else:
                    await self._run(box)
            except RuntimeFault:  # of the store that was to note one of them: the others must not wait for ever
                core.mailroom.retry(*filter(core.mailroom.current, boxes[place + 1 :]))
                raise

    async def _run(self, box: Box) -> None:
        core = self._core
        activation = core.activations.get(box.entity)
        epoch = core.ownership.epochs.get(box.shard)
        if activation is None or epoch is None or not core.mailroom.current(box):
            core.mailroom.retry(box)
            return
        now = core.time.now()
        try:
            turn, position = run_turn(
                activation.kind, activation.id, activation.position, box.taken, now, core.env.current
            )
        except DecideFailed as error:
            if error.index == 0:
                await self._failed(box, error)
                return
            core.mailroom.split(box, error.index)
            await self._run(box)
            return
        if turn.journal or turn.done or turn.drop_timers:
            self._pump.put(Ready(turn, epoch, core.store, box, activation, position))
        else:
            core.mailroom.settle(box)  # only stale timers: nothing to write

    async def _failed(self, box: Box, error: DecideFailed) -> None:
        """A message its entity cannot digest: once more with fresh memory, then out of service."""
        core = self._core
        failures = core.failures[box.entity] = core.failures.get(box.entity, 0) + 1
        log.error("decision_failed", entity=box.entity, cause=box.taken[0].cause, failures=failures, why=error.reason)
        core.activations.drop(box.entity)
        if failures >= 2:
            await core.quarantine(box.entity, box.shard, f"cannot decide on {box.taken[0].cause}: {error.reason}")
        else:
            core.mailroom.retry(box)
            core.turns_wanted.set()
