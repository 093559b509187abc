"""Paging without the database, from the configuration known last, for alerts that are in the spool.

It begins when Postgres has been away for the grace (SENTINEL_OUTAGE_GRACE_S): then every line with messages in the
spool is played (gateway/blind_lines.py), first those of the grace, then each as it comes, and its pages are sent at
once. Acknowledgements that come in stop them. Durable before it is sent: a gateway killed in the outage goes on.
When the database is back it pauses, everything goes into the database (gateway/replay.py), and it forgets.

What it cannot know makes it page: an incident that is open or acknowledged in the database pages again. So do two
gateways that get alerts of one line. A page twice rather than never.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence

import structlog

from domain.configuration import Configuration
from gateway.background import Background
from gateway.blind_lines import Lines, Outcome
from gateway.blind_past import Past
from gateway.blind_sends import Sends
from gateway.outage import Outage
from gateway.spool import Placed, Spool, SpoolFull
from gateway.spool_records import Arrived, Record, Sent, Turned
from runtime.clock import DatabaseTime, SystemClock
from runtime.effects import Handler
from runtime.store import Inbound

log = structlog.get_logger("sentinel.gateway")
TICK_S = 0.2
"""How late a step may be taken: timers are looked at this often."""
BATCH = 100
"""Turns that page between two fsyncs. More make one fsync cheaper, fewer let the first page of a storm out sooner."""
BATCH_S = 0.05
"""A batch is written down after this long, full or not."""
SLICE_S = 0.005
"""Turns keep the loop no longer than this at a time: whoever sends an alert waits for its answer meanwhile."""

Messages = deque[tuple[int, Inbound]]
"""With their places in the spool; 0: not there."""


class BreakGlass:
    """One per gateway. `clock`: UTC epoch seconds, read once in an outage; then time only runs."""

    def __init__(
        self,
        spool: Spool,
        outage: Outage,
        config: Callable[[], Configuration],
        handler: Handler,
        grace_s: float,
        clock: Callable[[], float],
        slots: Mapping[str, int],
    ) -> None:
        self._spool = spool
        self._outage = outage
        self._config = config
        self._grace_s = grace_s
        self._clock = clock
        self._time = DatabaseTime(SystemClock())
        self._lines = Lines()
        self._sends = Sends(handler, config, self._now, self._told, slots)
        self._arrived: Messages = deque()
        self._held: dict[str, int] = {}
        self._to_write: list[Record] = []
        self._playing = False
        self._paused = False
        self._interrupted = False
        self._stepped = False
        """Whether the last turn was of a timer."""
        self._wanted = asyncio.Event()
        self._working = asyncio.Lock()
        self._background = Background(self._run, "break-glass")
        spool.on_kept.append(self._hear)

    @property
    def lines(self) -> int:
        """Incident lines that are played now."""
        return len(self._lines)

    @property
    def playing(self) -> bool:
        """True while people are paged from here."""
        return self._playing and not self._paused

    def _now(self) -> float:
        if not self._time.known:
            self._time.observe(self._clock())
        return self._time.now()

    # -- what comes in -------------------------------------------------------------------------------

    def _hear(self, placed: Sequence[Placed]) -> None:
        """Before the grace is over nothing needs to be remembered: it is all read from the spool then."""
        if not self._playing:
            return
        for place, record in placed:
            if isinstance(record, Arrived):
                self._listen(place, record.message)

    def _listen(self, place: int, message: Inbound) -> None:
        if message.halts:  # from its answer on no send of the line begins, played or not
            self._hold(message.entity)
        self._arrived.append((place, message))
        self._wanted.set()

    def _hold(self, entity: str) -> None:
        self._held[entity] = self._held.get(entity, 0) + 1

    def _release(self, entity: str) -> None:
        left = self._held.get(entity, 0) - 1
        if left > 0:
            self._held[entity] = left
        else:
            self._held.pop(entity, None)

    def _told(self, sent: Sent, tell: Inbound | None) -> None:
        self._to_write.append(sent)
        if tell is not None:
            self._arrived.append((0, tell))
        self._wanted.set()

    # -- the loop ------------------------------------------------------------------------------------

    async def _run(self) -> None:
        while True:
            try:
                async with asyncio.timeout(TICK_S):
                    await self._wanted.wait()
            except TimeoutError:
                pass
            self._wanted.clear()
            async with self._working:
                if self._due():
                    if not self._playing:
                        await self._begin()
                    if await self._work():
                        self._wanted.set()
                else:
                    await self._write(self._taken())

    def _due(self) -> bool:
        """True while people are to be paged from here.

        Not before the configuration is recalled after a start: by an empty one every contact is gone, and a page
        refused for that is never sent (test_a_gateway_killed_in_the_outage_goes_on_where_it_was).
        """
        away = self._playing or (self._outage.away_s >= self._grace_s and self._spool.active)
        return away and not self._paused and self._config().version >= 0

    async def _begin(self) -> None:
        """Play what the spool holds, oldest first: the alerts of the grace, or all that an earlier process had.

        Pages go out as it is played, not after: the first to wait for the grace must not wait for the last as well.
        """
        log.error(
            "breakglass_begins",
            away_s=round(self._outage.away_s),
            configuration=self._config().version,
            meaning="people are paged without the database; what is open or acknowledged in it is not known",
        )
        segments = await self._spool.seal()
        self._playing = True  # what is kept from now on is heard
        try:
            past = Past(self._lines)
            for segment in segments:
                for _, record in (await self._spool.read(segment)).records:
                    past.survey(record)
                    if isinstance(record, Arrived):  # what fired and was resolved in the grace pages nobody
                        self._hold(record.message.entity)
                await asyncio.sleep(0)
            for segment in segments:
                await self._replay(past, (await self._spool.read(segment)).records)
        except BaseException:  # also a cancellation: what was played by half begins again
            self._forget()
            raise
        self._arrived.extendleft((0, tell) for tell in past.tells())
        for row in past.unfinished():
            self._sends.offer(row)
        turned = past.unwritten()
        for n in range(0, len(turned), BATCH):
            await self._page(turned[n : n + BATCH])

    async def _replay(self, past: Past, records: Sequence[Placed]) -> None:
        fresh: Messages = deque()
        for n, (place, record) in enumerate(records):
            if past.knows(record):
                past.note(place, record, self._now(), self._config())
                if isinstance(record, Arrived):
                    self._release(record.message.entity)
            elif isinstance(record, Arrived):
                fresh.append((place, record.message))
            if n % BATCH == 0:
                await asyncio.sleep(0)
        while fresh:
            await self._page(_turned(await self._batch(fresh, begun=False)))

    async def _work(self) -> bool:
        """One batch; True if there may be more."""
        outcomes = await self._batch(self._arrived, begun=True)
        await self._page(_turned(outcomes))
        return bool(outcomes or self._arrived)

    async def _batch(self, messages: Messages, begun: bool) -> list[Outcome]:
        """Turns to be written down together; between slices of them the loop does everything else.

        `begun` False: of the past, whose messages are all held back until played, and no timer goes before them.
        """
        found: list[Outcome] = []
        loop = asyncio.get_running_loop()
        until = loop.time() + BATCH_S
        while self._slice(messages, begun, found, loop.time() + SLICE_S):
            await asyncio.sleep(0)
            if loop.time() >= until or len(found) >= BATCH:
                break
        return found

    def _slice(self, messages: Messages, begun: bool, found: list[Outcome], until: float) -> bool:
        """Run turns into `found`; False when nothing is left to do.

        Messages and timers by turns, so that no step waits until a storm is over. But an acknowledgement that is among
        the messages stops the step that is due.
        """
        now, config, loop = self._now(), self._config(), asyncio.get_running_loop()
        while len(found) < BATCH and loop.time() < until:
            steps = not self._stepped and self._lines.due(now, self._held)
            self._stepped = begun and (steps or not messages)
            if self._stepped:
                outcome = self._lines.fire(now, config)
                if outcome is None and not messages:
                    return False
            elif messages:
                place, message = messages.popleft()
                outcome = self._lines.take(place, message, now, config)
                if message.halts or not begun:
                    self._release(message.entity)
            else:
                return False
            if outcome is None:
                continue
            if outcome.quiet or outcome.withdrawn:
                self._sends.withdraw(outcome.entity, None if outcome.quiet else outcome.withdrawn)
                found[:] = [o.before(outcome) for o in found]
            found.append(outcome)
        return True

    async def _page(self, turned: Sequence[Turned]) -> None:
        """Durable first, with the outcomes that wait; then the pages go out."""
        await self._write([*self._taken(), *turned])
        for turn in turned:
            for row in turn.pages:
                self._sends.offer(row)
        self._sends.start(self._held.__contains__)

    def _taken(self) -> list[Record]:
        records, self._to_write = self._to_write, []
        return records

    async def _write(self, records: Sequence[Record]) -> None:
        if not records:
            return
        try:
            await self._spool.append(records)
        except SpoolFull as error:
            log.error(
                "breakglass_not_recorded",
                why=str(error),
                records=len(records),
                meaning="the pages go out all the same; some may come again when the database is back",
            )

    # -- the database is back ------------------------------------------------------------------------

    async def give_up(self, entities: Sequence[str]) -> set[str]:
        """Play these lines no more, and have what was done for them in the spool: the database takes them over.

        Answers those with a page still under way; `settled` waits for its outcome.
        """
        self._interrupted = True
        async with self._working:
            for entity in entities:
                self._lines.give_up(entity)
                self._sends.give_up(entity)
            busy = self._sends.under_way.intersection(entities)  # now: what ends while this is written is not in it
            await self._write(self._taken())
        return busy

    async def settled(self, entities: Collection[str]) -> None:
        """Wait for the pages of these lines that are under way, and have their outcomes in the spool."""
        await self._sends.settle(entities)
        async with self._working:
            await self._write(self._taken())

    async def pause(self) -> None:
        """Begin nothing more; wait for what is being sent, and have its outcome in the spool."""
        self._paused = self._interrupted = True
        async with self._working:
            await self._sends.settle()
            await self._write(self._taken())

    async def resume(self) -> None:
        """The database went away again before everything was in it: what is left in the spool is played from anew."""
        if self._interrupted:
            async with self._working:
                self._forget()
            self._wanted.set()

    def end(self) -> None:
        """Everything is in the database, which decides from now on."""
        if self._playing:
            log.warning("breakglass_ends", lines=len(self._lines))
        self._forget()

    def _forget(self) -> None:
        self._playing = self._paused = self._interrupted = False
        self._arrived.clear()
        self._held.clear()
        self._lines.forget()
        self._sends.forget()
        self._time = DatabaseTime(SystemClock())

    def start(self) -> None:
        """Begin to watch."""
        self._background.start()

    async def stop(self) -> None:
        """Write down the outcomes there are; the next process goes on."""
        await self._background.stop()
        await self._sends.stop()
        await self._write(self._taken())


def _turned(outcomes: Sequence[Outcome]) -> list[Turned]:
    return [o.turned for o in outcomes if o.turned is not None]
