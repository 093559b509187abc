"""What happened to a heartbeat: the events that its journal holds. Data only; applied in domain/beat.py."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from domain.alert import AlertEvent

Kind = Literal["success", "start", "fail"]


@dataclass(frozen=True, slots=True)
class Run:
    """From a start to the finish or failure after it."""

    started_at: float
    ended_at: float
    ok: bool
    exit_code: int | None = None


@dataclass(frozen=True, slots=True)
class Alarm:
    """Where an alert of a heartbeat went, so that its resolution goes there too. `event`: as it was sent."""

    line: str
    policy_id: str
    team_id: str | None
    service_id: str | None
    rule: str
    problems: tuple[str, ...]
    event: AlertEvent


@dataclass(frozen=True, slots=True)
class Heard:
    """A ping that came in `at` and was processed `noted_at`. `run`: the one that it ends."""

    kind: Kind
    at: float
    exit_code: int | None
    said: str
    run: Run | None
    noted_at: float


@dataclass(frozen=True, slots=True)
class Expected:
    """The next ping is due at `due_at`; its absence is an alert at `deadline`."""

    since: float
    due_at: float
    deadline: float
    patient: bool


@dataclass(frozen=True, slots=True)
class Waited:
    """The deadline was moved once, because a ping may have gone unheard."""

    until: float
    why: str
    at: float


@dataclass(frozen=True, slots=True)
class Down:
    """It is an alert now, which starts at `since`."""

    cause: Literal["missing", "running", "failed"]
    why: str
    since: float
    alarms: tuple[Alarm, ...]
    at: float


@dataclass(frozen=True, slots=True)
class FailedAgain:
    """A failure was reported while it was down."""

    why: str
    at: float


@dataclass(frozen=True, slots=True)
class Repeated:
    """The alert still fires and was said again."""

    at: float


@dataclass(frozen=True, slots=True)
class Recovered:
    """The alert is over."""

    why: str
    since: float
    at: float


@dataclass(frozen=True, slots=True)
class Armed:
    """Pings are expected."""

    by: str
    at: float


@dataclass(frozen=True, slots=True)
class Paused:
    """Nothing is expected until it is armed again."""

    by: str
    at: float


@dataclass(frozen=True, slots=True)
class Forgotten:
    """It was deleted."""

    at: float


ALL: tuple[type, ...] = (
    Heard,
    Expected,
    Waited,
    Down,
    FailedAgain,
    Repeated,
    Recovered,
    Armed,
    Paused,
    Forgotten,
)
