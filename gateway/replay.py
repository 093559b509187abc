"""The spool goes into the database when it is back: oldest first, found again by dedup id, removed when committed.

Order. Lines that were paged without the database, or that somebody acknowledged, come first and whole, with a message
in front that tells them of the pages: no page goes out that an acknowledgement has stopped. Then all others. While
anything is in the spool every new message goes behind it (gateway/writer.py), so nothing that came later overtakes: the
whole gateway returns to direct writes at the moment its spool is empty. What went into the database and was not removed
yet is replayed again after a crash; its dedup ids make that safe.

Line by line. While break-glass pages, lines are handed over in portions, each when the hosts have done with the one
before; the others, and what comes in meanwhile, are paged without the database until it is their turn. So no page waits
for the whole backlog of an outage, however long that takes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence

import structlog

from gateway.background import Background
from gateway.breakglass import BreakGlass
from gateway.hand_over import ROWS, HandOver, Lines, portions
from gateway.in_flight import InFlight
from gateway.outage import Outage
from gateway.outage_report import OutageReport
from gateway.spool import Placed, Segment, Spool
from runtime.errors import RuntimeFault, StatementRejected
from runtime.store import Inbound, Store

log = structlog.get_logger("sentinel.gateway")

PAUSE_S = 0.5
"""Between two attempts while the database is away."""
PATIENCE_S = 2.0
"""Longest wait for the hosts to process a portion: they may be away too."""
ROUNDS = 6
"""Rounds in which break-glass goes on; if alerts come faster than they are handed over, it ends all the same."""


class Replay:
    """One per gateway; also what notices that the database is back."""

    def __init__(
        self,
        store: Store,
        spool: Spool,
        outage: Outage,
        pager: BreakGlass,
        in_flight: InFlight,
        poke: Callable[[Collection[int]], None],
        source: str,
    ) -> None:
        self._store = store
        self._spool = spool
        self._outage = outage
        self._pager = pager
        self._in_flight = in_flight
        self._source = source
        self._poke = poke
        self._over: HandOver | None = None
        self._rounds = 0
        self._background = Background(self._run, "replay")
        spool.on_kept.append(self._hear)

    def _hear(self, placed: Sequence[Placed]) -> None:
        if self._over is not None:
            self._over.hear(placed)

    async def _run(self) -> None:
        while True:
            await self._spool.filled.wait()
            self._spool.filled.clear()
            try:
                while self._spool.active:
                    self._spool.hold(await self._round())
                self._pager.end()
            finally:
                self._rounds = 0
                self._spool.hold(False)

    async def _round(self) -> bool:
        """True if so little was left that the next round can be the last."""
        try:
            return await self._drain() < ROWS
        except RuntimeFault as fault:
            self._spool.hold(False)
            self._outage.not_written(str(fault), self._spool.age_s)
            self._rounds = 0
            await self._in_flight.keep()
            await self._pager.resume()
            await asyncio.sleep(PAUSE_S)
            return False
        finally:
            self._over = None

    async def _drain(self) -> int:
        """All there is now. Raises StoreUnavailable or OutcomeUnknown when the database goes away again."""
        await self._store.now()
        self._rounds += 1
        if not self._pager.playing or self._rounds > ROUNDS:
            await self._halt(await self._spool.seal())
            await self._pager.pause()
        segments = await self._spool.seal()
        report = OutageReport(self._source)
        over = self._over = HandOver(report)
        for segment in segments:
            report.note(r for _, r in (await self._spool.read(segment)).records)
        first: Lines = {entity: [] for entity in report.lines}
        for segment in segments if first else ():
            for message in (await self._spool.read(segment)).messages:
                if message.entity in first:
                    first[message.entity].append(message)
        known = set(first)
        rows = await self._hand_over(over, first, whole=True)
        for segment in segments:
            rows += await self._rest(over, segment, known)
        if rows:
            self._outage.written()
            log.warning("spool_replayed", messages=rows)
        await asyncio.sleep(0)  # those whose answer waits for the last fsync come first
        return rows

    async def _halt(self, segments: Sequence[Segment]) -> None:
        """Acknowledgements of incidents open before go at once: hosts wait but a moment before they page on."""
        halting: Lines = {}
        others: set[str] = set()
        for segment in segments:
            for message in (await self._spool.read(segment)).messages:
                if message.halts:
                    halting.setdefault(message.entity, []).append(message)
                else:
                    others.add(message.entity)
        alone = {entity: found for entity, found in halting.items() if entity not in others}
        for entities in portions(alone):
            await self._append([m for entity in entities for m in alone[entity]])

    async def _rest(self, over: HandOver, segment: Segment, first: Collection[str]) -> int:
        contents = await self._spool.read(segment)
        lines: Lines = {}
        for message in contents.messages:
            if message.entity not in first:
                lines.setdefault(message.entity, []).append(message)
        rows = await self._hand_over(over, lines, whole=False)
        await self._spool.drop(segment, contents.whole)
        return rows

    async def _hand_over(self, over: HandOver, lines: Lines, whole: bool) -> int:
        """Give these lines to the database; those with a page under way come last, when its outcome is known.

        The next portion waits for the hosts: else what people must hear of now would wait behind all of it.
        """
        over.begin(lines, whole)
        gradually, rows, late = self._pager.playing, 0, list[str]()
        for entities in portions(lines):
            if gradually:
                busy = await self._pager.give_up(entities)
                late += [e for e in entities if e in busy]
                entities = [e for e in entities if e not in busy]
            rows += await self._append([*over.take(entities), *over.following()])
            if gradually:
                await self._in_flight.at_most(ROWS, PATIENCE_S)
        if late:
            await self._pager.settled(late)
            rows += await self._append([*over.take(late), *over.following()])
        return rows

    async def _append(self, batch: Sequence[Inbound]) -> int:
        """A batch that is refused for its content is halved until the one refused message is found."""
        if not batch:
            return 0
        try:
            appended = await self._store.append(batch)
        except StatementRejected as error:
            if len(batch) == 1:
                await self._spool.set_aside(batch[0], str(error))
                return 1
            half = len(batch) // 2
            return await self._append(batch[:half]) + await self._append(batch[half:])
        # What was there before, hosts may have done long ago.
        fresh = [n for n, new in enumerate(appended.fresh) if new]
        self._in_flight.committed([appended.ids[n] for n in fresh], [batch[n] for n in fresh])
        self._poke({m.shard for m in batch})
        return len(batch)

    def start(self) -> None:
        """Begin."""
        self._background.start()

    async def stop(self) -> None:
        """End; what is not replayed stays for the next start."""
        await self._background.stop()
