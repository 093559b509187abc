"""Effects that may be carried out again and again: what they bring about is the same each time."""

from __future__ import annotations

from domain.configuration import Configuration
from runtime.effects import CannotTell, Send


class Repeatable:
    """The part of an effect handler that is then the same: doing it anew is the answer to every doubt."""

    def dedupes(self, channel: str) -> bool:
        """See runtime.effects."""
        return True

    def can_cancel(self, channel: str) -> bool:
        """See runtime.effects."""
        return False

    async def reconcile(self, send: Send, env: Configuration, timeout_s: float) -> CannotTell:
        """See runtime.effects."""
        return CannotTell()

    async def cancel(self, send: Send, env: Configuration, timeout_s: float) -> None:
        """See runtime.effects."""
