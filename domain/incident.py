"""An incident line: state, commands and events. Data only; the rules are in escalation.py.

One entity holds one *line* of incidents: everything that shares a grouping key. The line has at most one
open incident at a time, numbered by `episode`; when that is resolved and the trouble returns, the next
episode begins. The public incident id is `<line key>-<episode>`. One writer per line makes de-duplication, out-of-order
resolves and acknowledge-against-resolve races plain sequential code (ADR 0005).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from domain.alert import AlertEvent, Severity
from domain.flap import Flap
from domain.outage import OutageMark
from domain.pace import Fired
from domain.people import NotificationRule
from domain.policy import Policy, Target
from domain.replacing import quick
from domain.ties import Ties

FULL_MEMBERS = 100
"""Alerts of an incident kept with labels and links; the ones after them keep title and severity only."""


class Status(StrEnum):
    """Life of an incident as people see it."""

    TRIGGERED = "triggered"
    ACKNOWLEDGED = "acknowledged"
    SNOOZED = "snoozed"
    SUPPRESSED = "suppressed"
    """Open, and nobody is paged for now: silenced, under maintenance, given time. What fires afterwards escalates."""
    RESOLVED = "resolved"


# -- commands: what may be put into the inbox of an incident line ------------------------------------


@quick
@dataclass(frozen=True, slots=True)
class AlertsReceived:
    """Alerts of one request that fall into this line. `received_at` is the gateway's, for display only.

    `rule`: why they go here. `problems`: what was configured for them and failed; the safe side was taken.
    `wait_s`: time to resolve by themselves before anybody is paged.
    """

    integration_id: str
    events: tuple[AlertEvent, ...]
    team_id: str | None
    policy_id: str
    received_at: float
    group_title: str = ""
    service_id: str | None = None
    rule: str = ""
    problems: tuple[str, ...] = ()
    wait_s: float = 0.0
    guest: bool = False
    """They come from a line that was merged into this one: of what its own sender leaves out they say nothing."""


@quick
@dataclass(frozen=True, slots=True)
class Acknowledge:
    """`user_id`: who, if it is a user of ours."""

    episode: int
    by: str
    note: str = ""
    user_id: str | None = None


@dataclass(frozen=True, slots=True)
class Unacknowledge:
    """`user_id`: as of Acknowledge."""

    episode: int
    by: str
    note: str = ""
    user_id: str | None = None


@dataclass(frozen=True, slots=True)
class Resolve:
    episode: int
    by: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Snooze:
    """Silence until `until` (UTC epoch seconds); then it escalates from the first step again."""

    episode: int
    by: str
    until: float
    note: str = ""


@dataclass(frozen=True, slots=True)
class AddNote:
    episode: int
    by: str
    note: str


@dataclass(frozen=True, slots=True)
class Reassign:
    """Call these targets now instead of the policy's next step; escalation goes on from the policy after."""

    episode: int
    by: str
    targets: tuple[Target, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class EscalateNow:
    """Do not wait for the current step's time to pass."""

    episode: int
    by: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class LookAgain:
    """What keeps people from being paged has changed: a suppressed incident looks whether it is still so."""


# -- state: small, because tens of thousands of incidents stay open ------------------------------------


@quick
@dataclass(frozen=True, slots=True)
class AlertState:
    """One alert of the open incident."""

    key: str
    title: str
    firing: bool
    severity: Severity
    starts_at: float | None
    count: int = 1
    labels: Mapping[str, str] = field(default_factory=dict)
    description: str = ""
    links: tuple[tuple[str, str], ...] = ()
    silenced_by: tuple[str, ...] = ()
    silences: tuple[str, ...] | None = None
    """Of an alert kept without labels: ids of the silences that fitted it when it fired."""


@quick
@dataclass(frozen=True, slots=True)
class Cover:
    """Why nobody is paged for an incident for now. `ids`: of what it rests on, without which it would page.

    `by`: for people, e.g. "silenced by Ada". `until`: when the first of these ends, UTC epoch seconds.
    """

    kind: Literal["silence", "maintenance", "wait"]
    ids: tuple[str, ...]
    by: str
    until: float
    comment: str = ""


@quick
@dataclass(frozen=True, slots=True)
class Ladder:
    """A person being called upon: their rules as frozen at that moment, and which comes next.

    `ordered`: delivery id of the page for each rule used so far, "" where one of an outage was counted.
    """

    user_id: str
    started_at: float
    rules: tuple[NotificationRule, ...]
    next: int = 0
    ordered: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    quiet: bool = False
    """Their quiet hours hold its pages."""
    earlier: tuple[str, ...] = ()
    """Delivery ids of pages of calls before this one."""


@dataclass(frozen=True, slots=True)
class Ack:
    """Somebody's acknowledgement that counts (domain/quorum.py). `user_id` None: of a machine."""

    by: str
    at: float
    user_id: str | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """A round-robin step that is due and does not know whose turn it is; see TurnAsked."""

    step: int
    round: int
    late_s: float = 0.0
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class Tombstone:
    """An occurrence that was resolved: by its source, or by a human while the source may still fire."""

    at: float
    human: bool


@quick
@dataclass(frozen=True, slots=True)
class Watch:
    """How an acknowledged incident is watched (domain/acknowledged.py).

    `user_id`: who acknowledged it last. `active_at`: when a human last did something with it. `alerts`, `severity`,
    `values`: the worst that anybody was told in this incident. `lapsed_at`: when an acknowledgement last lapsed.
    `shifts`: when the shift of each who acknowledged it ends; `shift_ends`: the first of these.
    """

    user_id: str | None = None
    active_at: float = 0.0
    reminded: bool = False
    shift_ends: float | None = None
    alerts: int = 0
    severity: Severity = Severity.INFO
    values: tuple[str, ...] = ()
    lapsed_at: float | None = None
    shifts: Mapping[str, float] = field(default_factory=dict)


@quick
@dataclass(frozen=True, slots=True)
class Line:
    """State of an incident line. `episode` 0 means that there was no incident yet.

    `tombstones`: occurrence (see `occurrence`) -> how it ended, so that a late firing does not re-open.
    `next_at`: when something happens by itself, if nobody does anything. `outage`: pages that went out while the
    database was away, see domain/outage.py. `held`: why nobody is paged, while suppressed; in a resolved incident, that
    it was over before anybody was.
    """

    episode: int = 0
    status: Status = Status.RESOLVED
    title: str = ""
    severity: Severity = Severity.CRITICAL
    integration_id: str = ""
    team_id: str | None = None
    opened_at: float = 0.0
    updated_at: float = 0.0
    alerts: Mapping[str, AlertState] = field(default_factory=dict)
    policy: Policy | None = None
    step: int = -1
    round: int = 0
    exhausted: bool = False
    next_at: float | None = None
    ladders: Mapping[str, Ladder] = field(default_factory=dict)
    called: tuple[str, ...] = ()
    acked_by: str | None = None
    acked_at: float | None = None
    resolved_by: str | None = None
    resolved_at: float | None = None
    truncated: int = 0
    tombstones: Mapping[str, Tombstone] = field(default_factory=dict)
    outage: tuple[OutageMark, ...] = ()
    service_id: str | None = None
    major: bool = False
    raised_to: Severity | None = None
    """The declaration's severity: the incident has no lesser one, whatever its alerts say."""
    fired: Fired = ()
    held: Cover | None = None
    wait_until: float | None = None
    """Until when it is given time to resolve by itself."""
    flap: Flap = field(default_factory=Flap)
    ties: Ties = field(default_factory=Ties)
    asked: Asked | None = None
    calling: tuple[str, ...] = ()
    """Whom the present step called."""
    cut_until: float = 0.0
    """When the wait of the step that was cut short last would have ended; until then no other one is."""
    watch: Watch = field(default_factory=Watch)
    first_acked_at: float | None = None
    """Also where that acknowledgement was taken back or ran out."""
    by_human: bool = False
    """Whether it was a person, or a step of the policy, who resolved it."""
    acks: tuple[Ack, ...] = ()
    """Whose acknowledgements count now, also while they are too few."""

    @property
    def open(self) -> bool:
        """True from the trigger to the resolution."""
        return self.status is not Status.RESOLVED


UNKNOWN = 0
"""Episode in ids and commands of who could not look it up (the database was away): the line's present incident."""


def occurrence(key: str, starts_at: float) -> str:
    """One firing of one alert: the same alert that fires again later has another start."""
    return f"{key}@{starts_at:.6f}"


def incident_id(line_key: str, episode: int) -> str:
    """Public id of one episode."""
    return f"{line_key}-{episode}"


def parse_incident_id(text: str) -> tuple[str, int] | None:
    """Line key and episode of a public id, or None if it is not one."""
    key, _, episode = text.rpartition("-")
    return (key, int(episode)) if key and episode.isascii() and episode.isdigit() else None
