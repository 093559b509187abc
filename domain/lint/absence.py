"""People who are on call while they have time off: nobody takes them off duty (docs/rota.md), so somebody must."""

from __future__ import annotations

from collections.abc import Iterator

from domain.duty import of_user
from domain.lint.ahead import Ahead, about_schedule, zone_of
from domain.lint.finding import Finding
from domain.wall import stretches


def check(ahead: Ahead) -> Iterator[Finding]:
    """A warning per time off and schedule."""
    for away in ahead.facts.away:
        user = ahead.config.users.get(away.user_id)
        for schedule in ahead.config.schedules.values() if user is not None else ():
            on_call = of_user(ahead.line(schedule), away.user_id, max(away.start, ahead.now), away.end)
            if on_call and user is not None:
                text = f"{user.name} has time off and is on call: {stretches(on_call, zone_of(schedule))}. Find cover."
                yield about_schedule("away_on_call", "warning", schedule, text, on_call[0])
