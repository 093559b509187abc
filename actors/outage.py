"""What people read in pages that a host sends while the database is away, and what the incident is told of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from domain.incident import parse_incident_id
from domain.outage import LAST_RESORT, OutagePage, PagesSentInOutage, PageState
from runtime.sendlog import Sent

NOTICE = (
    "Sent from memory, because the database is away: if somebody acknowledged this a moment ago, or you were paged for "
    "the same step already, this is a repetition. Acknowledging works and counts."
)
STATES: dict[str, PageState] = {
    "accepted": "accepted",
    "delivered": "accepted",
    "failed": "rejected",
    "pending": "rejected",
}
"""By the state in the send log; what else there is, is unknown."""


def telling(entity: str, sends: Sequence[Sent], source: str) -> PagesSentInOutage:
    """All pages of one incident line that one host sent."""
    return PagesSentInOutage(tuple(map(_page, sends)), f"host {source}")


def labelled(body: Mapping[str, Any]) -> dict[str, Any]:
    """The body of a page, saying that its sender cannot see the database."""
    why = {**body.get("why", {}), "without_database": True}
    return {**body, "text": f"{body['text']}\n\n{NOTICE}", "why": why}


def _page(sent: Sent) -> OutagePage:
    body, why = sent.body, sent.body.get("why", {})
    ident = parse_incident_id(str(body.get("incident_id", "")))
    return OutagePage(
        delivery=sent.id,
        user_id=str(body.get("user_id", "")),
        contact_method_id=str(body.get("contact_method_id", "")),
        channel=sent.channel,
        at=sent.began_at,
        state=STATES.get(sent.state, "unknown"),
        detail=sent.detail,
        episode=ident[1] if ident is not None else 0,
        step=LAST_RESORT if why.get("last_resort") else int(why.get("step", 0)),
        round=int(why.get("round", 0)),
        provider_id=sent.provider_id or "",
        subject=str(body.get("subject", "")),
    )
