"""What happened to an incident line: the events that its journal holds. Data only; applied in domain/line.py.

Every event names its episode, so that the timeline of one incident is a filter over the line's journal.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from domain import tie_events
from domain.alert import Severity
from domain.flap_events import FlappingEnded as FlappingEnded
from domain.flap_events import FlappingStarted as FlappingStarted
from domain.flap_events import Settling as Settling
from domain.flap_events import Worsened as Worsened
from domain.incident import AlertState, Cover
from domain.outage import OutagePage
from domain.people import NotificationRule
from domain.policy import Policy, Target
from domain.replacing import quick
from domain.step_events import LastResortCalled as LastResortCalled
from domain.step_events import MajorDeclared as MajorDeclared
from domain.step_events import NobodyReachable as NobodyReachable
from domain.step_events import StepCutShort as StepCutShort
from domain.step_events import StepEmpty as StepEmpty
from domain.step_events import StepSkipped as StepSkipped
from domain.step_events import StepStarted as StepStarted
from domain.step_events import TurnAsked as TurnAsked
from domain.watched import Acknowledged as Acknowledged
from domain.watched import AcknowledgementCounted as AcknowledgementCounted
from domain.watched import AcknowledgementLapsed as AcknowledgementLapsed
from domain.watched import AcknowledgerReminded as AcknowledgerReminded
from domain.watched import Unacknowledged as Unacknowledged
from domain.watched import Watched as Watched


@dataclass(frozen=True, slots=True)
class Triggered:
    """A new episode. `policy` None: it was deleted or never existed, the last resort takes its place.

    `rule`: which route led here.
    """

    episode: int
    title: str
    severity: Severity
    integration_id: str
    team_id: str | None
    policy: Policy | None
    reason: str
    at: float
    service_id: str | None = None
    rule: str = ""


@dataclass(frozen=True, slots=True)
class FellBack:
    """Something configured for alerts that came in failed (an expression, a template); they were taken without it."""

    episode: int
    problems: tuple[str, ...]
    at: float


@dataclass(frozen=True, slots=True)
class SilencedAtSource:
    """By whom alerts are silenced at their source now, in its words; nobody: they no longer are. Only shown."""

    episode: int
    by: Mapping[str, tuple[str, ...]]
    at: float


@dataclass(frozen=True, slots=True)
class AlertsFired:
    """Alerts joined the incident, or fired anew within it. `severity`: the worst of all that fires now."""

    episode: int
    alerts: tuple[AlertState, ...]
    severity: Severity
    at: float


@dataclass(frozen=True, slots=True)
class AlertsRepeated:
    """The sender said again what we know; nothing else follows from it."""

    episode: int
    keys: tuple[str, ...]
    at: float


@dataclass(frozen=True, slots=True)
class AlertsResolved:
    """The source says that these alerts are over. `starts`: key -> which occurrence, as the sender said."""

    episode: int
    starts: Mapping[str, float | None]
    severity: Severity
    at: float


@dataclass(frozen=True, slots=True)
class AlertsIgnored:
    """Alerts that change nothing, and why. `resolved`: occurrences (key -> start) remembered as over."""

    episode: int
    keys: tuple[str, ...]
    why: str
    at: float
    resolved: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class GroupTruncated:
    """The sender left `omitted` alerts out of its list: the incident is not over when the listed ones are."""

    episode: int
    omitted: int


@dataclass(frozen=True, slots=True)
class PersonCalled:
    """A person is called upon, by these rules, whose delays count from `at` (earlier than now after an outage).

    `quiet`: their quiet hours hold its pages. `unverified`: contact methods used although nobody has proved them.
    `destination`: it is none (domain/destination.py).
    """

    episode: int
    user_id: str
    urgency: str
    rules: tuple[NotificationRule, ...]
    at: float
    quiet: bool = False
    unverified: tuple[str, ...] = ()
    destination: bool = False


@dataclass(frozen=True, slots=True)
class PageHeld:
    """The page of this rule is due and waits for the end of the person's quiet hours; the rules after it move along."""

    episode: int
    user_id: str
    rule: int
    until: float
    at: float


@dataclass(frozen=True, slots=True)
class Paged:
    """One page was ordered; what became of it is in the outbox under `delivery`.

    `text_sha256`: of its subject, a line break and its text, so that nobody can say later that it read otherwise.
    """

    episode: int
    delivery: str
    user_id: str
    contact_method_id: str
    channel: str
    rule: int
    repeats: str | None = None
    """Delivery id of a page of an outage that perhaps arrived; this one says so in its text."""
    text_sha256: str = ""


