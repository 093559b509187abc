"""Group commit of inbound messages: everything that waits goes into one statement; answers follow its commit.

Three times the rate of a commit per request. A batch the database refuses is halved until the one refused message is
found, so that nobody's alert is lost with somebody else's. Whatever goes wrong, everybody who waits is answered.

A batch that the database does not take goes into the spool, and so does everything after it until the spool is empty
again (gateway/replay.py): nothing overtakes.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from time import monotonic

import structlog

from gateway.background import Background
from gateway.in_flight import InFlight
from gateway.metrics import BATCH_ROWS, COMMIT_SECONDS
from gateway.outage import Outage
from gateway.spool import Spool
from runtime.errors import OutcomeUnknown, RuntimeFault, StatementRejected, StoreUnavailable
from runtime.store import Inbound, Store

log = structlog.get_logger("sentinel.gateway")

MAX_ROWS = 1_000
"""Messages in one statement."""
MAX_BYTES = 16 * 1024 * 1024
MAX_WAITING = 20_000
"""Messages waiting; beyond it senders are told 503 and come again, instead of timing out."""
MAX_WAITING_BYTES = 256 * 1024 * 1024
RETRIES = 2
JUST_S = 10.0
"""How long an acknowledgement may have been committed and not be known to the host that pages from memory."""
SPOOL_AFTER_S = 1.0
"""A commit not answered by then is taken into the spool as well; its dedup ids make it one message."""
WRITERS = 2
"""Statements at once: while Postgres commits one, the next is made. More would only make the batches smaller."""


@dataclass(slots=True)
class _Waiting:
    messages: Sequence[Inbound]
    size: int
    future: asyncio.Future[list[int]]


class InboxWriter:
    """One per gateway. `spooled`: told of what is kept in the spool, for hosts that page from memory meanwhile."""

    def __init__(
        self,
        store: Store,
        poke: Callable[[Collection[int]], None],
        spool: Spool,
        outage: Outage,
        in_flight: InFlight,
        spooled: Callable[[Sequence[Inbound]], None],
    ) -> None:
        self._store = store
        self._poke = poke
        self._spool = spool
        self._tell = spooled
        self._outage = outage
        self._in_flight = in_flight
        self._queue: list[_Waiting] = []
        self._writing: dict[asyncio.Task[None], list[_Waiting]] = {}
        self._rows = 0
        self._bytes = 0
        self._halts: deque[tuple[float, Inbound]] = deque()
        """Committed of late, with when (monotonic)."""
        self._told_at = float("-inf")
        self._event = asyncio.Event()
        self._free = asyncio.Semaphore(WRITERS)
        self._background = Background(self._run, "inbox-writer")

    @property
    def waiting(self) -> int:
        """Messages not committed yet."""
        return self._rows

    async def put(self, messages: Sequence[Inbound], size: int = 0) -> list[int]:
        """Inbox ids, after the commit; none if they are durable in the spool. `size`: bytes, for the batch bound.

        Raises StoreUnavailable (come again) or StatementRejected (never).
        """
        if self._rows >= MAX_WAITING or self._bytes >= MAX_WAITING_BYTES:
            raise StoreUnavailable("too many alerts are waiting to be stored")
        future: asyncio.Future[list[int]] = asyncio.get_running_loop().create_future()
        self._queue.append(_Waiting(messages, size, future))
        self._rows += len(messages)
        self._bytes += size
        self._event.set()
        return await future

    async def _run(self) -> None:
        while True:
            while self._queue:
                await self._free.acquire()
                batch = self._next_batch()
                task = asyncio.create_task(self._flush(batch), name="inbox-write")
                self._writing[task] = batch
                task.add_done_callback(self._written)
            await self._event.wait()
            self._event.clear()

    def _written(self, task: asyncio.Task[None]) -> None:
        del self._writing[task]
        self._free.release()

    def _next_batch(self) -> list[_Waiting]:
        rows = size = count = 0
        for item in self._queue:
            rows += len(item.messages)
            size += item.size
            if count and (rows > MAX_ROWS or size > MAX_BYTES):
                break
            count += 1
        batch, self._queue = self._queue[:count], self._queue[count:]
        return batch

    async def _flush(self, batch: list[_Waiting]) -> None:
        rows = [m for item in batch for m in item.messages]
        await self._spool.settled(SPOOL_AFTER_S)
        if self._spool.active:
            await self._spooled(batch)
            return
        try:
            with COMMIT_SECONDS.time():
                ids = await self._within(rows)
            BATCH_ROWS.observe(len(rows))
        except (StatementRejected, ValueError, TypeError) as error:  # also content that cannot be written as JSON
            await self._halve(batch, error)
            return
        except RuntimeFault as fault:
            self._outage.not_written(str(fault))
            self._tell_halts()
            await self._in_flight.keep()
            await self._spooled(batch)
            return
        except Exception as error:
            log.error("inbox_write_broke", messages=len(rows), why=repr(error), exc_info=error)
            self._settle(batch, OutcomeUnknown(repr(error)))
            return
        self._in_flight.committed(ids, rows)
        self._settle(batch, None, ids)
        self._remember_halts(rows)
        self._outage.written()
        self._poke({m.shard for m in rows})

    def _remember_halts(self, rows: Sequence[Inbound]) -> None:
        now = monotonic()
        self._halts.extend((now, m) for m in rows if m.halts)
        while self._halts and now - self._halts[0][0] > JUST_S:
            self._halts.popleft()

    def _tell_halts(self) -> None:
        """Acknowledgements that are in the database, which went away before their hosts could read them there."""
        now = monotonic()
        if now - self._told_at >= 1.0:
            self._told_at = now
            self._tell([m for at, m in self._halts if now - at <= JUST_S])

    async def _halve(self, batch: list[_Waiting], error: Exception) -> None:
        if len(batch) > 1:
            half = len(batch) // 2
            await self._flush(batch[:half])
            await self._flush(batch[half:])
        else:
            self._settle(batch, error if isinstance(error, StatementRejected) else StatementRejected(str(error)))

    async def _spooled(self, batch: list[_Waiting]) -> None:
        """Each request by itself: what does not fit any more must not take along what does."""
        kept = [self._spool.keep(item.messages) for item in batch]
        for item, error in zip(batch, await asyncio.gather(*kept, return_exceptions=True), strict=True):
            if error is None:
                self._tell(item.messages)
            self._settle([item], error if isinstance(error, Exception) else None)

    async def _within(self, rows: list[Inbound]) -> list[int]:
        """Gives up after SPOOL_AFTER_S if there is a spool to go on with."""
        try:
            async with asyncio.timeout(SPOOL_AFTER_S if self._spool.usable else None):
                return await self._append(rows)
        except TimeoutError as error:
            raise OutcomeUnknown(f"the database did not commit within {SPOOL_AFTER_S:.0f} s") from error

    async def _append(self, rows: list[Inbound]) -> list[int]:
        """A lost answer is asked again: the dedup ids make that safe."""
        for attempt in range(RETRIES):
            try:
                return (await self._store.append(rows)).ids
            except OutcomeUnknown:
                if attempt == RETRIES - 1:
                    raise
        raise StoreUnavailable("unreachable")

    def _settle(self, batch: list[_Waiting], error: Exception | None, ids: Sequence[int] = ()) -> None:
        at = 0
        for item in batch:
            count = len(item.messages)
            self._rows -= count
            self._bytes -= item.size
            if not item.future.done():
                if error is None:
                    item.future.set_result(list(ids[at : at + count]))
                else:
                    item.future.set_exception(error)
            at += count

    def start(self) -> None:
        """Begin flushing."""
        self._background.start()

    async def stop(self) -> None:
        """Write what waits, then end."""
        under_way = [item for batch in self._writing.values() for item in batch]
        await asyncio.gather(*(item.future for item in (*under_way, *self._queue)), return_exceptions=True)
        await self._background.stop()
