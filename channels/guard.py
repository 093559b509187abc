"""Breakers of all providers of a host: asked before a page is sent, told what became of it.

A provider is a channel and a host name: a receiver of webhooks that is away keeps no page from another one.
"""

from __future__ import annotations

from collections.abc import Callable

import structlog

from channels.base import Channel, Page
from channels.breaker import Breaker, State, admit, note
from runtime.effects import Accepted, Rejected, Unknown

log = structlog.get_logger("sentinel.channels")
MOST = 10_000
"""Providers remembered; beyond it closed breakers are forgotten, which costs nothing but their last failures."""
Changed = Callable[[str, str, State, str], None]
"""channel, provider, new state, why."""


class Guard:
    """`monotonic`: seconds. `changed` is called when a breaker opens, is probed, or closes."""

    def __init__(self, monotonic: Callable[[], float], changed: Changed) -> None:
        self._monotonic = monotonic
        self._changed = changed
        self._breakers: dict[tuple[str, str], Breaker] = {}

    async def send(self, channel: Channel, page: Page, timeout_s: float, must: bool) -> Accepted | Rejected | Unknown:
        """Send, unless the provider is known to be down. `must`: try in any case."""
        provider = channel.provider(page)
        key = (channel.name, provider)
        before, now = self._breakers.get(key, Breaker()), self._monotonic()
        after, admitted = admit(before, now)
        if not admitted and not must:
            reason = f"{provider} is down ({after.why}): the next way of reaching this person is used at once"
            return Rejected(reason, retryable=True, elsewhere=True)
        self._keep(key, before, after)
        outcome = await channel.send(page, timeout_s)
        failed = isinstance(outcome, Unknown) or (isinstance(outcome, Rejected) and outcome.retryable)
        why = outcome.reason if isinstance(outcome, Unknown | Rejected) else ""
        before = self._breakers.get(key, Breaker())
        self._keep(key, before, note(before, failed, why, self._monotonic()))
        return outcome

    def _keep(self, key: tuple[str, str], before: Breaker, after: Breaker) -> None:
        if len(self._breakers) >= MOST and key not in self._breakers:
            self._breakers = {k: b for k, b in self._breakers.items() if b.opened_at is not None}
        self._breakers[key] = after
        state = _shown(after)
        if state != _shown(before):
            level = log.warning if state == "open" else log.info
            level("breaker", channel=key[0], provider=key[1], state=state, why=after.why or before.why)
            self._changed(*key, state, after.why or before.why)


def _shown(breaker: Breaker) -> State:
    """As told to people: it stays open until a probe is on its way."""
    if breaker.opened_at is None:
        return "closed"
    return "open" if breaker.probed_at is None else "half-open"
