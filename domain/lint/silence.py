"""Integrations that are silent for longer than usual: perhaps all is well, perhaps nothing gets through any more."""

from __future__ import annotations

from collections.abc import Iterator

from domain.configuration import Integration
from domain.lint.ahead import DAY_S, Ahead
from domain.lint.finding import Finding, Level
from domain.wall import long

USUAL_FROM = 10
"""Messages from which on there is something like a usual silence."""
FACTOR = 2.0
LEAST_S = 6 * 3_600.0
"""A shorter silence is never told, however chatty the sender is."""
NEVER_S = 7 * DAY_S


def check(ahead: Ahead) -> Iterator[Finding]:
    """A warning if it is silent for twice the longest silence on record; an info if nothing has ever come."""
    for ident, heard in (ahead.facts.heard or {}).items():
        integration = ahead.config.integrations.get(ident)
        if integration is None or not integration.organisation_routes:
            continue
        if heard.last_at is None:
            if ahead.now - heard.since >= NEVER_S:
                text = f"Nothing has come in for {long(ahead.now - heard.since)}: send a test alert, or delete it."
                yield _about(integration, "never_heard", "info", text)
            continue
        silent = ahead.now - heard.last_at
        if heard.messages >= USUAL_FROM and silent > max(LEAST_S, FACTOR * heard.longest_silence_s):
            text = (
                f"Silent for {long(silent)}; before, the longest silence was {long(heard.longest_silence_s)}."
                " Send a test alert through its sender."
            )
            yield _about(integration, "integration_silent", "warning", text)


def _about(integration: Integration, kind: str, level: Level, text: str) -> Finding:
    return Finding(kind, level, "integration", integration.id, integration.name, text)
