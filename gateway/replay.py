"""The spool goes into the database when it is back: oldest first, found again by dedup id, removed when committed.

Order. Lines that were paged without the database, or that somebody acknowledged, come first and whole, with a message
in front that tells them of the pages: no page goes out that an acknowledgement has stopped. Then all others. While
anything is in the spool every new message goes behind it (gateway/writer.py), so nothing that came later overtakes: the
whole gateway returns to direct writes at the moment its spool is empty. What went into the database and was not removed
yet is replayed again after a crash; its dedup ids make that safe.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Sequence

import structlog

from gateway.background import Background
from gateway.breakglass import BreakGlass
from gateway.outage import Outage
from gateway.outage_report import OutageReport
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

    def __init__(
        self,
        store: Store,
        spool: Spool,
        outage: Outage,
        pager: BreakGlass,
        poke: Callable[[Collection[int]], None],
        source: str,
    ) -> None:
        self._store = store
        self._spool = spool
        self._outage = outage
        self._pager = pager
        self._source = source
        self._poke = poke
        self._background = Background(self._run, "replay")

    async def _run(self) -> None:
        while True:
            await self._spool.filled.wait()
            self._spool.filled.clear()
            try:
                while self._spool.active:
                    self._spool.hold(await self._round())
                self._pager.end()
            finally:
                self._spool.hold(False)

    async def _round(self) -> bool:
        """True if so little was left that the next round can be the last."""
        try:
            return await self._drain() < ROWS
        except RuntimeFault as fault:
            self._spool.hold(False)
            self._pager.resume()
            self._outage.not_written(str(fault), self._spool.age_s)
            await asyncio.sleep(PAUSE_S)
            return False

    async def _drain(self) -> int:
        """All there is now. Raises StoreUnavailable or OutcomeUnknown when the database goes away again."""
        await self._store.now()
        await self._halt(await self._spool.seal())
        await self._pager.pause()
        segments = await self._spool.seal()
        first = await self._first(segments)
        rows = sum(map(len, first.values()))
        for batch in _batches(first.values()):
            await self._append(batch)
        for segment in segments:
            rows += await self._rest(segment, first)
        if rows:
            self._outage.written()
            log.warning("spool_replayed", messages=rows)
        await asyncio.sleep(0)  # those whose answer waits for the last fsync come first
        return rows

    async def _halt(self, segments: Sequence[Segment]) -> None:
        """Acknowledgements of incidents open before go at once: hosts wait but a moment before they page on."""
        halting: dict[str, list[Inbound]] = {}
        others: set[str] = set()
        for segment in segments:
            for message in (await self._spool.read(segment)).messages:
                if message.halts:
                    halting.setdefault(message.entity, []).append(message)
                else:
                    others.add(message.entity)
        for batch in _batches(found for entity, found in halting.items() if entity not in others):
            await self._append(batch)

    async def _first(self, segments: Sequence[Segment]) -> dict[str, list[Inbound]]:
        """Line -> all its messages, for the lines that come first."""
        report = OutageReport(self._source)
        for segment in segments:
            report.note(r for _, r in (await self._spool.read(segment)).records)
        first = {entity: report.message(entity) for entity in report.lines}
        for segment in segments if first else ():
            for message in (await self._spool.read(segment)).messages:
                if message.entity in first:
                    first[message.entity].append(message)
        return first

    async def _rest(self, segment: Segment, first: Collection[str]) -> int:
        contents = await self._spool.read(segment)
        rest = [m for m in contents.messages if m.entity not in first]
        for batch in _batches([m] for m in rest):
            await self._append(batch)
        await self._spool.drop(segment, contents.whole)
        return len(rest)

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


def _batches(groups: Iterable[Sequence[Inbound]]) -> list[list[Inbound]]:
    """In order, each within the bounds of one statement; a group is not divided."""
    batches: list[list[Inbound]] = []
    size = 0
    for group in groups:
        added = sum(len(m.body) for m in group)
        if not batches or len(batches[-1]) + len(group) > ROWS or size + added > ROWS_BYTES:
            batches.append([])
            size = 0
        batches[-1].extend(group)
        size += added
    return batches
