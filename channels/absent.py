"""Channels whose provider this version cannot speak to yet: they say so instead of pretending."""

from __future__ import annotations

from channels.base import Capability, Page
from runtime.effects import Accepted, CannotTell, NotFound, Rejected, Unknown


class AbsentChannel:
    """Refuses every page; the person's next method is used at once."""

    capabilities = Capability.NONE
    configured = False

    def __init__(self, name: str) -> None:
        self.name = name

    @property
    def problem(self) -> str:
        return f"No {self.name} provider is available in this version. Add another contact method."

    def provider(self, page: Page) -> str:
        return self.name

    async def send(self, page: Page, timeout_s: float) -> Accepted | Rejected | Unknown:
        return Rejected(f"{self.problem} This is what would have been sent.")

    async def reconcile(self, page: Page, timeout_s: float) -> Accepted | NotFound | CannotTell:
        return NotFound()

    async def cancel(self, page: Page, provider_id: str, timeout_s: float) -> None:
        return None
