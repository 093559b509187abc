"""What a person does when a page reaches them: answers soon, late, or never."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from domain.people import User
from simulation.chance import Chance
from simulation.scenario import Behaviour

NIGHT_FROM = 22
NIGHT_UNTIL = 7
SPREAD = 0.8

# How much slower than a call, and how likely noticed at all: by day, by night.
_CHANNELS = {
    "voice": (1.0, 1.0, 1.0),
    "push": (1.0, 0.97, 0.7),
    "sms": (1.1, 0.97, 0.6),
    "slack": (1.8, 0.85, 0.15),
    "webhook": (1.8, 0.85, 0.15),
    "email": (3.0, 0.75, 0.1),
    "outbox": (3.0, 0.7, 0.05),
}


@dataclass(frozen=True, slots=True)
class Answer:
    """`after_s` seconds after the page arrived they do `what`: ack, snooze, reassign, escalate, unack."""

    after_s: float
    what: str = "ack"


_HABITS = ("snooze", "reassign", "escalate", "unack")


@lru_cache(maxsize=1_024)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def local(user: User, at: float) -> datetime:
    """Wall clock of the person."""
    return datetime.fromtimestamp(at, _zone(user.zone))


def is_night(hour: int) -> bool:
    """Between 22 and 7 o'clock."""
    return hour >= NIGHT_FROM or hour < NIGHT_UNTIL


def answer(
    behaviour: Behaviour, user: User, channel: str, at: float, chance: Chance, page: tuple[object, ...]
) -> Answer | None:
    """Reaction to a page that arrived at `at`, None for never. `page` names it the same in every run of the seed."""
    night = is_night(local(user, at).hour)
    reaction = behaviour.night if night else behaviour.day
    slower, by_day, by_night = _CHANNELS[channel] if behaviour.by_channel else (1.0, 1.0, 1.0)
    if not chance.happens(reaction.answers * (by_night if night else by_day), "answers", user.id, *page):
        return None
    after = chance.around(reaction.median_s * slower, SPREAD, "speed", user.id, *page)
    if chance.happens(behaviour.habits, "habit", user.id, *page):
        return Answer(after, _HABITS[chance.whole(0, len(_HABITS) - 1, "which", user.id, *page)])
    return Answer(after)
