"""What came in and how people answered, read back from the journal for simulations.

Done inbox rows are swept after three days; the journal is kept, so it is the source. What it does not hold is lost:
labels of alerts after the hundredth of an incident, and firings that were ignored. The canary is left out.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.alert import AlertEvent, Severity
from storage.canary import CANARY_ENTITY

FORGIVEN_S = 900.0
"""Called, and nobody had it for this long: then this person did not answer. Earlier, another was simply faster."""

ROWS = text("""
select position, entity, cause, kind, body, extract(epoch from at)::float8 as at
from rt.journal
where entity like 'incident/%' and entity <> :canary and at >= to_timestamp(:since) and position > :after
  and kind in ('Triggered', 'AlertsFired', 'AlertsRepeated', 'AlertsResolved', 'AlertsIgnored', 'Resolved',
               'PersonCalled', 'Acknowledged', 'AcknowledgementCounted')
order by position limit :limit
""")
INTEGRATIONS = text("""
select distinct entity, facets->>'integration_id' as integration_id from rt.record where kind = 'incident'
""")
PAGE = 5_000


@dataclass(frozen=True, slots=True)
class PastRequest:
    """Alerts of one line that came together; `by_hand`: a human resolved the incident they are in."""

    at: float
    integration_id: str
    events: tuple[AlertEvent, ...]
    by_hand: bool = False


@dataclass(frozen=True, slots=True)
class PastCall:
    """`user_id` was called at `at`; `answered_s` None: neither they nor anybody else answered in time.

    `by`: the name of whoever acknowledged, as on the timeline.
    """

    user_id: str
    at: float
    by: str
    answered_s: float | None


@dataclass(slots=True)
class _Line:
    integration_id: str
    known: dict[str, AlertEvent] = field(default_factory=dict)
    firing: dict[str, None] = field(default_factory=dict)
    called: dict[str, float] = field(default_factory=dict)


@dataclass(slots=True)
class Past:
    """Requests and calls since an instant, in order."""

    requests: list[PastRequest] = field(default_factory=list)
    calls: list[PastCall] = field(default_factory=list)


async def past(engine: AsyncEngine, since: float) -> Past:
    """Everything since `since` (UTC epoch seconds)."""
    found, lines = Past(), dict[str, _Line]()
    async with engine.connect() as connection:
        known = {r.entity: str(r.integration_id) for r in await connection.execute(INTEGRATIONS)}
    async for row in _rows(engine, since):
        line = lines.setdefault(row.entity, _Line(known.get(row.entity, "")))
        _take(found, line, row.entity.removeprefix("incident/"), row.kind, row.body, row.at)
    for line in lines.values():
        _unanswered(found, line)
    return found


async def _rows(engine: AsyncEngine, since: float) -> AsyncIterator[Any]:
    after = 0
    while True:
        async with engine.connect() as connection:
            rows = (
                await connection.execute(ROWS, {"since": since, "after": after, "limit": PAGE, "canary": CANARY_ENTITY})
            ).all()
        for row in rows:
            yield row
        if len(rows) < PAGE:
            return
        after = rows[-1].position


def _take(found: Past, line: _Line, key: str, kind: str, body: Mapping[str, Any], at: float) -> None:
    events: list[AlertEvent] = []
    match kind:
        case "Triggered":
            line.integration_id, line.firing = str(body["integration_id"]), {}
            _unanswered(found, line)
        case "AlertsFired":
            events = [_alert(alert, key) for alert in body["alerts"]]
            line.known |= {event.dedup_key: event for event in events}
            line.firing |= dict.fromkeys(event.dedup_key for event in events)
        case "AlertsRepeated":
            events = [line.known[k] for k in body["keys"] if k in line.known]
        case "AlertsResolved":
            events = [_over(line, key, k, start) for k, start in body["starts"].items()]
        case "AlertsIgnored":
            events = [_over(line, key, k, start) for k, start in body.get("resolved", {}).items()]
        case "Resolved" if body["human"]:
            events = [line.known[k] for k in line.firing if k in line.known]
        case "PersonCalled" if not body.get("destination"):
            line.called.setdefault(str(body["user_id"]), at)
        case "Acknowledged":
            _answered(found, line, str(body["by"]), at)
        case "AcknowledgementCounted":
            called = line.called.pop(str(body["user_id"]), None)
            if called is not None:
                found.calls.append(PastCall(str(body["user_id"]), called, str(body["by"]), at - called))
    if events:
        found.requests.append(PastRequest(at, line.integration_id, tuple(events), kind == "Resolved"))


def _alert(alert: Mapping[str, Any], line_key: str) -> AlertEvent:
    return AlertEvent(
        dedup_key=alert["key"],
        status="firing",
        title=alert["title"],
        severity=Severity(alert["severity"]),
        # The sender's own group is not in the journal; the line is what came of it.
        group_key=line_key,
        labels=alert.get("labels", {}),
        starts_at=alert["starts_at"],
    )


def _over(line: _Line, line_key: str, key: str, starts_at: float | None) -> AlertEvent:
    line.firing.pop(key, None)
    known = line.known.get(key)
    labels = known.labels if known is not None else {}
    title = known.title if known is not None else key
    return AlertEvent(key, "resolved", title, group_key=line_key, labels=labels, starts_at=starts_at)


def _answered(found: Past, line: _Line, by: str, at: float) -> None:
    found.calls += [PastCall(user, called, by, at - called) for user, called in line.called.items()]
    line.called = {}


def _unanswered(found: Past, line: _Line) -> None:
    found.calls += [PastCall(user, called, "", None) for user, called in line.called.items()]
    line.called = {}
