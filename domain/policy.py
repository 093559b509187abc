"""Escalation policies as data: an ordered list of steps, repeated, ending at the last resort.

A policy is frozen into an incident at its trigger, with its version, and is never looked up again for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

TargetKind = Literal["user", "schedule"]


@dataclass(frozen=True, slots=True)
class Target:
    """Whom a step notifies: a user, or whoever is on call in a schedule at that moment."""

    kind: TargetKind
    id: str


@dataclass(frozen=True, slots=True)
class Step:
    """Notify `targets` at once, then wait `wait_s` seconds for an acknowledgement before the next step.

    A step without targets only waits. `important` chooses the person's urgent rules.
    """

    targets: tuple[Target, ...]
    wait_s: float
    important: bool = True


@dataclass(frozen=True, slots=True)
class Policy:
    """`repeat`: how often the whole list is run again after the first time, before the last resort."""

    id: str
    name: str
    version: int
    steps: tuple[Step, ...]
    repeat: int = 0
    team_id: str | None = None
