"""Commands of people: into the inbox like everything from outside, then wait a moment for the turn's answer.

The answer lies on the inbox row, so any gateway can wait for any host, and nothing but the database is needed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from domain.commands import Command
from domain.incident import Acknowledge, Resolve, Snooze, parse_incident_id
from domain.tie_messages import TieCommand
from gateway.background import Background
from gateway.writer import InboxWriter
from runtime.codec import json_of
from runtime.errors import RuntimeFault
from runtime.ids import EntityId, new_id, shard_of
from runtime.store import Inbound, Store
from storage.errors import NotFound

WAIT_S = 1.5
POLL_S = 0.015
HALTING = (Acknowledge, Resolve, Snooze)
"""From their commit on no page of the incident is claimed, processed or not."""


@dataclass(frozen=True, slots=True)
class CommandResult:
    """`reply` None: recorded and durable, but not processed within the time we wait."""

    reply: Mapping[str, Any] | None
    spooled: bool = False
    """Durable on this gateway's disk, because the database is away."""

    @property
    def done(self) -> bool:
        """True if the incident's owner has answered."""
        return self.reply is not None


class Commands:
    """Sends commands and collects the answers; one poll for all who wait."""

    def __init__(self, store: Store, inbox: InboxWriter) -> None:
        self._store = store
        self._inbox = inbox
        self._waiting: dict[int, asyncio.Future[Mapping[str, Any]]] = {}
        self._event = asyncio.Event()
        self._background = Background(self._run, "commands")

    async def send(self, incident_id: str, command: Command | TieCommand, env_version: int) -> CommandResult:
        """Commit the command and wait up to WAIT_S. Raises NotFound for an id that is none."""
        parsed = parse_incident_id(incident_id)
        if parsed is None:
            raise NotFound("alert", incident_id)
        entity = EntityId("incident", parsed[0])
        row = Inbound(
            entity=str(entity),
            shard=shard_of(entity),
            kind=type(command).__name__,
            dedup=new_id(),
            body=json_of(command),
            halts=isinstance(command, HALTING),
            env_version=env_version,
        )
        ids = await self._inbox.put([row])
        return CommandResult(await self.answer(ids), spooled=not ids)

    async def answer(self, inbox_ids: Sequence[int]) -> Mapping[str, Any] | None:
        """The reply of the turn that processes this message, or None if it takes longer than WAIT_S.

        No id means that the message is in the spool: it will be processed when the database is back.
        """
        if not inbox_ids:
            return None
        (inbox_id,) = inbox_ids
        future: asyncio.Future[Mapping[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting[inbox_id] = future
        self._event.set()
        try:
            async with asyncio.timeout(WAIT_S):
                return await future
        except TimeoutError:
            return None
        finally:
            self._waiting.pop(inbox_id, None)

    async def _run(self) -> None:
        while True:
            while self._waiting:
                try:
                    done = await self._store.outcomes(list(self._waiting))
                except RuntimeFault:
                    done = {}
                for ident, reply in done.items():
                    future = self._waiting.pop(ident, None)
                    if future is not None and not future.done():
                        future.set_result(reply or {})
                await asyncio.sleep(POLL_S)
            await self._event.wait()
            self._event.clear()

    def start(self) -> None:
        """Begin collecting answers."""
        self._background.start()

    async def stop(self) -> None:
        """End."""
        await self._background.stop()
