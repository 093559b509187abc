"""What follows from alerts that fall into an incident line. Pure.

    firing, not known here, nothing open            a new episode begins
    firing, not known here, something open          joins it; an acknowledgement stays
    firing, known and firing                        counted, nothing else: repetition, HA peer, retry
    firing, its source had resolved this occurrence ignored: it came late
    firing, a human had resolved this occurrence    ignored for five minutes (repetitions), then a new episode
    resolved, known                                 over; when nothing fires any more the incident resolves, a flapping
                                                    one later (domain/flapping.py)
    resolved, not known                             remembered, so that the firing that comes after it opens nothing

An occurrence is (dedup key, startsAt). A sender that gives no startsAt has no occurrences: each firing after a
resolution is a new one.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from domain import events as e
from domain.acknowledged import after_alerts
from domain.alert import AlertEvent, Severity
from domain.configuration import Configuration
from domain.draft import Draft
from domain.escalation import resolve
from domain.flapping import look, settle, worsen
from domain.hold import look_at_news, start
from domain.incident import FULL_MEMBERS, AlertsReceived, AlertState, Line, Status, occurrence
from domain.line import firing
from domain.noise import fitting
from domain.tally import Tally
from domain.unheard import listen

HUMAN_QUIET_S = 300.0
"""After a human resolved it, the same occurrence is quiet this long: Alertmanager's group_interval, HA peers."""


def on_alerts(line: Line, message: AlertsReceived, now: float, config: Configuration, new_id: Any) -> Draft:
    """Fold the alerts of one request in the sender's order."""
    draft = Draft(line, now, config, new_id)
    tally = Tally(draft)
    for event in message.events:
        if event.status == "firing":
            _firing(draft, tally, message, event)
        else:
            _resolved(draft, tally, event)
    tally.flush()
    _told_with(draft, message)
    look(draft, line)
    omitted = max((event.truncated for event in message.events), default=0)
    if draft.line.open and omitted != draft.line.truncated and not message.guest:
        draft.add(e.GroupTruncated(draft.line.episode, omitted))
    if draft.line.open and not line.open:
        start(draft, message.wait_s)
    elif draft.line.status is Status.SUPPRESSED:
        look_at_news(draft, message.wait_s)
    elif draft.line.open:
        worsen(draft)
    listen(draft)
    close_if_over(draft)
    after_alerts(draft)
    draft.reply = {"episode": draft.line.episode, "status": draft.line.status}
    return draft


def close_if_over(draft: Draft) -> None:
    """Resolve the incident if nothing fires in it, as far as its senders say."""
    line = draft.line
    if line.open and not firing(line) and line.truncated + line.ties.omitted == 0 and not settle(draft):
        resolve(draft, "source", human=False)


def _told_with(draft: Draft, message: AlertsReceived) -> None:
    """What the request says besides: what failed on the way here, who silenced alerts at their source."""
    if message.problems and any(isinstance(event, e.AlertsFired) for event in draft.events):
        draft.add(e.FellBack(draft.line.episode, message.problems, draft.now))
    said = {event.dedup_key: event.silenced_by for event in message.events if event.status == "firing"}
    known = draft.line.alerts if draft.line.open else {}
    changed = {key: by for key, by in said.items() if key in known and known[key].silenced_by != by}
    if changed:
        draft.add(e.SilencedAtSource(draft.line.episode, changed, draft.now))


def _firing(draft: Draft, tally: Tally, message: AlertsReceived, event: AlertEvent) -> None:
    tally.settle(event.dedup_key)
    known = draft.line.alerts.get(event.dedup_key) if draft.line.open else None
    if known is not None and known.firing and event.starts_at in (None, known.starts_at):
        tally.repeated(known.key)
        return
    why, reason = _ended(draft, event)
    if why:
        tally.ignored(event.dedup_key, why)
        return
    integration = draft.config.integrations.get(message.integration_id)
    default = integration.default_severity if integration is not None else Severity.CRITICAL
    severity = event.severity or default
    if not draft.line.open:
        tally.flush()
        _open(draft, message, event, severity, reason)
    alert = _state_of(event, severity)
    tally.fired(alert if tally.members < FULL_MEMBERS else _shortened(draft, alert))


def _ended(draft: Draft, event: AlertEvent) -> tuple[str, str]:
    """(why to ignore it, else "", and why it opens something although it had ended, else "")."""
    if event.starts_at is None:
        return "", ""
    grave = draft.line.tombstones.get(occurrence(event.dedup_key, event.starts_at))
    if grave is None:
        return "", ""
    if not grave.human:
        return "it came late: its source had already resolved this occurrence", ""
    if draft.now - grave.at < HUMAN_QUIET_S:
        return "it has just been resolved here; it stays quiet for five minutes", ""
    return "", "it still fires at its source although it was resolved here"


def _open(draft: Draft, message: AlertsReceived, event: AlertEvent, severity: Severity, reason: str) -> None:
    policy = draft.config.policies.get(message.policy_id)
    draft.add(
        e.Triggered(
            episode=draft.line.episode + 1,
            title=message.group_title or event.title,
            severity=severity,
            integration_id=message.integration_id,
            team_id=message.team_id,
            policy=policy,
            reason=reason or ("" if policy is not None else "its policy does not exist: the last resort is called"),
            at=draft.now,
            service_id=message.service_id,
            rule=message.rule,
        )
    )


def _shortened(draft: Draft, alert: AlertState) -> AlertState:
    """Without labels, and therefore with the silences that they fit: those made later cannot be asked any more."""
    fit = tuple(s.id for s in fitting(draft.config, draft.line, alert.labels, draft.now))
    return replace(alert, labels={}, description="", links=(), silences=fit)


def _state_of(event: AlertEvent, severity: Severity) -> AlertState:
    return AlertState(
        key=event.dedup_key,
        title=event.title,
        firing=True,
        severity=severity,
        starts_at=event.starts_at,
        labels=dict(event.labels),
        description=event.description[:1000],
        links=tuple((link.href, link.text) for link in event.links),
        silenced_by=event.silenced_by,
    )


def _resolved(draft: Draft, tally: Tally, event: AlertEvent) -> None:
    tally.settle(event.dedup_key)
    known = draft.line.alerts.get(event.dedup_key) if draft.line.open else None
    if known is None or not known.firing:
        tally.ignored(event.dedup_key, "resolved here already, or never seen firing", event.starts_at)
    elif event.starts_at is not None and known.starts_at is not None and event.starts_at < known.starts_at:
        why = "it resolves an earlier occurrence; the present one still fires"
        tally.ignored(event.dedup_key, why, event.starts_at)
    else:
        tally.resolved(known.key, event.starts_at if event.starts_at is not None else known.starts_at)
