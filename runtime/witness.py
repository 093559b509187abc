"""What hosts and gateways tell each other over Valkey about the store: a second witness beside a host's own eyes.

"The store is well": said by every host with each renewal of its lease. A host that cannot reach the store and hears
this is cut off, not in an outage: it stays silent while the others take its shards over. "I keep this for the store":
said by gateways of each message that they spool, so that an acknowledgement stops hosts that page from memory.
Best effort; without Valkey a host cannot tell the two cases apart, and pages: twice rather than never.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence

import msgspec
import structlog
from redis.asyncio import Redis

from runtime.store import Inbound
from runtime.subscription import spoken, subscribed

log = structlog.get_logger("sentinel.runtime")

WELL = "sentinel:well"
SPOOLED = "sentinel:spooled"
MAX_UNSAID = 5_000
"""Alerts that wait to be told of; beyond it only commands are: hosts do without, the store will have them."""


class Witness:
    """Both ends: a host says that the store is well and listens, a gateway says what it keeps."""

    def __init__(self, redis: Redis, name: str) -> None:
        self._redis = redis
        self._name = name
        self._unsaid: deque[tuple[str, bytes]] = deque()
        self._wanted = asyncio.Event()

    def say_well(self) -> None:
        """This host has just reached the store. Never blocks."""
        self._say(WELL, self._name.encode())

    def say_spooled(self, messages: Sequence[Inbound]) -> None:
        """This gateway keeps these messages for the store. Never blocks."""
        for message in messages:
            if message.halts or len(self._unsaid) < MAX_UNSAID:
                self._say(SPOOLED, msgspec.json.encode(message))

    def _say(self, channel: str, data: bytes) -> None:
        self._unsaid.append((channel, data))
        self._wanted.set()

    async def speak(self) -> None:
        """Publish for ever what there is to say."""
        await spoken(self._wanted, self._publish, self._unsaid.clear)

    async def _publish(self) -> None:
        while self._unsaid:
            await self._redis.publish(*self._unsaid.popleft())

    async def listen(self, url: str, on_well: Callable[[], None], on_spooled: Callable[[Inbound], None]) -> None:
        """Hear for ever what is said on Valkey at `url`."""

        def lost(why: str) -> None:
            meaning = "cut off from database and Valkey alike this host would page from memory beside the others"
            log.warning("witness_not_heard", why=why, meaning=meaning)

        def hear(channel: bytes, data: bytes) -> None:
            self._hear(channel, data, on_well, on_spooled)

        await subscribed(url, (WELL, SPOOLED), hear, lost)

    def _hear(
        self, channel: bytes, data: bytes, on_well: Callable[[], None], on_spooled: Callable[[Inbound], None]
    ) -> None:
        if channel == WELL.encode():
            if data != self._name.encode():
                on_well()
            return
        try:
            on_spooled(msgspec.json.decode(data, type=Inbound))
        except msgspec.MsgspecError as error:
            log.warning("spooled_message_not_understood", why=str(error), meaning="an older or newer gateway sent it")
