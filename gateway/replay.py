"""The spool goes into the database when it is back: oldest first, found again by dedup id, removed when committed.

Order. While anything is in the spool every new message goes behind it (gateway/writer.py), so nothing that came later
overtakes: the whole gateway returns to direct writes at the moment its spool is empty. What went into the database
and was not removed yet is replayed again after a crash; its dedup ids make that safe.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence

import structlog

from gateway.background import Background
from gateway.outage import Outage
from gateway.spool import Segment, Spool
from runtime.errors import RuntimeFault, StatementRejected
from runtime.store import Inbound, Store

log = structlog.get_logger("sentinel.gateway")

PAUSE_S = 0.5
"""Between two attempts while the database is away."""
ROWS = 1_000
ROWS_BYTES = 16 * 1024 * 1024


class Replay:
    """One per gateway; also what notices that the database is back."""

    def __init__(self, store: Store, spool: Spool, outage: Outage, poke: Callable[[Collection[int]], None]) -> None:
        self._store = store
        self._spool = spool
        self._outage = outage
        self._poke = poke
        self._background = Background(self._run, "replay")

    async def _run(self) -> None:
        while True:
            await self._spool.filled.wait()
            self._spool.filled.clear()
            try:
                while self._spool.active:
                    self._spool.hold(await self._round())
            finally:
                self._spool.hold(False)

    async def _round(self) -> bool:
        """True if so little was left that the next round can be the last."""
        try:
            return await self._drain() < ROWS
        except RuntimeFault as fault:
            self._spool.hold(False)
            self._outage.not_written(str(fault), self._spool.age_s)
            await asyncio.sleep(PAUSE_S)
            return False

    async def _drain(self) -> int:
        """All there is now. Raises StoreUnavailable or OutcomeUnknown when the database goes away again."""
        await self._store.now()
        rows = 0
        for segment in await self._spool.seal():
            rows += await self._replay(segment)
        if rows:
            self._outage.written()
            log.warning("spool_replayed", messages=rows)
        await asyncio.sleep(0)  # those whose answer waits for the last fsync come first
        return rows

    async def _replay(self, segment: Segment) -> int:
        contents = await self._spool.read(segment)
        for batch in _batches(contents.messages):
            await self._append(batch)
        await self._spool.drop(segment, contents.whole)
        return len(contents.messages)

    async def _append(self, batch: Sequence[Inbound]) -> None:
        """A batch that is refused for its content is halved until the one refused message is found."""
        try:
            await self._store.append(batch)
        except StatementRejected as error:
            if len(batch) == 1:
                await self._spool.set_aside(batch[0], str(error))
                return
            await self._append(batch[: len(batch) // 2])
            await self._append(batch[len(batch) // 2 :])
            return
        self._poke({m.shard for m in batch})

    def start(self) -> None:
        """Begin."""
        self._background.start()

    async def stop(self) -> None:
        """End; what is not replayed stays for the next start."""
        await self._background.stop()


def _batches(messages: Sequence[Inbound]) -> list[list[Inbound]]:
    """In order, each within the bounds of one statement."""
    batches: list[list[Inbound]] = []
    size = 0
    for message in messages:
        size += len(message.body)
        if not batches or len(batches[-1]) >= ROWS or size > ROWS_BYTES:
            batches.append([])
            size = len(message.body)
        batches[-1].append(message)
    return batches
