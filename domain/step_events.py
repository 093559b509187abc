"""Events of a policy's steps, a part of domain/events.py. Data only."""

from __future__ import annotations

from dataclasses import dataclass

from domain.alert import Severity
from domain.targets import Named


@dataclass(frozen=True, slots=True)
class StepStarted:
    """A step of the policy calls `users` and waits until `next_at`. `late_s`: 0 unless over 30 s late.

    `named`: everybody the step names at that moment and how, also those who cannot be reached.
    """

    episode: int
    step: int
    round: int
    users: tuple[str, ...]
    next_at: float
    at: float
    late_s: float = 0.0
    named: tuple[Named, ...] = ()
    doubt: str = ""
    """What its condition could not be asked for; it is taken all the same."""
    others: tuple[str, ...] = ()
    """People of a round robin whose turn it was not."""
    acknowledged: tuple[str, ...] = ()
    """People who are not called because their acknowledgement is counted."""


@dataclass(frozen=True, slots=True)
class StepEmpty:
    """A step had nobody who can be reached and was passed over at once."""

    episode: int
    step: int
    round: int
    why: str
    named: tuple[Named, ...] = ()


@dataclass(frozen=True, slots=True)
class StepSkipped:
    """A step whose condition does not hold, or whose people have all acknowledged, was passed over at once."""

    episode: int
    step: int
    round: int
    why: str


@dataclass(frozen=True, slots=True)
class StepCutShort:
    """Nobody whom the step called can be reached: every page to them failed. The next follows at once.

    `until`: when its wait would have ended; before that no other step is cut short.
    """

    episode: int
    step: int
    round: int
    until: float
    at: float


@dataclass(frozen=True, slots=True)
class TurnAsked:
    """A round-robin step asks whose turn it is among `users`; without an answer it chooses by itself at `until`."""

    episode: int
    step: int
    round: int
    users: tuple[str, ...]
    until: float
    at: float
    late_s: float = 0.0
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class MajorDeclared:
    """A major incident from now on, at least of `severity` if that is given. `by`: which step of the policy."""

    episode: int
    by: str
    severity: Severity | None
    at: float


@dataclass(frozen=True, slots=True)
class LastResortCalled:
    """The policy is through, or had nobody: the organisation's last resort is called, again and again."""

    episode: int
    users: tuple[str, ...]
    why: str
    next_at: float
    at: float


@dataclass(frozen=True, slots=True)
class NobodyReachable:
    """Not even the last resort can be reached. Tried again at `next_at`; the configuration must be repaired."""

    episode: int
    next_at: float
    at: float
