"""Which incident line an alert belongs to.

By the integration's chosen labels; else by the sender's own group; else each alert by itself. The route is part of
the line: alerts that go to different people are different incidents.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from domain.alert import AlertEvent
from domain.configuration import Integration
from domain.routing import route


@dataclass(frozen=True, slots=True)
class Group:
    """Alerts of one request that fall into one line, in the sender's order."""

    line_key: str
    policy_id: str
    team_id: str | None
    events: tuple[AlertEvent, ...]


def group(integration: Integration, events: Sequence[AlertEvent]) -> list[Group]:
    """The alerts by line, lines in order of their first alert."""
    found: dict[tuple[str, str, str | None], list[AlertEvent]] = {}
    for event in events:
        policy_id, team_id = route(integration, event)
        key = line_key(integration, event, policy_id)
        found.setdefault((key, policy_id, team_id), []).append(event)
    return [Group(key, policy, team, tuple(members)) for (key, policy, team), members in found.items()]


def line_key(integration: Integration, event: AlertEvent, policy_id: str) -> str:
    """20 hex characters: stable for the life of the integration."""
    if integration.group_by:
        parts = ["labels", *(f"{name}={event.labels.get(name, '')}" for name in integration.group_by)]
    elif event.group_key is not None:
        parts = ["group", event.group_key]
    else:
        parts = ["alert", event.dedup_key]
    text = "\x1f".join([integration.id, policy_id, *parts])
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=10).hexdigest()
