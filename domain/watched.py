"""What happens to an incident that somebody has (domain/acknowledged.py): events as in domain/events.py."""

from __future__ import annotations

from dataclasses import dataclass

from domain.alert import Severity


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """`user_id`: who, if it is a user of ours."""

    episode: int
    by: str
    note: str
    at: float
    user_id: str | None = None


@dataclass(frozen=True, slots=True)
class Unacknowledged:
    episode: int
    by: str
    note: str
    at: float


@dataclass(frozen=True, slots=True)
class Watched:
    """Acknowledged, it is watched from here on: so many alerts fire, this bad, with these values of a label.

    `shift_ends`: when whoever acknowledged it is on call no more, as far as was looked.
    """

    episode: int
    alerts: int
    severity: Severity
    values: tuple[str, ...]
    shift_ends: float | None
    at: float


@dataclass(frozen=True, slots=True)
class AcknowledgerReminded:
    """A notice, no page: the acknowledgement lapses at `until` if nobody does anything."""

    episode: int
    user_id: str
    until: float
    at: float


@dataclass(frozen=True, slots=True)
class AcknowledgementLapsed:
    """The acknowledgement does not count any more: it rings from the first step. `reason`: see domain/acknowledged."""

    episode: int
    reason: str
    why: str
    alerts: int
    severity: Severity
    values: tuple[str, ...]
    at: float
