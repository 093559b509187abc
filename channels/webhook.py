"""Outgoing webhook: the page as JSON, signed.

The receiver checks `X-Sentinel-Signature: t=<unix seconds>,v1=<hex>` by computing
HMAC-SHA256(secret, "<t>.<body>"), and drops an `Idempotency-Key` it has seen: a page may come twice.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Callable

import msgspec

from channels.base import Capability, Page
from channels.http import HttpClient, host_of
from runtime.effects import Accepted, CannotTell, NotFound, Rejected, Unknown


def wall_clock() -> int:
    """Unix seconds; only for the receiver's check against replays."""
    return time.time_ns() // 1_000_000_000


def signature(secret: str, timestamp: int, body: bytes) -> str:
    """Value of X-Sentinel-Signature."""
    digest = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={timestamp},v1={digest}"


class WebhookChannel:
    """One POST per page."""

    name = "webhook"
    capabilities = Capability.DEDUPES
    configured = True
    problem = ""

    def __init__(self, http: HttpClient, clock: Callable[[], int] = wall_clock) -> None:
        self._http = http
        self._clock = clock

    def provider(self, page: Page) -> str:
        return host_of(page.address)

    async def send(self, page: Page, timeout_s: float) -> Accepted | Rejected | Unknown:
        body = msgspec.json.encode(
            {
                "type": "page",
                "delivery_id": page.id,
                "attempt": page.attempt,
                "user": page.user_name,
                "subject": page.subject,
                "text": page.text,
                "severity": page.severity,
                "incident_id": page.incident_id,
                "url": page.url,
                "incident": page.data,
            }
        )
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "fangorn-sentinel",
            "Idempotency-Key": page.id,
            "X-Sentinel-Delivery": page.id,
        }
        secret = page.settings.get("secret", "")
        if secret:
            headers["X-Sentinel-Signature"] = signature(secret, self._clock(), body)
        answer = await self._http.post(page.address, body, headers, timeout_s)
        if isinstance(answer, Rejected | Unknown):
            return answer
        return Accepted(page.id, final=True, detail=f"answered {answer.status}")

    async def reconcile(self, page: Page, timeout_s: float) -> Accepted | NotFound | CannotTell:
        return CannotTell()

    async def cancel(self, page: Page, provider_id: str, timeout_s: float) -> None:
        return None
