"""The generic webhook: a small JSON of ours that anything can send.

    {"title": "Disk full on db1", "status": "firing", "severity": "critical", "dedup_key": "disk-db1", "labels": {…}}

One object, a list of them, or {"alerts": [...]}. Only a title is needed; without a dedup_key, title and labels identify
the alert. Field names of common senders are understood as well; see docs/integrations.md.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Literal

from domain.alert import AlertEvent, Link
from integrations import clean
from integrations.alertmanager import fingerprint
from integrations.base import Malformed, Parsed
from integrations.moment import moment
from integrations.severity import severity_of

TITLES = ("title", "summary", "message", "name", "alertname", "subject")
KEYS = ("dedup_key", "dedup", "alert_uid", "incident_key", "key", "id", "fingerprint")
DESCRIPTIONS = ("description", "details", "message", "body", "text")
SILENCED = ("silenced", "muted", "suppressed", "snoozed")
RESOLVED = frozenset({"resolved", "resolve", "ok", "okay", "close", "closed", "clear", "cleared", "recovery", "normal"})
FIRING = frozenset(
    {
        "firing",
        "fire",
        "trigger",
        "triggered",
        "alerting",
        "alert",
        "problem",
        "open",
        "critical",
        "warning",
        "down",
        "",
    }
)


class Generic:
    """See the module's docstring."""

    type = "generic"

    def parse(self, headers: Mapping[str, str], body: bytes, received_at: float) -> Parsed:
        value = clean.parse_json(body)
        if isinstance(value, dict) and isinstance(value.get("alerts"), list):
            alerts = value["alerts"]
            return Parsed(tuple(_event(a, f"/alerts/{n}") for n, a in enumerate(alerts)), payloads=tuple(alerts))
        if isinstance(value, list):
            return Parsed(tuple(_event(a, f"/{n}") for n, a in enumerate(value)), payloads=tuple(value))
        return Parsed((_event(value, ""),), payloads=(value,))


def _event(alert: Any, at: str) -> AlertEvent:
    if not isinstance(alert, dict):
        raise Malformed(at, "an alert must be a JSON object with at least a title")
    title = _first(alert, TITLES, clean.TITLE_MAX)
    if not title:
        raise Malformed(f"{at}/title", "a title is needed: what is wrong, in a few words")
    labels = clean.mapping(alert.get("labels") or alert.get("tags"))
    word = alert.get("severity", alert.get("priority"))
    if word is not None:
        labels.setdefault("severity", clean.text(word, clean.VALUE_MAX))
    return AlertEvent(
        dedup_key=_first(alert, KEYS, clean.KEY_MAX) or _identity(title, labels),
        status=_status(alert, at),
        title=title,
        severity=severity_of(word),
        description=_first(alert, DESCRIPTIONS, clean.TEXT_MAX),
        group_key=clean.text(alert.get("group_key"), clean.KEY_MAX) or None,
        labels=labels,
        annotations=clean.mapping(alert.get("annotations")),
        links=_links(alert),
        starts_at=moment(alert.get("starts_at") or alert.get("startsAt")),
        ends_at=moment(alert.get("ends_at") or alert.get("endsAt")),
        silenced_by=_silenced(alert),
    )


def _silenced(alert: dict[str, Any]) -> tuple[str, ...]:
    """Who keeps it quiet at its source: `silenced_by`, or one of the fields of SILENCED, true or saying why."""
    named = alert.get("silenced_by") or alert.get("silencedBy")
    if isinstance(named, list):
        return tuple(clean.text(name, clean.NAME_MAX) for name in named[:5])
    for field in ("silenced_by", "silencedBy", *SILENCED):
        said = alert.get(field)
        if said is True or (isinstance(said, str) and said.strip().lower() not in ("", "false", "no", "0")):
            return (field if said is True else clean.text(said, clean.NAME_MAX),)
    return ()


def _first(alert: dict[str, Any], names: tuple[str, ...], limit: int) -> str:
    for name in names:
        value = alert.get(name)
        if value not in (None, "", [], {}) and (found := clean.text(value, limit).strip()):
            return found
    return ""


def _status(alert: dict[str, Any], at: str) -> Literal["firing", "resolved"]:
    said = alert.get("status", alert.get("state", alert.get("event_action", "")))
    word = str(said if said is not None else "").strip().lower()
    if word in RESOLVED:
        return "resolved"
    if word in FIRING:
        return "firing"
    raise Malformed(f"{at}/status", f"{word[:60]!r} is neither firing nor resolved; send one of these two words")


def _identity(title: str, labels: Mapping[str, str]) -> str:
    return hashlib.blake2b(f"{title}\x1f{fingerprint(labels)}".encode(), digest_size=12).hexdigest()


def _links(alert: dict[str, Any]) -> tuple[Link, ...]:
    found: list[Link] = []
    given = alert.get("links")
    for item in given if isinstance(given, list) else []:
        if isinstance(item, dict):
            found += clean.link(item.get("href") or item.get("url"), clean.text(item.get("text"), 80))
        else:
            found += clean.link(item, "Link")
    found += clean.link(alert.get("runbook_url"), "Runbook")
    found += clean.link(alert.get("url") or alert.get("link_to_upstream_details"), "Source")
    return tuple(found[: clean.MAX_LINKS])
