"""What the health of an installation is judged by. Data only; times in UTC epoch seconds, durations in seconds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class HostFact:
    """A host by its lease: `lease_s` is what is left of it. `program`: its version, "" if it is too old to say."""

    slot: str
    node: str
    started_at: float
    lease_s: float
    draining: bool
    shards: int
    program: str


@dataclass(frozen=True, slots=True)
class GatewayFact:
    """A gateway by its last sign of life, `age_s` ago. `behind`: events of the journal that it has not given out.

    `spool_problem`: "" or why its spool takes nothing. `streams`: events come from Valkey, not only from the journal.
    """

    id: str
    program: str
    started_at: float
    age_s: float
    spool_bytes: int
    spool_oldest_s: float
    spool_problem: str
    listeners: int
    behind: int
    streams: bool


@dataclass(frozen=True, slots=True)
class SendsFact:
    """Pages that are in this state and not final, and for how long the oldest has been due (0: it is not due yet)."""

    state: str
    count: int
    oldest_s: float


@dataclass(frozen=True, slots=True)
class BreakerFact:
    """A provider that some hosts do not send to now."""

    provider: str
    state: str
    why: str
    hosts: int


@dataclass(frozen=True, slots=True)
class ProviderFact:
    """A channel: what its pages of the last hour came to, and when one last did and did not arrive (of a day).

    `problem`: "" or why pages cannot be sent by it at all. `contacts`: contact methods of active people that use it.
    """

    channel: str
    problem: str
    contacts: int
    sent: int = 0
    failed: int = 0
    unknown: int = 0
    last_success_at: float | None = None
    last_failure_at: float | None = None
    last_failure: str = ""
    breakers: Sequence[BreakerFact] = ()


@dataclass(frozen=True, slots=True)
class WatchFact:
    """The watchdog's. Ages None: never. `deadman` None: no URL is set, or none was tried yet; "": the ping arrived.

    `canary_lost`: why the newest canary did not come through, "" if it did; `missed`: why the last of 24 hours did
    not, which was `missed_age_s` ago; None: all did.
    """

    beat_age_s: float | None
    canary_age_s: float | None
    canary_s: float | None
    canary_lost: str
    flown: int
    through: int
    deadman_age_s: float | None
    deadman: str | None
    alarms: Sequence[str] = ()
    missed_age_s: float | None = None
    missed: str = ""


@dataclass(frozen=True, slots=True)
class Figures:
    """What the database says. `newest`: position of the journal's newest event."""

    at: float
    hosts: Sequence[HostFact]
    gateways: Sequence[GatewayFact]
    sends: Sequence[SendsFact]
    unowned: int
    undone: int
    undone_oldest_s: float
    late_timers: int
    latest_timer_s: float
    quarantined: int
    watch: WatchFact


@dataclass(frozen=True, slots=True)
class Facts:
    """All of it. `figures` None: the database does not answer. Latencies None: no answer.

    `away_s`: for how long the database has not answered this gateway.
    """

    figures: Figures | None
    database_s: float | None
    away_s: float
    valkey_s: float | None
    own: GatewayFact
    providers: Sequence[ProviderFact] = field(default_factory=tuple)
