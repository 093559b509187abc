"""Messages that this gateway committed and no host has been seen to process yet.

If the database goes away in that moment they are in no memory but this one: hosts page in an outage only for what they
have processed. So they are put into the spool too, and go the way of what comes in during the outage: paged for after
the grace, reconciled afterwards; their dedup ids make them one message. A host that had just processed one pages as
well: twice rather than never.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

import structlog

from gateway.background import Background
from gateway.outage import Outage
from gateway.spool import Spool, SpoolFull
from runtime.store import Inbound

log = structlog.get_logger("sentinel.gateway")
KEPT_S = 60.0
"""After this long the watchdog has called the last resort for what the hosts left undone."""
MAX_MESSAGES = 10_000
MAX_BYTES = 32 * 1024 * 1024
MAX_EARLY = 10_000
"""Of what was processed before its commit was known here; that takes a moment only."""
LOOK_S = 0.5
CAUSE = "inbox:"


@dataclass(frozen=True, slots=True)
class _Committed:
    at: float
    message: Inbound


class InFlight:
    """One per gateway. `monotonic`: seconds."""

    def __init__(self, spool: Spool, outage: Outage, monotonic: Callable[[], float]) -> None:
        self._spool = spool
        self._outage = outage
        self._monotonic = monotonic
        self._messages: OrderedDict[int, _Committed] = OrderedDict()
        self._bytes = 0
        self._early: OrderedDict[int, None] = OrderedDict()
        self._fewer = asyncio.Event()
        self._background = Background(self._run, "in-flight")

    def committed(self, ids: Sequence[int], messages: Sequence[Inbound]) -> None:
        """The database has them."""
        now = self._monotonic()
        for number, message in zip(ids, messages, strict=True):
            if number not in self._early:
                self._messages[number] = _Committed(now, message)
                self._bytes += len(message.body)
        while self._messages and self._too_many(now):
            self._drop(next(iter(self._messages)))

    def _too_many(self, now: float) -> bool:
        oldest = next(iter(self._messages.values()))
        return len(self._messages) > MAX_MESSAGES or self._bytes > MAX_BYTES or now - oldest.at > KEPT_S

    def _drop(self, number: int) -> None:
        found = self._messages.pop(number, None)
        if found is not None:
            self._bytes -= len(found.message.body)

    def processed(self, cause: str) -> None:
        """An event with this cause was committed by a host."""
        if not cause.startswith(CAUSE):
            return
        number = int(cause.removeprefix(CAUSE))
        self._drop(number)
        self._fewer.set()
        self._early[number] = None
        if len(self._early) > MAX_EARLY:
            self._early.popitem(last=False)

    async def at_most(self, count: int, patience_s: float) -> None:
        """Wait until the hosts have left no more than this many, but not longer."""
        with suppress(TimeoutError):
            async with asyncio.timeout(patience_s):
                while len(self._messages) > count:
                    self._fewer.clear()
                    await self._fewer.wait()

    async def keep(self) -> None:
        """The database is away: into the spool with them, in front of what comes now."""
        now = self._monotonic()
        messages = [c.message for c in self._messages.values() if now - c.at <= KEPT_S]
        self._messages.clear()
        self._bytes = 0
        if not messages:
            return
        try:
            await self._spool.keep(messages)
        except SpoolFull as error:
            log.error(
                "in_flight_not_kept",
                messages=len(messages),
                why=str(error),
                meaning="they are safe in the database; people are paged for them when it is back",
            )
            return
        log.warning("in_flight_kept", messages=len(messages), meaning="committed, and no host is known to have them")

    async def _run(self) -> None:
        """For an outage that nobody notices by writing."""
        while True:
            await asyncio.sleep(LOOK_S)
            if self._messages and self._outage.away and not self._spool.active:
                await self.keep()

    def start(self) -> None:
        """Begin to watch."""
        self._background.start()

    async def stop(self) -> None:
        """End; the database has everything."""
        await self._background.stop()
