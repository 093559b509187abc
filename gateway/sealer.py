"""Seals what was committed into the chain of the page ledger, behind the hosts' backs.

One of all gateways does it at a time, by a lock in the database; a commit never waits for it. In a storm it takes a
tenth of the time and catches up after; `sentinel verify` says how far behind it is.
"""

from __future__ import annotations

import asyncio
from time import monotonic

import structlog

from gateway.background import Background
from runtime.errors import RuntimeFault
from runtime.postgres import PostgresStore

log = structlog.get_logger("sentinel.ledger")
ROWS = 1_000
"""Rows a statement seals, about: some ten milliseconds of the database."""
IDLE_S = 1.0
REST = 9.0
"""After a statement it rests this many times as long as that took."""
HEAD_EVERY_S = 3_600.0


class Sealer:
    """Call `start` inside the event loop."""

    def __init__(self, store: PostgresStore) -> None:
        self._store = store
        self._background = Background(self._run, "ledger")
        self._told_at = -HEAD_EVERY_S

    async def _run(self) -> None:
        while True:
            began = monotonic()
            try:
                sealed = await self._store.seal(ROWS)
            except RuntimeFault as fault:
                # Nothing is lost: what is not sealed waits in the database.
                log.debug("not_sealed", why=str(fault))
                await asyncio.sleep(IDLE_S)
                continue
            if sealed.rows and began - self._told_at >= HEAD_EVERY_S:
                self._told_at = began
                log.info("ledger_head", head=f"{sealed.n}:{sealed.hash}", meaning="keep it: sentinel verify --head")
            busy = sealed.rows and sealed.more
            await asyncio.sleep((monotonic() - began) * REST if busy else IDLE_S)

    def start(self) -> None:
        """Begin."""
        self._background.start()

    async def stop(self) -> None:
        """End; the statement in flight finishes in the database or writes nothing."""
        await self._background.stop()
