"""From the spool's records to what incident lines are told when the database is back.

Per line one message with the pages that went out without the database, in front of the alerts that they answer: so the
step that the alerts begin counts them and nobody is paged twice (domain/outage.py).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from domain.outage import OutagePage, PagesSentInOutage, PageState
from gateway.spool_records import Arrived, Record, Sent, Turned
from runtime.codec import json_of
from runtime.ids import derived_id, shard_of
from runtime.store import Inbound, OutboxRow

STATES: dict[str, PageState] = {"accepted": "accepted", "delivered": "accepted", "unknown": "unknown"}
"""Any other state: certainly not sent. A page without an outcome may have been sent."""


class OutageReport:
    """`source`: who sent the pages, as people shall read it."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._pages: dict[str, dict[str, OutagePage]] = {}
        self._halted: dict[str, None] = {}

    @property
    def lines(self) -> list[str]:
        """Entities whose messages go first: those that somebody halted, and those that were paged for."""
        return list({**self._halted, **self._pages})

    def note(self, records: Iterable[Record]) -> None:
        """Records in the order of the spool."""
        for record in records:
            match record:
                case Arrived(_, message) if message.halts:
                    self._halted[message.entity] = None
                case Turned():
                    told = self._pages.setdefault(record.entity, {})
                    told.update({row.id: _page(row, record.at) for row in record.pages})
                case Sent():
                    self._learn(record)

    def _learn(self, sent: Sent) -> None:
        pages = self._pages.get(sent.entity, {})
        page = pages.get(sent.delivery)
        if page is not None:
            state, provider_id = STATES.get(sent.state, "rejected"), sent.provider_id or ""
            pages[sent.delivery] = replace(page, state=state, detail=sent.detail, provider_id=provider_id)

    def message(self, entity: str) -> list[Inbound]:
        """What to tell the line; nothing if it was not paged for. Until it is processed no page of it is sent."""
        pages = tuple(self._pages.get(entity, {}).values())
        if not pages:
            return []
        body = json_of(PagesSentInOutage(pages, self._source))
        return [
            Inbound(
                entity=entity,
                shard=shard_of(entity),
                kind=PagesSentInOutage.__name__,
                dedup=derived_id("outage", body),
                body=body,
                halts=True,
            )
        ]


def _page(row: OutboxRow, at: float) -> OutagePage:
    why = row.body.get("why", {})
    return OutagePage(
        delivery=row.id,
        user_id=str(row.body.get("user_id", "")),
        contact_method_id=str(row.body.get("contact_method_id", "")),
        channel=row.channel,
        at=at,
        state="unknown",
        detail="no outcome was written down",
        step=int(why.get("step", 0)),
        round=int(why.get("round", 0)),
        subject=str(row.body.get("subject", "")),
    )
