"""Which incident lines an alert belongs to.

By the chosen labels; else by the sender's own group; else each alert by itself; and, if a window is set, by the span in
which the alert started. Where it goes is part of the line: alerts that go to different people are different incidents.

Nothing of it is remembered: firing, repetition and resolution find the same line by themselves, on any gateway, the
database away or not. So a window is a span of the clock and not "W seconds since the first alert": docs/adr/0018.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from domain.alert import AlertEvent
from domain.configuration import Configuration, Grouping, Integration
from domain.incident import AlertsReceived
from domain.routing import Destination, route, unruled

PROBLEMS_TOLD = 5


@dataclass(frozen=True, slots=True)
class Group:
    """Alerts of one request that fall into one line, in the sender's order. `rule`: why they go there, in words.

    `problems`: what the incident's timeline says about rules that could not be asked. `to`: where they go, in full.
    """

    line_key: str
    policy_id: str
    team_id: str | None
    events: tuple[AlertEvent, ...]
    service_id: str | None = None
    rule: str = ""
    problems: tuple[str, ...] = ()
    to: Destination | None = None


@dataclass(slots=True)
class _Gathered:
    to: Destination
    events: list[AlertEvent] = field(default_factory=list)
    problems: dict[str, None] = field(default_factory=dict)


def group(
    config: Configuration,
    integration: Integration,
    events: Sequence[AlertEvent],
    at: float,
    payloads: Sequence[Any] = (),
    as_sent: Sequence[AlertEvent] = (),
    problems: Sequence[tuple[str, ...]] = (),
) -> list[Group]:
    """The alerts by line, lines in order of their first alert.

    One each, or none: `payloads`, what the sender sent; `as_sent`, the alert before templates, because a resolution
    must also find a firing for which they failed; `problems` that there were with it.
    """
    everywhere = unruled(config, integration)
    if everywhere is not None and not as_sent:
        return _all_to(integration, everywhere, events)
    found: dict[tuple[str, str, str | None], _Gathered] = {}
    for n, event in enumerate(events):
        forms = (event, as_sent[n]) if as_sent and event.status == "resolved" else (event,)
        taken: set[str] = set()
        for form in forms:
            routed = route(config, integration, form, payloads[n] if payloads else None, at)
            for to in reversed(routed.destinations):  # where it goes before where it goes in addition
                key = line_key(integration, form, to.line, to.grouping)
                if key in taken:
                    continue
                taken.add(key)
                gathered = found.setdefault((key, to.policy_id, to.team_id), _Gathered(to))
                if to.wait_s < gathered.to.wait_s:  # rules that differ lead to one incident: nobody waits longer
                    gathered.to = replace(gathered.to, wait_s=to.wait_s)
                gathered.events.append(form if to.severity is None else replace(form, severity=to.severity))
                gathered.problems |= dict.fromkeys((*routed.problems, *(problems[n] if problems else ())))
    return [
        Group(key, policy, team, tuple(g.events), g.to.service_id, g.to.rule, _told(g.problems), g.to)
        for (key, policy, team), g in found.items()
    ]


def _told(problems: Iterable[str]) -> tuple[str, ...]:
    """Not more than a timeline can bear."""
    whole = list(problems)
    more = len(whole) - PROBLEMS_TOLD
    return (*whole[:PROBLEMS_TOLD], f"and {more} more") if more > 0 else tuple(whole)


def _all_to(integration: Integration, to: Destination, events: Sequence[AlertEvent]) -> list[Group]:
    """The usual case, and the fast one."""
    found: dict[str, list[AlertEvent]] = {}
    for event in events:
        found.setdefault(line_key(integration, event, to.line, to.grouping), []).append(event)
    return [Group(key, to.policy_id, to.team_id, tuple(g), to.service_id, to.rule, (), to) for key, g in found.items()]


def received(
    integration_id: str, found: Group, group_title: str, at: float, events: tuple[AlertEvent, ...] | None = None
) -> AlertsReceived:
    """What the line is told, for ingest and for every preview of it. `events`: if only some of the group's."""
    return AlertsReceived(
        integration_id=integration_id,
        events=found.events if events is None else events,
        team_id=found.team_id,
        policy_id=found.policy_id,
        received_at=at,
        group_title=group_title,
        service_id=found.service_id,
        rule=found.rule,
        problems=found.problems,
        wait_s=found.to.wait_s if found.to is not None else 0.0,
    )


def line_key(integration: Integration, event: AlertEvent, line: str, grouping: Grouping | None = None) -> str:
    """20 hex characters: stable for the life of the integration. `line`: of the destination, e.g. its policy's id."""
    by = grouping or integration.grouping
    if by.by_template and event.made_key is not None:
        parts = ["made", event.made_key]
    elif by.labels:
        parts = ["labels", *(f"{name}={event.labels.get(name, '')}" for name in by.labels)]
    elif event.group_key is not None and by.by_sender:
        parts = ["group", event.group_key]
    else:
        parts = ["alert", event.dedup_key]
    if by.window_s and event.starts_at is not None:
        parts.append(f"window={by.window_s:g}:{event.starts_at // by.window_s:.0f}")
    text = "\x1f".join([integration.id, line, *parts])
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=10).hexdigest()
