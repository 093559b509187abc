"""Which policy and team an alert goes to: the first route whose matchers all hold, else the integration's own."""

from __future__ import annotations

from domain.alert import AlertEvent
from domain.configuration import Integration, Matcher


def route(integration: Integration, event: AlertEvent) -> tuple[str, str | None]:
    """(policy id, team id) for an alert of this integration."""
    for candidate in integration.routes:
        if all(_holds(m, event) for m in candidate.matchers):
            return candidate.policy_id, candidate.team_id or integration.team_id
    return integration.policy_id, integration.team_id


def _holds(matcher: Matcher, event: AlertEvent) -> bool:
    value = event.labels.get(matcher.label, "")
    return (value == matcher.value) == (matcher.op == "=")
