"""Holes in schedules in the time ahead. A schedule that is meant for office hours has them; a step must not."""

from __future__ import annotations

from collections.abc import Iterator

from domain.lint.ahead import DAYS, Ahead, about_schedule, zone_of
from domain.lint.finding import Finding
from domain.wall import stretches


def check(ahead: Ahead) -> Iterator[Finding]:
    """One finding per schedule with holes: a warning if a policy in use or the last resort calls it."""
    for schedule in ahead.config.schedules.values():
        holes = ahead.gaps(schedule)
        if not holes:
            continue
        used = schedule.id in ahead.schedules
        text = f"Nobody is on call in the next {DAYS} days: {stretches(holes, zone_of(schedule))}."
        text += " Add a layer below, or an override." if used else " No policy in use calls it."
        yield about_schedule("coverage_gap", "warning" if used else "info", schedule, text, holes[0])
