"""Sending pages while the database is away. The same rules as runtime/outbox.py, without rows and claims.

Each page is durable in the spool before it comes here; every outcome goes there too. One process sends, so nothing
is claimed: a gateway that was killed reconciles and sends again what had no outcome.
"""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace

from domain.configuration import Configuration
from gateway.metrics import BLIND_PAGES
from gateway.spool_records import Sent
from runtime.attempt import attempted
from runtime.effects import Handler
from runtime.outbox import SLOTS
from runtime.sending import failed
from runtime.store import Inbound, OutboxRow, SendResult

NOT_SHOWN = "the outbox page cannot be shown while the database is away"
FINAL = ("accepted", "delivered", "failed", "cancelled")


class Sends:
    """`told(sent, tell)` learns of every outcome; `tell` is the message to a line whose page was given up.

    `slots`: sends at once of a channel, where it is not SLOTS.
    """

    def __init__(
        self,
        handler: Handler,
        config: Callable[[], Configuration],
        now: Callable[[], float],
        told: Callable[[Sent, Inbound | None], None],
        slots: Mapping[str, int],
    ) -> None:
        self._handler = handler
        self._config = config
        self._now = now
        self._told = told
        self._slots = slots
        self._rows: dict[str, OutboxRow] = {}
        self._of: dict[str, dict[str, None]] = {}
        self._lanes: dict[str, list[tuple[float, str]]] = {}
        self._busy: dict[str, int] = {}
        self._tasks: dict[asyncio.Task[None], str] = {}
        self._given: set[str] = set()

    @property
    def under_way(self) -> set[str]:
        """Lines with a send that has no outcome yet."""
        return set(self._tasks.values())

    def offer(self, row: OutboxRow) -> None:
        """A page to send, or what an earlier process left of it."""
        self._rows[row.id] = row
        self._of.setdefault(row.entity, {})[row.id] = None
        heapq.heappush(self._lanes.setdefault(row.channel, []), (row.due_at, row.id))

    def withdraw(
        self, entity: str, only: Collection[str] | None = None, why: str = "acknowledged or resolved before it was sent"
    ) -> None:
        """What is not out yet stays in, all of the line or `only` these."""
        for delivery in list(self._of.get(entity, ())):
            row = self._drop(delivery) if only is None or delivery in only else None
            if row is not None:
                self._tell(row, SendResult(row.id, row.shard, "cancelled", why))

    def give_up(self, entity: str) -> None:
        """The database sends what is left of this line; what is under way here is not repeated here."""
        self._given.add(entity)
        self.withdraw(entity, why="the database is back and sends it")

    def _drop(self, delivery: str) -> OutboxRow | None:
        row = self._rows.pop(delivery, None)
        if row is not None:
            left = self._of[row.entity]
            del left[delivery]
            if not left:
                del self._of[row.entity]
        return row

    def start(self, held: Callable[[str], bool]) -> None:
        """Send what is due, as far as the slots of each channel allow. `held`: lines with a command still unread."""
        now = self._now()
        for channel, lane in self._lanes.items():
            later, slots = [], self._slots.get(channel, SLOTS)
            while lane and lane[0][0] <= now and self._busy.get(channel, 0) < slots:
                entry = heapq.heappop(lane)
                row = self._rows.get(entry[1])
                if row is None or row.due_at != entry[0]:
                    continue
                if held(row.entity):
                    later.append(entry)
                    continue
                self._drop(row.id)
                self._busy[channel] = self._busy.get(channel, 0) + 1
                task = asyncio.create_task(self._carry_out(row), name="blind-send")
                self._tasks[task] = row.entity
                task.add_done_callback(lambda t: self._tasks.pop(t, None))
            for entry in later:
                heapq.heappush(lane, entry)

    async def _carry_out(self, row: OutboxRow) -> None:
        try:
            if row.channel == "outbox":
                result = failed(row, NOT_SHOWN)
            else:
                result = await attempted(row, self._handler, self._config(), self._now, lambda: True)
        finally:
            self._busy[row.channel] -= 1
        self._tell(row, result)
        if result.state not in FINAL and row.entity not in self._given:
            due_at = result.due_at if result.due_at is not None else self._now()
            unknowns = row.unknowns + int(result.unknown)
            self.offer(replace(row, state=result.state, attempts=row.attempts + 1, unknowns=unknowns, due_at=due_at))

    def _tell(self, row: OutboxRow, result: SendResult) -> None:
        now = self._now()
        BLIND_PAGES.labels(result.state).inc()
        sent = Sent(
            at=now,
            entity=row.entity,
            delivery=row.id,
            state=result.state,
            detail=result.detail,
            attempts=row.attempts + 1,
            unknowns=row.unknowns + int(result.unknown),
            due_at=result.due_at if result.due_at is not None else now,
            provider_id=result.provider_id,
        )
        self._told(sent, result.tell)

    async def settle(self, entities: Collection[str] | None = None) -> None:
        """Wait for what is being sent, of these lines or at all; each has its own time-out."""
        while tasks := [task for task, entity in self._tasks.items() if entities is None or entity in entities]:
            await asyncio.wait(tasks)

    def forget(self) -> None:
        """Drop what is not out yet: its line is reported, and the database decides."""
        self._given.clear()
        self._rows.clear()
        self._of.clear()
        self._lanes.clear()

    async def stop(self) -> None:
        """Break off; what has no outcome in the spool is sent again by the next process."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
