"""How people behave, learned simply from how they answered before: a share and a median, by day and by night."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import median

from domain.people import User
from simulation.people import is_night, local
from simulation.scenario import DEFAULT, Behaviour, Reaction

ENOUGH = 5
"""Calls by day, or by night, below which the default is used: a median of four says nothing."""


@dataclass(frozen=True, slots=True)
class Called:
    """Somebody was called at `at` and answered after `answered_s` seconds, or never (None)."""

    user: str
    at: float
    answered_s: float | None


def learn(users: Mapping[str, User], calls: Iterable[Called]) -> dict[str, Behaviour]:
    """Behaviour of those of whom enough is known."""
    by_user: dict[str, tuple[list[Called], list[Called]]] = {}
    for call in calls:
        if call.user in users:
            night = is_night(local(users[call.user], call.at).hour)
            by_user.setdefault(call.user, ([], []))[night].append(call)
    found: dict[str, Behaviour] = {}
    for user, (day, night_calls) in by_user.items():
        if max(len(day), len(night_calls)) < ENOUGH:
            continue
        learned = "learned from the past" if min(len(day), len(night_calls)) >= ENOUGH else "learned in part"
        found[user] = Behaviour(
            _reaction(day, DEFAULT.day), _reaction(night_calls, DEFAULT.night), by_channel=False, source=learned
        )
    return found


def _reaction(calls: list[Called], default: Reaction) -> Reaction:
    if len(calls) < ENOUGH:
        return default
    answers = [c.answered_s for c in calls if c.answered_s is not None]
    # Never 0 or 1: a few calls do not make a certainty.
    share = (len(answers) + 1) / (len(calls) + 2)
    return Reaction(max(1.0, median(answers)) if answers else default.median_s, share)
