"""What happened to an incident that comes and goes: events of its journal. Data only; applied in domain/line.py."""

from __future__ import annotations

from dataclasses import dataclass

from domain.alert import Severity


@dataclass(frozen=True, slots=True)
class FlappingStarted:
    """It was over and fired again `cycles` times within `within_s`: it stays open until quiet for `settle_s`."""

    episode: int
    cycles: int
    within_s: float
    settle_s: float
    at: float


@dataclass(frozen=True, slots=True)
class FlappingEnded:
    """It comes and goes no more: it resolves with its source again."""

    episode: int
    at: float


@dataclass(frozen=True, slots=True)
class Settling:
    """Nothing fires, but it flaps: it resolves at `until` if nothing fires before."""

    episode: int
    until: float
    at: float


@dataclass(frozen=True, slots=True)
class Worsened:
    """A flapping incident is worse than anybody was told (`seen`): escalation starts from the first step."""

    episode: int
    severity: Severity
    seen: Severity
    at: float
