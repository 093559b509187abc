"""What happens to an incident that somebody has (domain/acknowledged.py): events as in domain/events.py."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from domain.alert import Severity


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """`user_id`: who, if it is a user of ours. `needed`: of so many people as the policy asks for, this is the last."""

    episode: int
    by: str
    note: str
    at: float
    user_id: str | None = None
    needed: int = 1


@dataclass(frozen=True, slots=True)
class AcknowledgementCounted:
    """One of `needed` people has acknowledged, `number` have by now: nothing pages this one, and it rings on."""

    episode: int
    by: str
    note: str
    number: int
    needed: int
    at: float
    user_id: str


@dataclass(frozen=True, slots=True)
class Unacknowledged:
    """`keeps`: users whose acknowledgements go on counting, where it takes several."""

    episode: int
    by: str
    note: str
    at: float
    keeps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Watched:
    """Acknowledged, it is watched from here on: so many alerts fire, this bad, with these values of a label.

    `shifts`: when who acknowledged it is on call no more, as far as was looked; `shift_ends`: the first of these.
    """

    episode: int
    alerts: int
    severity: Severity
    values: tuple[str, ...]
    shift_ends: float | None
    at: float
    shifts: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AcknowledgerReminded:
    """A notice, no page: the acknowledgement lapses at `until` if nobody does anything."""

    episode: int
    user_id: str
    until: float
    at: float


@dataclass(frozen=True, slots=True)
class AcknowledgementLapsed:
    """The acknowledgement does not count any more: it rings from the first step. `reason`: see domain/acknowledged.

    `keeps`: users whose acknowledgements go on counting, where it takes several.
    """

    episode: int
    reason: str
    why: str
    alerts: int
    severity: Severity
    values: tuple[str, ...]
    at: float
    keeps: tuple[str, ...] = ()
