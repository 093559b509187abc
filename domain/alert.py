"""The normalised inbound signal: what any sender's payload becomes before anything is decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal


class Severity(StrEnum):
    """How bad. Ordered by `rank`; a sender's word we do not know is not a severity (see AlertEvent)."""

    CRITICAL = "critical"
    ERROR = "error"
    WARNING = "warning"
    INFO = "info"

    @property
    def rank(self) -> int:
        """0 for info up to 3 for critical."""
        return _RANK[self]


_RANK = {Severity.INFO: 0, Severity.WARNING: 1, Severity.ERROR: 2, Severity.CRITICAL: 3}


@dataclass(frozen=True, slots=True)
class Link:
    """A place to look, e.g. a runbook or a graph."""

    href: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class AlertEvent:
    """One alert changing state, in our words.

    `dedup_key` identifies the alert within its integration (fingerprint, alias …). `group_key` is the
    sender's own group; None groups by `dedup_key`. `severity` None means that the sender said nothing
    or a word we do not know: the integration's default applies, and the sender's word stays in
    `labels["severity"]`. `starts_at`/`ends_at`: UTC epoch seconds as the sender said, else None; a
    sender that gives no start makes every firing a new occurrence. `truncated`: how many further alerts
    of the group the sender left out (then "all resolved" cannot be concluded from the list). `silenced_by`: who or what
    has silenced it at its source, in the source's words; that is shown, and keeps no page back by itself.
    """

    dedup_key: str
    status: Literal["firing", "resolved"]
    title: str
    severity: Severity | None = None
    description: str = ""
    group_key: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    links: tuple[Link, ...] = ()
    starts_at: float | None = None
    ends_at: float | None = None
    truncated: int = 0
    silenced_by: tuple[str, ...] = ()
    made_key: str | None = None
    """The grouping key that the integration's template made; None: there is none, or it failed."""
