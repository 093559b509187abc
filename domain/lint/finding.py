"""What lint finds, and what it is told besides the configuration. Data only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Level = Literal["critical", "warning", "info"]
LEVELS: tuple[Level, ...] = ("critical", "warning", "info")
"""critical: some page reaches nobody. warning: it would if one more thing went wrong. info: worth a look."""


@dataclass(frozen=True, slots=True)
class Finding:
    """`kind` is stable, for machines; `text` says what is wrong, what that means and what to do.

    `subject`: what it is about, with its kind ("user", "schedule" …), id and name. `start`, `end`: when it first
    happens, UTC epoch seconds, None where it is so now.
    """

    kind: str
    level: Level
    subject_kind: str
    subject_id: str
    subject: str
    text: str
    start: float | None = None
    end: float | None = None


@dataclass(frozen=True, slots=True)
class Gone:
    """An address that does not exist by the word of its provider, since when (UTC epoch seconds)."""

    since: float
    why: str


@dataclass(frozen=True, slots=True)
class Failing:
    """None of the last `pages` to an address arrived, nor a test: since the first of them (UTC epoch seconds), why."""

    since: float
    pages: int
    why: str


@dataclass(frozen=True, slots=True)
class Away:
    """Somebody's time off, UTC epoch seconds."""

    user_id: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Heard:
    """What is known of an integration's messages: since when it is counted, how many, the last, the longest silence."""

    since: float
    messages: int = 0
    last_at: float | None = None
    longest_silence_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Exercised:
    """The newest incident of a policy: when it opened, and under which version."""

    at: float
    version: int


@dataclass(frozen=True, slots=True)
class Facts:
    """What the configuration does not say. None: not known now, and so not checked.

    `channels`: channel -> "" if pages can be sent by it, else why not. `failing`: contact methods and destinations that
    have gone stale (domain/device.py). `gone`: those whose providers know no such address. `heard`: by integration.
    `exercised`: by policy. `tried` False: of a time from which `failing` and `gone` are not known.
    """

    channels: Mapping[str, str] = field(default_factory=dict)
    failing: Mapping[str, Failing] = field(default_factory=dict)
    gone: Mapping[str, Gone] = field(default_factory=dict)
    away: tuple[Away, ...] = ()
    heard: Mapping[str, Heard] | None = None
    exercised: Mapping[str, Exercised] | None = None
    tried: bool = True


@dataclass(frozen=True, slots=True)
class Unchecked:
    """A check that could not be made, and why."""

    kind: str
    why: str


@dataclass(frozen=True, slots=True)
class Report:
    """Findings, the worst first. `at`: when it was looked, UTC epoch seconds; `version`: of the configuration."""

    at: float
    version: int
    findings: tuple[Finding, ...]
    unchecked: tuple[Unchecked, ...] = ()

    def at_least(self, level: Level) -> tuple[Finding, ...]:
        """Findings of this level and worse ones."""
        worst = LEVELS[: LEVELS.index(level) + 1]
        return tuple(f for f in self.findings if f.level in worst)
