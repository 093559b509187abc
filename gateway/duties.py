"""Who is on call in each schedule at an instant, how they are reached, until when, who comes next. Pure."""

from __future__ import annotations

from collections.abc import Callable

from domain.configuration import Configuration
from domain.masking import hint
from domain.notify import usable
from domain.people import User
from domain.schedule import Schedule
from domain.standing import Standing
from gateway.schemas.base import moment
from gateway.schemas.schedules import OnCallEntry, Reach

Stands = Callable[[Schedule, float], Standing]
"""How a schedule stands at an instant: domain.standing.standing, or what is known of it already."""


def duties(config: Configuration, at: float, stands: Stands) -> list[OnCallEntry]:
    """All schedules by name. `at`: UTC epoch seconds."""
    ordered = sorted(config.schedules.values(), key=lambda s: s.name)
    return [_entry(config, schedule, stands(schedule, at)) for schedule in ordered]


def _entry(config: Configuration, schedule: Schedule, found: Standing) -> OnCallEntry:
    return OnCallEntry(
        schedule_id=schedule.id,
        schedule=schedule.name,
        zone=schedule.zone,
        user_ids=list(found.users),
        users=[config.users[u].name if u in config.users else u for u in found.users],
        reach=[_reach(config.users.get(u)) for u in found.users],
        until=moment(found.until),
        next_user_ids=list(found.following),
    )


def _reach(user: User | None) -> list[Reach]:
    methods = usable(user) if user is not None and user.active else ()
    return [
        Reach(
            channel=c.channel,
            label=c.label,
            address_hint=hint(c.channel, c.address),
            verified=c.verified or c.channel == "outbox",
        )
        for c in methods
    ]
