"""An incident as lists, screens and machines see it: the read-model row written with every commit."""

from __future__ import annotations

from typing import Any

from domain.acknowledged import lapses_at
from domain.calendar import utc
from domain.incident import AlertState, Cover, Line, Status, incident_id
from domain.line import firing

MEMBERS_SHOWN = 100


def facets(line: Line) -> dict[str, Any]:
    """What lists filter and sort by, and what figures are made of (storage/analytics.py)."""
    return {
        "status": line.status.value,
        "severity": line.severity.value,
        "severity_rank": line.severity.rank,
        "major": line.major,
        "team_id": line.team_id,
        "service_id": line.service_id,
        "integration_id": line.integration_id,
        "title": line.title,
        "opened_at": line.opened_at,
        "updated_at": line.updated_at,
        "open": line.open,
        "acknowledged_at": line.first_acked_at,
        "resolved_at": line.resolved_at,
        "merged_into": line.ties.merged_into,
        "by_human": line.by_human or line.first_acked_at is not None,
    }


def body(line: Line, line_key: str) -> dict[str, Any]:
    """The whole view; times in UTC epoch seconds."""
    members = list(line.alerts.values())
    policy = line.policy
    return {
        "id": incident_id(line_key, line.episode),
        "title": line.title,
        "status": line.status.value,
        "severity": line.severity.value,
        "major": line.major,
        "team_id": line.team_id,
        "service_id": line.service_id,
        "integration_id": line.integration_id,
        "opened_at": line.opened_at,
        "updated_at": line.updated_at,
        "acknowledged_by": line.acked_by,
        "acknowledged_at": line.acked_at,
        "resolved_by": line.resolved_by,
        "resolved_at": line.resolved_at,
        "snoozed_until": line.next_at if line.status is Status.SNOOZED else None,
        "suppression": _suppression(line.held) if line.held is not None else None,
        "assignees": list(line.called),
        "alerts_total": len(members),
        "alerts_firing": len(firing(line)),
        "alerts_silenced_at_source": sum(bool(a.silenced_by) for a in firing(line)),
        "truncated": line.truncated,
        "step": line.step,
        "steps_total": len(policy.steps) if policy is not None else 0,
        "round": line.round,
        "exhausted": line.exhausted,
        "next_at": lapses_at(line) if line.status is Status.ACKNOWLEDGED else line.next_at,
        "merging_into": line.ties.merging if line.open else None,
        "merged_into": line.ties.merged_into,
        "merged": [source.id for source in line.ties.sources.values()],
        "attached_to": list(line.ties.attached_to),
        "attached": list(line.ties.attached),
        "flapping_since": line.flap.since,
        "settles_at": line.flap.settles_at,
        "next": upcoming(line),
        "policy": {"id": policy.id, "name": policy.name, "version": policy.version} if policy is not None else None,
        "members": [_member(a) for a in members[:MEMBERS_SHOWN]],
        "members_omitted": max(0, len(members) - MEMBERS_SHOWN),
    }


def small(line: Line, line_key: str) -> dict[str, Any]:
    """The view that travels inside a page, for machine receivers."""
    ident = incident_id(line_key, line.episode)
    first = next(iter(line.alerts.values()), None)
    return {
        "id": ident,
        "title": line.title,
        "status": line.status.value,
        "severity": line.severity.value,
        "major": line.major,
        "opened_at": line.opened_at,
        "alerts_firing": len(firing(line)),
        "labels": dict(first.labels) if first is not None else {},
    }


def upcoming(line: Line) -> str:
    """What happens next if nobody does anything, in one sentence; two where it flaps and is quiet."""
    if line.flap.settles_at is None:
        return _escalates(line)
    until = utc(line.flap.settles_at).strftime("%H:%M:%S UTC")
    return f"It flaps, and nothing fires now: it resolves at {until} if that stays so. {_escalates(line)}"


def _escalates(line: Line) -> str:
    at = utc(line.next_at).strftime("%H:%M:%S UTC") if line.next_at is not None else ""
    match line.status:
        case Status.RESOLVED if line.ties.merged_into is not None:
            return f"Nothing: it is part of {line.ties.merged_into} now."
        case Status.RESOLVED:
            spared = f" Nobody was paged: it was {line.held.by}." if line.held is not None else ""
            return f"Nothing: it is resolved.{spared}"
        case Status.ACKNOWLEDGED:
            lapses = lapses_at(line)
            if lapses is None:
                return f"Nothing until it is resolved: {line.acked_by} has it."
            until = f"{utc(lapses):%Y-%m-%d %H:%M UTC}"
            return f"{line.acked_by} has it. If nobody does anything with it, it rings again at {until}."
        case Status.SNOOZED:
            return f"It wakes at {at} and escalates from the first step."
        case Status.SUPPRESSED:
            until = (
                utc(line.next_at).strftime("%Y-%m-%d %H:%M:%S UTC") if line.next_at is not None else "further notice"
            )
            by = line.held.by if line.held is not None else "suppressed"
            return (
                f"Nobody is paged: it is {by} until {until}. If it still fires then, it escalates from the first step."
            )
    if line.exhausted:
        return f"Everybody was called; the last resort is called again at {at}."
    steps = line.policy.steps if line.policy is not None else ()
    if line.step + 1 < len(steps):
        following = steps[line.step + 1]
        what = "resolves it" if following.resolve else "is taken"
        unless = ", if its conditions hold" if following.when is not None else ""
        return f"If nobody acknowledges by {at}, step {line.step + 2} of {len(steps)} {what}{unless}."
    if line.policy is not None and line.round < line.policy.repeat:
        return f"If nobody acknowledges by {at}, the policy starts again from its first step."
    return f"If nobody acknowledges by {at}, the last resort is called."


def _suppression(cover: Cover) -> dict[str, Any]:
    return {
        "kind": cover.kind,
        "ids": list(cover.ids),
        "by": cover.by,
        "until": cover.until,
        "comment": cover.comment,
    }


def _member(alert: AlertState) -> dict[str, Any]:
    return {
        "key": alert.key,
        "title": alert.title,
        "status": "firing" if alert.firing else "resolved",
        "severity": alert.severity.value,
        "starts_at": alert.starts_at,
        "count": alert.count,
        "labels": dict(alert.labels),
        "description": alert.description,
        "links": [{"href": href, "text": text} for href, text in alert.links],
        "silenced_by": list(alert.silenced_by),
    }
