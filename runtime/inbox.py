"""Draining what gateways journalled into the mailboxes of the entities this host owns.

Driven by pokes (no payload: losing one costs at most the poll period) and by polling. Drained by *undone*,
never by "id above the last one seen": ids become visible out of order.
"""

from __future__ import annotations

from runtime.codec import UnknownKind
from runtime.core import Core, Pace, wait
from runtime.mailbox import MAX_MAIL
from runtime.private import hand_on, runs_elsewhere
from runtime.turn import Message

POLL_S = 0.5
GAP_S = 0.02
"""Shortest time between the beginnings of two rounds of reading: pokes come hundreds of times a second in a storm."""
PAGE = 1_000
"""Rows per read; a full page means that there is more and the next read follows at once."""


class InboxLoop:
    """Reads undone inbox rows of this host's shards."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._pace = Pace(core.clock, GAP_S)

    async def body(self) -> None:
        """Wait for a poke or the poll period, then read until the inbox or the memory is exhausted."""
        core = self._core
        await wait(core.mail_wanted, POLL_S)
        await self._pace.turn()
        while core.ownership.epochs and core.ownership.alive():
            if MAX_MAIL - core.mailroom.size < PAGE:
                core.backlog = True
                return
            shards = dict(core.ownership.epochs)
            if await self._read(shards, PAGE) < PAGE:
                for shard in shards:
                    if shard in core.solo and core.ownership.epochs.get(shard) == shards[shard]:
                        core.solo[shard].scanned = True
                return

    async def _read(self, shards: dict[int, int], limit: int) -> int:
        core = self._core
        full = core.mailroom.full_boxes(core.max_pending)
        core.backlog = bool(full)
        skip = [*core.skipped(), *full]
        mail = await core.store.mail(list(shards), core.mailroom.held_ids(), skip, limit)
        for row in mail:
            if core.ownership.epochs.get(row.shard) != shards.get(row.shard):
                continue
            try:
                if runs_elsewhere(core, row):
                    await hand_on(core, row)
                    continue
                message = Message(f"inbox:{row.id}", row.kind, row.body, inbox_id=row.id, env_version=row.env_version)
                core.mailroom.put(row.entity, row.shard, message, core.max_pending(row.entity))
            except UnknownKind as error:
                # A newer version wrote it, and this program does not know the kind: never lose it silently.
                await core.quarantine(row.entity, row.shard, str(error))
        if mail:
            core.turns_wanted.set()
        return len(mail)
