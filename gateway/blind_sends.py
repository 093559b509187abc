"""Sending pages while the database is away. The same rules as runtime/outbox.py, without rows and claims.

Each page is durable in the spool before it comes here; every outcome goes there too. One process sends, so nothing
is claimed: a gateway that was killed reconciles and sends again what had no outcome.
"""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable
from dataclasses import replace

import structlog

from domain.configuration import Configuration
from gateway.metrics import BLIND_PAGES
from gateway.spool_records import Sent
from runtime.effects import Accepted, Handler, Rejected, Unknown
from runtime.outbox import SLOTS
from runtime.sending import SEND_S, after, as_send, failed, may_resend, uncertain
from runtime.store import Inbound, OutboxRow, SendResult

log = structlog.get_logger("sentinel.gateway")
NOT_SHOWN = "the outbox page cannot be shown while the database is away"
FINAL = ("accepted", "delivered", "failed", "cancelled")


class Sends:
    """`told(sent, tell)` learns of every outcome; `tell` is the message to a line whose page was given up."""

    def __init__(
        self,
        handler: Handler,
        config: Callable[[], Configuration],
        now: Callable[[], float],
        told: Callable[[Sent, Inbound | None], None],
    ) -> None:
        self._handler = handler
        self._config = config
        self._now = now
        self._told = told
        self._rows: dict[str, OutboxRow] = {}
        self._of: dict[str, dict[str, None]] = {}
        self._lanes: dict[str, list[tuple[float, str]]] = {}
        self._busy: dict[str, int] = {}
        self._tasks: dict[asyncio.Task[None], None] = {}

    @property
    def busy(self) -> bool:
        """True while something is being sent."""
        return bool(self._tasks)

    def offer(self, row: OutboxRow) -> None:
        """A page to send, or what an earlier process left of it."""
        self._rows[row.id] = row
        self._of.setdefault(row.entity, {})[row.id] = None
        heapq.heappush(self._lanes.setdefault(row.channel, []), (row.due_at, row.id))

    def withdraw(self, entity: str) -> None:
        """Somebody has it: what is not out yet stays in."""
        for delivery in list(self._of.get(entity, ())):
            row = self._drop(delivery)
            if row is not None:
                self._tell(
                    row, SendResult(row.id, row.shard, "cancelled", "acknowledged or resolved before it was sent")
                )

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
            later = []
            while lane and lane[0][0] <= now and self._busy.get(channel, 0) < SLOTS:
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
                self._tasks[task] = None
                task.add_done_callback(lambda t: self._tasks.pop(t, None))
            for entry in later:
                heapq.heappush(lane, entry)

    async def _carry_out(self, row: OutboxRow) -> None:
        try:
            result = await self._attempt(row)
        except Exception as error:
            log.exception("send_broke", delivery=row.id, channel=row.channel)
            result = after(row, Unknown(f"{type(error).__name__}: {error}"), self._now(), tried=True)
        finally:
            self._busy[row.channel] -= 1
        self._tell(row, result)
        if result.state not in FINAL:
            due_at = result.due_at if result.due_at is not None else self._now()
            unknowns = row.unknowns + int(result.unknown)
            self.offer(replace(row, state=result.state, attempts=row.attempts + 1, unknowns=unknowns, due_at=due_at))

    async def _attempt(self, row: OutboxRow) -> SendResult:
        send, config = as_send(row), self._config()
        if row.channel == "outbox":
            return failed(row, NOT_SHOWN)
        if uncertain(row):
            answer = await self._handler.reconcile(send, config, SEND_S)
            if isinstance(answer, Accepted):
                return after(row, answer, self._now(), tried=False)
            if not may_resend(row, answer, self._handler.dedupes(row.channel)):
                return failed(row, "outcome unknown twice; the provider cannot say whether the person got it")
        try:
            async with asyncio.timeout(SEND_S + 0.5):
                outcome = await self._handler.send(send, config, SEND_S)
        except TimeoutError:
            outcome = Unknown(f"no answer from the {row.channel} provider within {SEND_S:.0f} s")
        if isinstance(outcome, Rejected):
            log.warning("send_refused", delivery=row.id, channel=row.channel, attempt=send.attempt, why=outcome.reason)
        return after(row, outcome, self._now(), tried=True)

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

    async def settle(self) -> None:
        """Wait for what is being sent; each has its own time-out."""
        while self._tasks:
            await asyncio.wait(list(self._tasks))

    def forget(self) -> None:
        """Drop what is not out yet: its line is reported, and the database decides."""
        self._rows.clear()
        self._of.clear()
        self._lanes.clear()

    async def stop(self) -> None:
        """Break off; what has no outcome in the spool is sent again by the next process."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