@dataclass(frozen=True, slots=True)
class PageFailed:
    """A page was given up, or waits for a provider that is down; the person's next method follows at once."""

    episode: int
    delivery: str
    user_id: str
    channel: str
    reason: str


@dataclass(frozen=True, slots=True)
class PagedInOutage:
    """`source` sent this page while the database was away; the line learned of it `at`.

    `counts`: it stands for the page that its step would order. `doubles`: delivery id of the same page, which this
    line had ordered by itself before it learned of this one: withdrawn, unless it is out and the person paged twice.
    """

    episode: int
    page: OutagePage
    source: str
    counts: bool
    doubles: str | None
    at: float


@dataclass(frozen=True, slots=True)
class OutagePageCounted:
    """Instead of ordering a page, the step counts the one that went out in the outage (`sent_at`)."""

    episode: int
    delivery: str
    user_id: str
    contact_method_id: str
    channel: str
    rule: int
    sent_at: float


@dataclass(frozen=True, slots=True)
class WaitCounted:
    """The current step had begun in the outage, at `began_at`: its wait ends at `next_at`, not later."""

    episode: int
    step: int
    round: int
    began_at: float
    next_at: float
    at: float


@dataclass(frozen=True, slots=True)
class Resolved:
    """`human`: by a person or a step of the policy, while the source may still fire."""

    episode: int
    by: str
    note: str
    human: bool
    at: float


@dataclass(frozen=True, slots=True)
class Snoozed:
    episode: int
    by: str
    note: str
    until: float
    at: float


@dataclass(frozen=True, slots=True)
class Woken:
    """The snooze is over and it is not resolved: escalation starts from the first step."""

    episode: int
    at: float
    late_s: float = 0.0


@dataclass(frozen=True, slots=True)
class TimeGiven:
    """The incident has until then to resolve by itself before anybody is paged; or less than was said before."""

    episode: int
    until: float
    at: float


@dataclass(frozen=True, slots=True)
class AutoResolvePostponed:
    """Nothing was heard of it for long, but we could not hear for a while ourselves: it has the whole time again."""

    episode: int
    until: float
    at: float


@dataclass(frozen=True, slots=True)
class Suppressed:
    """Nobody is paged for this incident, which has paged nobody yet; or that goes on for another reason."""

    episode: int
    cover: Cover
    at: float


@dataclass(frozen=True, slots=True)
class SuppressionChecked:
    """Looked at again, and nothing has changed."""

    episode: int
    at: float


@dataclass(frozen=True, slots=True)
class Released:
    """It is suppressed no more and fires: escalation starts from the first step. `late_s`: 0 unless over 30 s late."""

    episode: int
    why: str
    at: float
    late_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Noted:
    episode: int
    by: str
    note: str
    at: float


@dataclass(frozen=True, slots=True)
class Reassigned:
    """`users` are called instead of the next step; the policy goes on at `next_at`."""

    episode: int
    by: str
    targets: tuple[Target, ...]
    users: tuple[str, ...]
    note: str
    next_at: float
    at: float


@dataclass(frozen=True, slots=True)
class Escalated:
    """Somebody did not want to wait for the next step."""

    episode: int
    by: str
    note: str
    at: float


@dataclass(frozen=True, slots=True)
class CommandIgnored:
    """A command that came too late or twice; recorded, nothing else."""

    episode: int
    command: str
    by: str
    why: str
    at: float


ALL: tuple[type, ...] = (
    Triggered,
    FellBack,
    SilencedAtSource,
    AlertsFired,
    AlertsRepeated,
    AlertsResolved,
    AlertsIgnored,
    GroupTruncated,
    StepStarted,
    StepEmpty,
    StepSkipped,
    StepCutShort,
    TurnAsked,
    MajorDeclared,
    LastResortCalled,
    NobodyReachable,
    PersonCalled,
    PageHeld,
    Paged,
    PageFailed,
    PagedInOutage,
    OutagePageCounted,
    WaitCounted,
    Acknowledged,
    AcknowledgementCounted,
    Watched,
    AcknowledgerReminded,
    AcknowledgementLapsed,
    Unacknowledged,
    Resolved,
    Snoozed,
    Woken,
    TimeGiven,
    AutoResolvePostponed,
    Suppressed,
    SuppressionChecked,
    Released,
    FlappingStarted,
    FlappingEnded,
    Settling,
    Worsened,
    Noted,
    Reassigned,
    Escalated,
    CommandIgnored,
    *tie_events.ALL,
)

for _kind in ALL:
    quick(_kind)
