"""apply(line, event): the only way the state of an incident line changes. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from domain import events as e
from domain.incident import AlertState, Ladder, Line, Status, Tombstone, occurrence

MAX_TOMBSTONES = 500
"""Remembered resolved occurrences per line; a late firing older than all of these would open an incident."""
QUIET: dict[str, Any] = {"ladders": {}, "next_at": None}
"""What every halt of escalation clears."""


def apply(line: Line, event: Any) -> Line:
    """The line after the event."""
    match event:
        case e.Triggered():
            return _triggered(line, event)
        case e.AlertsFired(_, alerts, severity, at):
            return replace(line, alerts={**line.alerts, **{a.key: a for a in alerts}}, severity=severity, updated_at=at)
        case e.AlertsRepeated(_, keys, at):
            known = {key: line.alerts[key] for key in keys}
            counted = {key: replace(alert, count=alert.count + 1) for key, alert in known.items()}
            return replace(line, alerts={**line.alerts, **counted}, updated_at=at)
        case e.AlertsResolved():
            return _alerts_resolved(line, event)
        case e.AlertsIgnored(_, _, _, at, resolved):
            return replace(line, tombstones=_bury(line, resolved, at, False)) if resolved else line
        case e.GroupTruncated(_, omitted):
            return replace(line, truncated=omitted)
        case e.StepStarted() | e.LastResortCalled() | e.NobodyReachable():
            return _escalation(line, event)
        case e.PersonCalled(_, user_id, _, rules, at):
            called = line.called if user_id in line.called else (*line.called, user_id)
            return replace(line, ladders={**line.ladders, user_id: Ladder(user_id, at, rules)}, called=called)
        case e.Paged(_, _, user_id, _, _, rule):
            ladder = line.ladders[user_id]
            return replace(line, ladders={**line.ladders, user_id: replace(ladder, next=rule + 1)})
        case _:
            return _by_people(line, event)


def _by_people(line: Line, event: Any) -> Line:
    match event:
        case e.Acknowledged(_, by, _, at):
            return replace(line, status=Status.ACKNOWLEDGED, acked_by=by, acked_at=at, updated_at=at, **QUIET)
        case e.Unacknowledged(_, _, _, at) | e.Woken(_, at):
            return replace(line, **_from_the_top(at))
        case e.Resolved():
            return _resolved(line, event)
        case e.Snoozed(_, _, _, until, at):
            quiet = {**QUIET, "next_at": until}
            return replace(line, status=Status.SNOOZED, updated_at=at, **quiet)
        case e.Reassigned(_, _, _, _, _, next_at, at):
            return replace(line, **{**_awake(at), "next_at": next_at})
        case e.Escalated(_, _, _, at):
            return replace(line, **_awake(at))
        case e.Noted(_, _, _, at):
            return replace(line, updated_at=at)
    return line


def _awake(at: float) -> dict[str, Any]:
    fields = {"status": Status.TRIGGERED, "acked_by": None, "acked_at": None, "updated_at": at}
    return {**fields, **QUIET}


def _from_the_top(at: float) -> dict[str, Any]:
    return {**_awake(at), "step": -1, "round": 0, "exhausted": False}


def _triggered(line: Line, event: e.Triggered) -> Line:
    return Line(
        episode=event.episode,
        status=Status.TRIGGERED,
        title=event.title,
        severity=event.severity,
        integration_id=event.integration_id,
        team_id=event.team_id,
        opened_at=event.at,
        updated_at=event.at,
        policy=event.policy,
        tombstones=line.tombstones,
    )


def _escalation(line: Line, event: e.StepStarted | e.LastResortCalled | e.NobodyReachable) -> Line:
    if isinstance(event, e.StepStarted):
        return replace(line, step=event.step, round=event.round, next_at=event.next_at, updated_at=event.at)
    return replace(line, exhausted=True, next_at=event.next_at, updated_at=event.at)


def _alerts_resolved(line: Line, event: e.AlertsResolved) -> Line:
    over = {key: replace(line.alerts[key], firing=False) for key in event.starts}
    ended = {key: starts_at for key, starts_at in event.starts.items() if starts_at is not None}
    return replace(
        line,
        alerts={**line.alerts, **over},
        severity=event.severity,
        tombstones=_bury(line, ended, event.at, False) if ended else line.tombstones,
        updated_at=event.at,
    )


def _resolved(line: Line, event: e.Resolved) -> Line:
    """A human resolving buries what still fires, so that its repetition a minute later opens nothing."""
    firing = {a.key: a.starts_at for a in line.alerts.values() if a.firing and a.starts_at is not None}
    buried = _bury(line, firing, event.at, True) if event.human else line.tombstones
    return replace(
        line,
        status=Status.RESOLVED,
        resolved_by=event.by,
        resolved_at=event.at,
        updated_at=event.at,
        tombstones=buried,
        **QUIET,
    )


def _bury(line: Line, ended: Mapping[str, float], at: float, human: bool) -> dict[str, Tombstone]:
    graves = dict(line.tombstones)
    for key, starts_at in ended.items():
        name = occurrence(key, starts_at)
        graves.pop(name, None)
        graves[name] = Tombstone(at, human)
    return dict(list(graves.items())[-MAX_TOMBSTONES:])


def firing(line: Line) -> list[AlertState]:
    """Alerts of the open episode that still fire."""
    return [a for a in line.alerts.values() if a.firing]
