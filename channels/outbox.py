"""The built-in channel: the page is shown on the outbox page, and that is all."""

from __future__ import annotations

from channels.base import Capability, Page
from runtime.effects import Accepted, CannotTell, NotFound, Rejected, Unknown


class OutboxChannel:
    """Always configured; a page is delivered when its row says so."""

    name = "outbox"
    capabilities = Capability.DEDUPES
    configured = True
    problem = ""

    def provider(self, page: Page) -> str:
        return self.name

    async def send(self, page: Page, timeout_s: float) -> Accepted | Rejected | Unknown:
        return Accepted(page.id, final=True, detail="shown on the outbox page")

    async def reconcile(self, page: Page, timeout_s: float) -> Accepted | NotFound | CannotTell:
        return CannotTell()

    async def cancel(self, page: Page, provider_id: str, timeout_s: float) -> None:
        return None
