"""What people want of two incidents, and what their lines say to each other. Data only.

Incidents are named by their public ids, lines by their keys.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from domain.incident import AlertsReceived


@dataclass(frozen=True, slots=True)
class Merge:
    """Make this incident part of `into`."""

    episode: int
    by: str
    into: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Split:
    """Make these alerts of this incident one of their own."""

    episode: int
    by: str
    keys: tuple[str, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Attach:
    """Note that this incident belongs to `to`."""

    episode: int
    by: str
    to: str
    note: str = ""


TieCommand = Merge | Split | Attach


@dataclass(frozen=True, slots=True)
class TakeIn:
    """`source`, of `line`, is to be part of `into`. `alerts`: what fires in it; `omitted`: and is not listed."""

    into: str
    source: str
    line: str
    by: str
    alerts: AlertsReceived
    omitted: int = 0


@dataclass(frozen=True, slots=True)
class TakeInAnswer:
    """`keys`: the alerts that `into` has taken, as their own line calls them."""

    into: str
    taken: bool
    why: str
    by: str
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Forwarded:
    """Alerts that came to `line`, which was merged into `into`. `number`: 1, 2, 3 … of such messages."""

    into: str
    line: str
    number: int
    alerts: AlertsReceived


@dataclass(frozen=True, slots=True)
class Returned:
    """`into` is over: these alerts are their line's again. `buried`: occurrences resolved there by a human -> when.

    `split`: alerts that were split off there -> (line, name there).
    """

    into: str
    number: int
    alerts: AlertsReceived
    buried: Mapping[str, float]
    split: Mapping[str, tuple[str, str]]


@dataclass(frozen=True, slots=True)
class AttachHere:
    """`child` was attached to `to`."""

    to: str
    child: str
    by: str


MESSAGES: tuple[type, ...] = (Merge, Split, Attach, TakeIn, TakeInAnswer, Forwarded, Returned, AttachHere)
