"""Bodies of the Alertmanager family: Prometheus Alertmanager (webhook version 4) and Grafana unified alerting.

https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Literal

from domain.alert import AlertEvent, Link
from integrations import clean
from integrations.base import Malformed, Parsed
from integrations.moment import moment
from integrations.severity import severity_of

QUIET = {"silencedBy": "silence", "inhibitedBy": "inhibited by", "mutedBy": "muted by"}
MAX_SILENCES = 5


def parse_group(body: Any) -> Parsed:
    """All alerts of one notification; raises Malformed if it is none."""
    if not isinstance(body, dict):
        raise Malformed("", "the body must be a JSON object as Alertmanager's webhook_config sends it")
    alerts = body.get("alerts")
    if not isinstance(alerts, list):
        raise Malformed("/alerts", "there must be a list of alerts; is a custom payload configured in the sender?")
    for n, alert in enumerate(alerts):
        if not isinstance(alert, dict):
            raise Malformed(f"/alerts/{n}", "each alert must be a JSON object")
    group_key = clean.text(body.get("groupKey"), clean.KEY_MAX * 4) or None
    # With the whole group resolved nothing is left out that could still fire.
    truncated = 0 if body.get("status") == "resolved" else _count(body.get("truncatedAlerts"))
    events = tuple(_event(alert, body, group_key, truncated) for alert in alerts)
    return Parsed(events, _group_title(body, events), tuple(alerts))


def _count(value: Any) -> int:
    """A number of alerts; whatever is none counts as 0, and no sender leaves out more than a billion."""
    return min(value, 10**9) if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0


def _event(alert: dict[str, Any], body: dict[str, Any], group_key: str | None, truncated: int) -> AlertEvent:
    labels = clean.mapping(alert.get("labels"))
    annotations = clean.mapping(alert.get("annotations"))
    state, silenced_by = silenced(alert)
    said = str(state or body.get("status") or "firing").lower()
    status: Literal["firing", "resolved"] = "resolved" if said in ("resolved", "ok", "normal") else "firing"
    return AlertEvent(
        dedup_key=clean.text(alert.get("fingerprint"), clean.KEY_MAX) or fingerprint(labels),
        status=status,
        title=title_of(labels, annotations),
        severity=severity_of(labels.get("severity") or labels.get("priority")),
        description=clean.text(annotations.get("description") or annotations.get("message"), clean.TEXT_MAX),
        group_key=group_key,
        labels=labels,
        annotations=annotations,
        links=_links(alert, annotations, body),
        starts_at=moment(alert.get("startsAt")),
        ends_at=moment(alert.get("endsAt")),
        truncated=truncated,
        silenced_by=silenced_by,
    )


def silenced(alert: Mapping[str, Any]) -> tuple[Any, tuple[str, ...]]:
    """The status, and who keeps the alert quiet at its source.

    Webhooks leave such alerts out; forwarders of Alertmanager's API send them, with the status as an object.
    """
    status = alert.get("status")
    about = {**alert, **status} if isinstance(status, dict) else alert
    by = [
        f"{what} {clean.text(name, clean.NAME_MAX)}".strip()
        for field, what in QUIET.items()
        if isinstance(about.get(field), list)
        for name in about[field][:MAX_SILENCES]
    ]
    state = about.get("state") if isinstance(status, dict) else status
    if not by and str(state).lower() == "suppressed":
        by = ["suppressed"]
    return state, tuple(by)


def fingerprint(labels: Mapping[str, str]) -> str:
    """Identity of an alert by its labels, for senders that give none."""
    text = "\x1f".join(f"{name}={labels[name]}" for name in sorted(labels))
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def title_of(labels: Mapping[str, str], annotations: Mapping[str, str]) -> str:
    """The sender's summary, else the alert's name and where it is."""
    said = annotations.get("summary") or annotations.get("title")
    name = labels.get("alertname") or "Alert"
    where = labels.get("instance") or labels.get("service") or labels.get("job")
    return clean.text(said or (f"{name} on {where}" if where else name), clean.TITLE_MAX)


def _links(alert: dict[str, Any], annotations: Mapping[str, str], body: dict[str, Any]) -> tuple[Link, ...]:
    found = (
        *clean.link(annotations.get("runbook_url") or annotations.get("runbook"), "Runbook"),
        *clean.link(alert.get("dashboardURL"), "Dashboard"),
        *clean.link(alert.get("panelURL"), "Panel"),
        *clean.link(alert.get("generatorURL"), "Source"),
        *clean.link(alert.get("silenceURL"), "Silence at the source"),
        *clean.link(alert.get("imageURL"), "Image"),
        *clean.link(body.get("externalURL"), "Sender"),
    )
    return found[: clean.MAX_LINKS]


def _group_title(body: dict[str, Any], events: tuple[AlertEvent, ...]) -> str:
    """Named after the group when it holds several alerts; one alert speaks for itself."""
    if len(events) <= 1:
        return ""
    labels = clean.mapping(body.get("groupLabels"))
    summary = clean.mapping(body.get("commonAnnotations")).get("summary")
    if summary:
        return clean.text(summary, clean.TITLE_MAX)
    named = ", ".join(value for value in labels.values() if value)
    return clean.text(named, clean.TITLE_MAX) if named else ""
