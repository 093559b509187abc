"""Slowing down guessing: a few failures per account and address, then a pause. Per gateway process."""

from __future__ import annotations

from collections import OrderedDict

from runtime.clock import SystemClock

MAX_FAILURES = 5
MAX_FROM_ADDRESS = 50
"""Of one network address over all accounts: many people may share one, and one may try many accounts."""
PAUSE_S = 300.0
REMEMBERED = 10_000


class Attempts:
    """Failed sign-ins of late."""

    def __init__(self) -> None:
        self._clock = SystemClock()
        self._failures: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def allowed(self, who: str, limit: int = MAX_FAILURES) -> bool:
        """False while this account from this address (or the address alone, with a limit of its own) has to wait."""
        count, at = self._failures.get(who, (0, 0.0))
        if count and self._clock.monotonic() - at > PAUSE_S:
            del self._failures[who]
            return True
        return count < limit

    def failed(self, who: str) -> None:
        """One more wrong password."""
        count, _ = self._failures.pop(who, (0, 0.0))
        self._failures[who] = (count + 1, self._clock.monotonic())
        if len(self._failures) > REMEMBERED:
            self._failures.popitem(last=False)
