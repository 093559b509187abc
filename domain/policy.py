"""Escalation policies as data: an ordered list of steps, repeated, ending at the last resort.

A policy is frozen into an incident at its trigger, with its version, and is never looked up again for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from domain.alert import Severity
from domain.matcher import Matcher
from domain.window import Window

TargetKind = Literal["user", "schedule", "team", "destination"]
Who = Literal["on_call", "next", "all_layers"]


@dataclass(frozen=True, slots=True)
class Target:
    """Whom a step notifies: a user, all members of a team, people of a schedule as it is then, or a destination.

    `who`, of a schedule: those on call; those who are on call after the next hand-off and not now; or those on call and
    whom each layer has, whatever hides it.
    """

    kind: TargetKind
    id: str
    who: Who = "on_call"


@dataclass(frozen=True, slots=True)
class Conditions:
    """When a step is taken: if all of these hold; what is empty holds always (domain/step_conditions.py).

    `windows`: the time is in any of them. `severities`: the incident's is one of them. `matchers`: an alert that fires
    satisfies them all. `more_than`: at least one alert more than this began to fire in the last `within_s` seconds.
    """

    windows: tuple[Window, ...] = ()
    severities: tuple[Severity, ...] = ()
    matchers: tuple[Matcher, ...] = ()
    more_than: int | None = None
    within_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Step:
    """Notify `targets` at once, then wait `wait_s` seconds for an acknowledgement before the next step.

    A step without targets only waits. `important` chooses the person's urgent rules. `when` None: always taken.
    `major` declares a major incident, and raises it to `severity` if that is given. `resolve` ends the incident.
    """

    targets: tuple[Target, ...]
    wait_s: float
    important: bool = True
    when: Conditions | None = None
    major: bool = False
    severity: Severity | None = None
    resolve: bool = False
    round_robin: bool = False
    """Calls one of its people, whose turn it is over all incidents (domain/round_robin.py)."""


@dataclass(frozen=True, slots=True)
class Vigil:
    """What calls people again for an incident that somebody has acknowledged (domain/acknowledged.py).

    `grows_by`: so many times the alerts that fired, None: never. `label`: a new value of it, "": none. `severity`: a
    higher one. `timeout_s`: so long without a human's activity, None: never; `remind_before_s` it whoever acknowledged
    is reminded. `shift_end`: their shift ends. `gap_s`: at least so long between two times.
    """

    grows_by: float | None = 3.0
    label: str = ""
    severity: bool = True
    timeout_s: float | None = 14_400.0
    remind_before_s: float | None = 1_800.0
    shift_end: bool = True
    gap_s: float = 600.0


STANDARD = Vigil()
"""Of an organisation that says nothing else."""


@dataclass(frozen=True, slots=True)
class Policy:
    """`repeat`: how often the whole list is run again after the first time, before the last resort.

    `vigil` None: an acknowledgement counts until a human takes it back. `required_acknowledgements`: of so many people
    (domain/quorum.py).
    """

    id: str
    name: str
    version: int
    steps: tuple[Step, ...]
    repeat: int = 0
    team_id: str | None = None
    vigil: Vigil | None = None
    required_acknowledgements: int = 1
