"""What came in and how people answered, read back from the journal for simulations.

Done inbox rows are swept after three days; the journal is kept, so it is the source. What it does not hold is lost:
labels of alerts after the hundredth of an incident, and firings that were ignored. The canary is left out. What people
did with incidents is undone: alerts of an incident that was merged into another one, or that were split off, are said
to come to the line that their sender sent them to.
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
               'PersonCalled', 'Acknowledged', 'AcknowledgementCounted', 'SplitOff')
order by position limit :limit
""")
INTEGRATIONS = text("""
select distinct on (entity) entity, facets->>'integration_id' as integration_id, facets->>'team_id' as team_id,
       body->'policy'->>'id' as policy_id
from rt.record where kind = 'incident' order by entity, at desc
""")
PAGE = 5_000


@dataclass(frozen=True, slots=True)
class PastRequest:
    """Alerts of one line that came together; `by_hand`: a human resolved the incident they are in.

    `policy_id`, `team_id`: what the incident followed and whose it was, for alerts that came by no integration.
    """

    at: float
    integration_id: str
    events: tuple[AlertEvent, ...]
    by_hand: bool = False
    policy_id: str = ""
    team_id: str | None = None


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
    """`of`: key of the line that its alerts were split off from."""

    integration_id: str = ""
    policy_id: str = ""
    team_id: str | None = None
    of: str = ""
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
    async with engine.connect() as connection:
        rows = (await connection.execute(INTEGRATIONS)).all()
    reader = _Reader({r.entity: _Line(str(r.integration_id), r.policy_id or "", r.team_id) for r in rows})
    async for row in _rows(engine, since):
        reader.take(row.entity, row.kind, row.body, row.at)
    return reader.end()


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


class _Reader:
    """The journal, event by event."""

    def __init__(self, lines: dict[str, _Line]) -> None:
        self._lines = lines
        self._found = Past()

    def end(self) -> Past:
        """What was found; whoever was called and did not answer so far has not."""
        for line in self._lines.values():
            _unanswered(self._found, line)
        return self._found

    def take(self, entity: str, kind: str, body: Mapping[str, Any], at: float) -> None:
        """One event."""
        found, line = self._found, self._lines.setdefault(entity, _Line())
        events: list[tuple[str, AlertEvent]] = []
        match kind:
            case "Triggered":
                line.integration_id, line.firing, line.team_id = str(body["integration_id"]), {}, body.get("team_id")
                line.policy_id = body["policy"]["id"] if body.get("policy") else ""
                _unanswered(found, line)
            case "SplitOff":
                made = _Line(line.integration_id, line.policy_id, line.team_id, entity)
                self._lines.setdefault(f"incident/{body['line']}", made).of = entity
            case "AlertsFired":
                events = [self._alert(alert, entity) for alert in body["alerts"]]
                line.known |= {alert["key"]: event for alert, (_, event) in zip(body["alerts"], events, strict=True)}
                line.firing |= dict.fromkeys(alert["key"] for alert in body["alerts"])
            case "AlertsRepeated":
                events = [self._again(line, entity, key) for key in body["keys"] if key in line.known]
            case "AlertsResolved":
                events = [self._over(line, entity, key, start) for key, start in body["starts"].items()]
            case "AlertsIgnored":
                events = [self._over(line, entity, key, start) for key, start in body.get("resolved", {}).items()]
            case "Resolved" if body["human"]:
                events = [self._again(line, entity, key) for key in line.firing if key in line.known]
            case "PersonCalled" if not body.get("destination"):
                line.called.setdefault(str(body["user_id"]), at)
            case "Acknowledged":
                _answered(found, line, str(body["by"]), at)
            case "AcknowledgementCounted":
                called = line.called.pop(str(body["user_id"]), None)
                if called is not None:
                    found.calls.append(PastCall(str(body["user_id"]), called, str(body["by"]), at - called))
        self._came(events, at, by_hand=kind == "Resolved")

    def _came(self, events: list[tuple[str, AlertEvent]], at: float, by_hand: bool) -> None:
        """One request for each line that the alerts are of."""
        together: dict[str, list[AlertEvent]] = {}
        for home, event in events:
            together.setdefault(home, []).append(event)
        for home, theirs in together.items():
            line = self._lines[home]
            whose = (line.policy_id, line.team_id)
            self._found.requests.append(PastRequest(at, line.integration_id, tuple(theirs), by_hand, *whose))

    def _home(self, entity: str, key: str) -> tuple[str, str]:
        """The line that the sender sent an alert to, and its key there: in others it is called LINE/KEY, or moved."""
        owner, slash, own = key.partition("/")
        if slash and f"incident/{owner}" in self._lines:
            return self._home(f"incident/{owner}", own)
        of = self._lines[entity].of
        return self._home(of, key) if of else (entity, key)

    def _alert(self, alert: Mapping[str, Any], entity: str) -> tuple[str, AlertEvent]:
        home, key = self._home(entity, alert["key"])
        return home, AlertEvent(
            dedup_key=key,
            status="firing",
            title=alert["title"],
            severity=Severity(alert["severity"]),
            # The sender's own group is not in the journal; the line is what came of it.
            group_key=home.removeprefix("incident/"),
            labels=alert.get("labels", {}),
            starts_at=alert["starts_at"],
        )

    def _again(self, line: _Line, entity: str, key: str) -> tuple[str, AlertEvent]:
        return self._home(entity, key)[0], line.known[key]

    def _over(self, line: _Line, entity: str, key: str, starts_at: float | None) -> tuple[str, AlertEvent]:
        line.firing.pop(key, None)
        home, own = self._home(entity, key)
        known, group = line.known.get(key), home.removeprefix("incident/")
        labels = known.labels if known is not None else {}
        title = known.title if known is not None else own
        return home, AlertEvent(own, "resolved", title, group_key=group, labels=labels, starts_at=starts_at)


def _answered(found: Past, line: _Line, by: str, at: float) -> None:
    found.calls += [PastCall(user, called, by, at - called) for user, called in line.called.items()]
    line.called = {}


def _unanswered(found: Past, line: _Line) -> None:
    found.calls += [PastCall(user, called, "", None) for user, called in line.called.items()]
    line.called = {}
