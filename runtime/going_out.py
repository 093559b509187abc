"""The last question before a send that no store has granted: asked between the connection and the request on it.

A host that acts from memory cannot know by itself whether the store is away or it is cut off from everybody. It can
order the evidence: a connection to the provider proves that this host's network works now, and a renewal of the lease
that began after that, and failed, that the store is away all the same. If the store answers instead, others may have
taken the shards over, paged, and been told to stop: nothing is sent, and the way back decides (runtime/outage.py).

    channel                                  runtime
    connects anew, if `has_question()`
    `await leave()`                          waits for a renewal that begins now or later
    writes the request                       it failed
    writes nothing                           the store answered: Withheld

In a storm not each page waits for a renewal of its own: what one connection and the renewal after it have proved holds
for HOLDS_S for all that connect meanwhile. Else a channel's slots would be full of pages that wait, and send nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar

from runtime.clock import Clock

PATIENCE_S = 3.0
"""Longest wait for that renewal: one is under way, and the next takes a second where nobody refuses the connection.
Without evidence the page leaves: twice rather than never."""

HOLDS_S = 2.5
"""Longer than a renewal that nobody answers and the pause before it: else pages would leave by fits and starts."""

Question = Callable[[], Awaitable[bool]]
_question: ContextVar[Question | None] = ContextVar("question", default=None)


class Withheld(Exception):
    """Certainly nothing was sent, and no provider is to blame."""


@contextmanager
def asking(question: Question | None) -> Iterator[None]:
    """Sends begun inside ask this before they leave; None: they just leave."""
    token = _question.set(question)
    try:
        yield
    finally:
        _question.reset(token)


def has_question() -> bool:
    """True if this send needs a connection of its own, made now: one that was made before proves nothing."""
    return _question.get() is not None


async def leave() -> None:
    """To be awaited when the connection is made and nothing of the send is on it yet. Raises Withheld."""
    question = _question.get()
    if question is not None and not await question():
        raise Withheld


class Renewals:
    """Tells when a renewal of the lease has ended that began after a given moment. One such wait serves all."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._began = float("-inf")
        self._reached: float | None = None
        """When the first provider was reached since the last evidence."""
        self._proved = float("-inf")
        """When a renewal had failed that began after a provider was reached."""
        self._ended = asyncio.Event()

    def ended(self, began: float, *, answered: bool) -> None:
        """One that began at monotonic `began` was answered or failed; what follows from it is done already."""
        self._began = began
        if answered:
            self._reached, self._proved = None, float("-inf")
        elif self._reached is not None and self._reached < began:
            self._reached, self._proved = None, self._clock.monotonic()
        self._ended.set()
        self._ended = asyncio.Event()

    async def another(self) -> None:
        """Until one that begins after this has ended, or evidence holds; not longer than PATIENCE_S."""
        asked = self._clock.monotonic()
        self._reached = asked if self._reached is None else self._reached
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_S):
                while self._began <= asked and self._clock.monotonic() - self._proved > HOLDS_S:
                    await self._ended.wait()
