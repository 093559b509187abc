"""What an explanation takes and gives: facts as they are stored, and answers for people and machines. Data only.

Times are UTC epoch seconds; every sentence is whole and says its times in the zone that was asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from domain.schedule import Schedule


@dataclass(frozen=True, slots=True)
class Happened:
    """One event of an incident as the journal has it; `kind` may be one that this program does not know."""

    kind: str
    body: Mapping[str, Any]
    at: float


@dataclass(frozen=True, slots=True)
class Attempt:
    """One row of the send log. `kind`: attempt or receipt; `tried` None: its host ended before it said so."""

    kind: str
    number: int
    tried: bool | None
    state: str
    detail: str
    provider_id: str | None
    started_at: float | None
    at: float
    host: str = ""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A page's row in the outbox with its attempts, in order."""

    id: str
    channel: str
    state: str
    detail: str
    body: Mapping[str, Any]
    provider_id: str | None = None
    attempts: tuple[Attempt, ...] = ()
    others: int = 0
    """Pages of other incidents that went out in the same message."""


@dataclass(frozen=True, slots=True)
class IncidentFacts:
    """Everything stored about one incident."""

    id: str
    title: str
    events: Sequence[Happened]
    pages: Mapping[str, Outgoing] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PastSchedule:
    """A schedule as it was at the instant; `exact` False: its earliest known version, made later."""

    schedule: Schedule
    exact: bool = True


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """A person, the schedules of that time, and the incidents that were open about then."""

    user_id: str
    at: float
    schedules: Sequence[PastSchedule]
    incidents: Sequence[IncidentFacts]


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a person was called. `kind`: step, last_resort, reassignment or unknown. Steps, rounds and rules from 1."""

    kind: str
    policy_id: str | None = None
    policy: str | None = None
    policy_version: int | None = None
    step: int | None = None
    steps: int | None = None
    round: int | None = None
    schedule_id: str | None = None
    schedule: str | None = None
    source: str | None = None
    who: str | None = None
    """Of the schedule: on_call, next or all_layers."""
    team: str | None = None
    shift_start: float | None = None
    shift_end: float | None = None
    by: str | None = None
    urgency: str | None = None
    rule: int | None = None
    after_s: float | None = None
    """The rule waits this long after the person was called."""
    fallback: bool = False
    """Not a rule of theirs: what comes when those are through."""
    unverified: bool = False
    """Nobody has proved that this contact method reaches them; nothing better was there."""


@dataclass(frozen=True, slots=True)
class PageStory:
    """One page: who, why, which words, what became of it. `text_unchanged` None: no hash was kept."""

    delivery: str
    user_id: str
    user: str
    channel: str
    contact: str
    address_hint: str
    ordered_at: float
    cause: Cause
    text_sha256: str
    text_unchanged: bool | None
    state: str
    provider: str
    provider_id: str | None
    attempts: tuple[Attempt, ...]
    sentence: str


@dataclass(frozen=True, slots=True)
class NotPaged:
    """Why somebody was not paged. `user_id` and `schedule_id` None: it holds for everybody.

    `code`: unreachable, nobody_on_call, condition, not_their_turn, acknowledged, nobody_reachable, withdrawn, failed,
    counted, duplicate, not_due, step_not_taken, repeated, ignored, held, suppressed or not_named.
    """

    code: str
    at: float
    sentence: str
    user_id: str | None = None
    schedule_id: str | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """One incident. `unexplained`: kinds of events that this program cannot speak about, and how many."""

    incident_id: str
    title: str
    summary: str
    pages: tuple[PageStory, ...]
    not_paged: tuple[NotPaged, ...]
    unexplained: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class OnCall:
    """A person and one schedule at an instant."""

    schedule_id: str
    schedule: str
    on_call: bool
    sentence: str


@dataclass(frozen=True, slots=True)
class InIncident:
    """A person and one incident."""

    incident_id: str
    title: str
    pages: tuple[PageStory, ...]
    reasons: tuple[NotPaged, ...]


@dataclass(frozen=True, slots=True)
class PersonExplanation:
    """What a person was to expect at an instant; incidents open between `since` and `until`."""

    user_id: str
    user: str
    at: float
    since: float
    until: float
    summary: str
    on_call: tuple[OnCall, ...]
    incidents: tuple[InIncident, ...]
