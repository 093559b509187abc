"""What a run is given: everything, so that it can be run again, compared, and made smaller. Data only.

Instants are UTC epoch seconds of virtual time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from domain.alert import AlertEvent
from domain.beat_events import Kind
from domain.configuration import Configuration


@dataclass(frozen=True, slots=True)
class Arrival:
    """One request of a sender. `by_hand`: not a request, but a human who resolves the incident of these alerts.

    `policy_id`, `team_id`: of alerts that came by no integration (a heartbeat's, or somebody's by hand); `group_key` of
    these is their line.
    """

    at: float
    integration_id: str
    events: tuple[AlertEvent, ...]
    group_title: str = ""
    by_hand: bool = False
    policy_id: str = ""
    team_id: str | None = None


@dataclass(frozen=True, slots=True)
class Reaction:
    """How a person answers pages: `answers` is the chance to answer one at all, `median_s` how fast."""

    median_s: float
    answers: float


@dataclass(frozen=True, slots=True)
class Behaviour:
    """A person. `by_channel`: a call wakes, a mail does not; False where the figures were learned from the past,

    whose mix of channels is in them. `habits`: chance that they snooze, reassign, escalate or take it back instead
    of plainly acknowledging. `source`: where this is from, for the report.
    """

    day: Reaction = Reaction(180.0, 0.92)
    night: Reaction = Reaction(300.0, 0.8)
    by_channel: bool = True
    habits: float = 0.0
    source: str = "default"


DEFAULT = Behaviour()


@dataclass(frozen=True, slots=True)
class Faults:
    """Chances per send, and outages a year per channel; all zero: every page arrives in seconds."""

    refuses: float = 0.0
    loses: float = 0.0
    undelivered: float = 0.0
    duplicate_receipt: float = 0.0
    outages_per_year: float = 0.0

    def scaled(self, by: float) -> Faults:
        """The same mix, `by` times as often; chances stay below a half."""
        return Faults(
            min(0.5, self.refuses * by),
            min(0.5, self.loses * by),
            min(0.5, self.undelivered * by),
            min(0.5, self.duplicate_receipt * by),
            self.outages_per_year * by,
        )


USUAL_FAULTS = Faults(0.02, 0.01, 0.02, 0.05, 12.0)


@dataclass(frozen=True, slots=True)
class Change:
    """A saved configuration; decisions see it from `at` on."""

    at: float
    configuration: Configuration


@dataclass(frozen=True, slots=True)
class Upgrade:
    """Hosts are replaced by a new version, one after another; the shards of each stand still for `pause_s`."""

    at: float
    pause_s: float


@dataclass(frozen=True, slots=True)
class Ping:
    """A job says that it starts, has finished, or has failed."""

    at: float
    heartbeat_id: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Scenario:
    """One run, from `start` to `end`. People who are not in `people` behave by default."""

    seed: int
    start: float
    end: float
    configuration: Configuration
    arrivals: tuple[Arrival, ...]
    people: Mapping[str, Behaviour] = field(default_factory=dict)
    faults: Faults = Faults()
    changes: tuple[Change, ...] = ()
    upgrades: tuple[Upgrade, ...] = ()
    pings: tuple[Ping, ...] = ()
    schedules: frozenset[str] | None = None
    """Those whose hand-offs are played; None: all of them."""

    def with_configuration(self, configuration: Configuration) -> Scenario:
        """The same alerts and people under another configuration, from the start on."""
        return replace(self, configuration=configuration, changes=())

    @property
    def days(self) -> float:
        """Length in days."""
        return (self.end - self.start) / 86_400
