"""Grafana's webhook contact point: unified alerting (a superset of Alertmanager's body) and the legacy one.

https://grafana.com/docs/grafana/latest/alerting/configure-notifications/manage-contact-points/integrations/webhook-notifier/
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from domain.alert import AlertEvent
from integrations import clean
from integrations.alertmanager import parse_group
from integrations.base import Parsed
from integrations.severity import severity_of

LEGACY_RESOLVED = frozenset({"ok", "paused"})


class Grafana:
    """Both generations; told apart by `ruleName`, which only the legacy one has."""

    type = "grafana"

    def parse(self, headers: Mapping[str, str], body: bytes, received_at: float) -> Parsed:
        value = clean.parse_json(body)
        if isinstance(value, dict) and "ruleName" in value and "alerts" not in value:
            return Parsed((_legacy(value),), payloads=(value,))
        return parse_group(value)


def _legacy(body: dict[str, Any]) -> AlertEvent:
    """Grafana before 9: one rule a request, its state in `state`, tags as labels."""
    tags = clean.mapping(body.get("tags"))
    rule = clean.text(body.get("ruleId") or body.get("ruleName"), clean.KEY_MAX)
    state = str(body.get("state", "")).lower()
    status: Literal["firing", "resolved"] = "resolved" if state in LEGACY_RESOLVED else "firing"
    return AlertEvent(
        dedup_key=f"rule:{clean.text(body.get('orgId'), 20)}:{rule}",
        status=status,
        title=clean.text(body.get("title") or body.get("ruleName"), clean.TITLE_MAX) or "Grafana alert",
        severity=severity_of(tags.get("severity")),
        description=clean.text(body.get("message"), clean.TEXT_MAX),
        labels=tags,
        links=(*clean.link(body.get("ruleUrl"), "Rule"), *clean.link(body.get("imageUrl"), "Image")),
    )
