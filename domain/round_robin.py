"""Whose turn it is among the people of a step, fair over all incidents that take it. Pure.

One entity per step of a policy keeps the turns, so they survive crashes, and incidents that ask at the same time get
different people. An incident waits ASK_S for its answer and then chooses by itself: fairness never delays a page for
longer, not even while the database is away.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from zlib import crc32

ASK_S = 2.0
MAX_REMEMBERED = 1_000
"""People whose turns are remembered per step; whoever had theirs longest ago is forgotten first."""


@dataclass(frozen=True, slots=True)
class AskTurn:
    """To the entity of a step: whose turn is it among `users`? `line`: key of the incident line that asks."""

    line: str
    episode: int
    step: int
    round: int
    users: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TurnGiven:
    """To the incident line: it is the turn of `user_id`."""

    episode: int
    step: int
    round: int
    user_id: str


@dataclass(frozen=True, slots=True)
class TurnTaken:
    """Event of the entity: `user_id` had a turn, for this incident line and episode."""

    user_id: str
    line: str
    episode: int


@dataclass(frozen=True, slots=True)
class Turns:
    """`last`: user -> number of their last turn, the one longest ago first; `count`: turns so far."""

    count: int = 0
    last: Mapping[str, int] = field(default_factory=dict)


def whose(turns: Turns, users: Sequence[str]) -> str:
    """Who had no turn yet, in the order of the step; else whose last turn was longest ago."""
    return min(users, key=lambda user: turns.last.get(user, 0))


def apply(turns: Turns, event: TurnTaken) -> Turns:
    """With that turn taken."""
    rest = [(user, n) for user, n in turns.last.items() if user != event.user_id]
    last = dict([*rest, (event.user_id, turns.count + 1)][-MAX_REMEMBERED:])
    return Turns(turns.count + 1, last)


def by_chance(seed: str, users: Sequence[str]) -> str:
    """A choice without knowing the turns, the same for the same seed."""
    return users[crc32(seed.encode()) % len(users)]
