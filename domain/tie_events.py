"""What happened between an incident line and others: events of its journal. Data only; applied in line.py and ties.py.

Incidents are named by their public ids, lines by their keys.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MergeAsked:
    """Somebody wants this incident to be part of `into`; it goes on as before until that has agreed."""

    episode: int
    into: str
    by: str
    note: str
    at: float


@dataclass(frozen=True, slots=True)
class MergeRefused:
    """It is not merged, and goes on as before."""

    episode: int
    into: str
    why: str
    at: float


@dataclass(frozen=True, slots=True)
class Merged:
    """It is part of `into` from now on, whose people have it; nothing of it is paged any more."""

    episode: int
    into: str
    by: str
    at: float


@dataclass(frozen=True, slots=True)
class TookIn:
    """`source` was merged into this incident. `omitted`: alerts of it that its sender left out of its list."""

    episode: int
    source: str
    line: str
    omitted: int
    by: str
    at: float


@dataclass(frozen=True, slots=True)
class SourceTruncated:
    """The sender of the line that was merged left `omitted` alerts out of its list."""

    episode: int
    line: str
    omitted: int


@dataclass(frozen=True, slots=True)
class TakeInRefused:
    """`source` was not merged into this incident."""

    episode: int
    source: str
    why: str
    at: float


@dataclass(frozen=True, slots=True)
class AlertsForwarded:
    """Alerts of a merged incident's line went on to `into`; `number` counts these messages."""

    episode: int
    into: str
    number: int
    keys: tuple[str, ...]
    at: float


@dataclass(frozen=True, slots=True)
class ForwardReturned:
    """Alerts of a line that was merged into an incident that is over went back to that line."""

    episode: int
    line: str
    number: int
    at: float


@dataclass(frozen=True, slots=True)
class Reclaimed:
    """Alerts came back, because `into` is over. `buried`: occurrences (alert@start) resolved there by a human -> when.

    `split`: alerts that were split off there -> (line, name there). `last`: nothing more is under way.
    """

    episode: int
    into: str
    buried: Mapping[str, float]
    split: Mapping[str, tuple[str, str]]
    last: bool
    at: float


@dataclass(frozen=True, slots=True)
class SplitOff:
    """These alerts are an incident of their own from now on, in the line `line`."""

    episode: int
    keys: tuple[str, ...]
    line: str
    by: str
    note: str
    at: float


@dataclass(frozen=True, slots=True)
class AlertsFollowedSplit:
    """Later news of alerts that were split off went to their line; those that are `over` are followed no more."""

    episode: int
    keys: tuple[str, ...]
    line: str
    over: tuple[str, ...]
    at: float


@dataclass(frozen=True, slots=True)
class Attached:
    """It belongs to the incident `to`, as a note to people; nothing else follows."""

    episode: int
    to: str
    by: str
    note: str
    at: float


@dataclass(frozen=True, slots=True)
class AttachedHere:
    """The incident `child` was attached to this one."""

    episode: int
    child: str
    by: str
    at: float


ALL: tuple[type, ...] = (
    MergeAsked,
    MergeRefused,
    Merged,
    TookIn,
    SourceTruncated,
    TakeInRefused,
    AlertsForwarded,
    ForwardReturned,
    Reclaimed,
    SplitOff,
    AlertsFollowedSplit,
    Attached,
    AttachedHere,
)
