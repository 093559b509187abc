"""What an incident is told of pages that its host sent while the database was away."""

from __future__ import annotations

from collections.abc import Sequence

from domain.incident import parse_incident_id
from domain.outage import LAST_RESORT, OutagePage, PagesSentInOutage, PageState
from runtime.sendlog import Sent

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
