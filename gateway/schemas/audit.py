"""The audit log."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from gateway.schemas.base import Output, Page


class AuditEntry(Output):
    """Somebody changed something. `subject`: its kind and id; `detail` holds no secrets."""

    id: int
    at: datetime
    actor: str
    action: str
    kind: str
    subject: str
    detail: dict[str, Any]


class AuditPage(Page):
    """Newest first."""

    items: list[AuditEntry]


class AuditFacets(Output):
    """What there is to filter by."""

    actors: list[str]
    kinds: list[str]
