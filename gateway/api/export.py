"""A whole incident as one document, for the review of it or for somebody who has no account."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fastapi import APIRouter, Response

from gateway.api.alerts import known
from gateway.api.parameters import PathId
from gateway.api.timeline import timeline_of
from gateway.auth.principal import Gateway, Reader
from gateway.schemas.alerts import Alert, Timeline
from gateway.schemas.base import problems
from storage import incidents

TYPE = "text/markdown"
FOUND: dict[int | str, dict[str, Any]] = {200: {"content": {TYPE: {"schema": {"type": "string"}}}}, **problems(404)}
router = APIRouter(prefix="/alerts", tags=["alerts"])


@router.get("/{alert_id}/export", operation_id="exportAlert", response_class=Response, responses=FOUND)
async def export_alert(alert_id: PathId, _: Reader, gateway: Gateway) -> Response:
    """The alert, its members and its timeline as Markdown (RFC 7763); times in UTC."""
    ident = await incidents.present(gateway.sessions, known(alert_id))
    config = gateway.config.current
    alert = Alert.of(await incidents.one(gateway.sessions, ident), config)
    told = await timeline_of(gateway.sessions, ident, config)
    return Response(
        document(alert, told).encode(),
        media_type=f"{TYPE}; charset=utf-8; variant=CommonMark",
        headers={"content-disposition": f'attachment; filename="incident-{ident}.md"'},
    )


def _line(text: object) -> str:
    """What senders and people wrote, on one line and as text: nothing in it makes a heading or a link."""
    plain = " ".join(str(text).split())
    return "".join(f"\\{c}" if c in "\\`*_[]<>#|" else c for c in plain)


def _facts(alert: Alert) -> Iterator[tuple[str, object]]:
    yield "Id", alert.id
    yield "Status", alert.status
    yield "Severity", f"{alert.severity}{', major incident' if alert.major else ''}"
    yield "Service", alert.service or "none"
    yield "Team", alert.team or "none"
    yield "Opened", f"{alert.opened_at:%Y-%m-%d %H:%M:%S} UTC"
    if alert.acknowledged_at is not None:
        yield "Acknowledged", f"{alert.acknowledged_at:%Y-%m-%d %H:%M:%S} UTC by {alert.acknowledged_by}"
    if alert.resolved_at is not None:
        yield "Resolved", f"{alert.resolved_at:%Y-%m-%d %H:%M:%S} UTC by {alert.resolved_by or 'its source'}"
    yield "Policy", f"{alert.policy.name}, version {alert.policy.version}" if alert.policy else "none"


def document(alert: Alert, timeline: Timeline) -> str:
    """Headings, lists and nothing else, so that it reads well as it is."""
    lines = [f"# {_line(alert.title)}", ""]
    lines += [f"- {name}: {_line(value)}" for name, value in _facts(alert)]
    lines += ["", "## Alerts", ""]
    for member in alert.members:
        labels = ", ".join(f"{k}={v}" for k, v in sorted(member.labels.items()))
        lines.append(
            f"- {member.status}, {member.severity}: {_line(member.title)}" + (f" ({_line(labels)})" if labels else "")
        )
    if alert.members_omitted:
        lines.append(f"- and {alert.members_omitted} more")
    lines += ["", "## Timeline", ""]
    lines += [f"- {entry.at:%Y-%m-%d %H:%M:%S} {_line(entry.text)}" for entry in timeline.items]
    return "\n".join(lines) + "\n"
