"""How far somebody has come from a new installation to being paged by their own schedule. Pure.

Nothing of it is stored: it is read off the configuration, so that it can be left and come back to, and does not matter
by which way something was made.
"""

from __future__ import annotations

from dataclasses import dataclass

from domain.configuration import Configuration
from domain.schedule import users_of

Chain = tuple[str | None, str | None, str | None]


@dataclass(frozen=True, slots=True)
class FirstSteps:
    """Ids of the chain that leads furthest: integration -> policy -> schedule -> this person; None where it ends."""

    contact: bool = False
    team_id: str | None = None
    schedule_id: str | None = None
    policy_id: str | None = None
    integration_id: str | None = None


def first_steps(config: Configuration, user_id: str) -> FirstSteps:
    """What there is for this person. Of several chains the longest, and among those the first by name."""
    user = config.users.get(user_id)
    contacts = user.contacts if user is not None else ()
    contact = any(c.verified and c.enabled and c.channel != "outbox" for c in contacts)
    teams = sorted((t for t in config.teams.values() if user_id in t.member_ids), key=lambda t: (t.name, t.id))
    best: Chain = (None, None, None)
    for schedule in sorted(config.schedules.values(), key=lambda s: (s.name, s.id)):
        if user_id in users_of(schedule.layers):
            best = max(best, _chain(config, schedule.id), key=lambda chain: sum(part is not None for part in chain))
    return FirstSteps(contact, teams[0].id if teams else None, *best)


def _chain(config: Configuration, schedule_id: str) -> Chain:
    found: Chain = (schedule_id, None, None)
    for policy in sorted(config.policies.values(), key=lambda p: (p.name, p.id)):
        if not any((t.kind, t.id) == ("schedule", schedule_id) for step in policy.steps for t in step.targets):
            continue
        into = [i for i in config.integrations.values() if i.policy_id == policy.id]
        if into:
            return schedule_id, policy.id, min(into, key=lambda i: (i.name, i.id)).id
        if found[1] is None:
            found = (schedule_id, policy.id, None)
    return found
