"""Heartbeats, or dead man's switches: what follows from a ping, from its absence, and from what people do. Pure.

              armed by            deadline                      alert                     ends by
    new       first ping, arm     -                             never                     -
    up        -                   due + grace; while a run is   at the deadline, or at    a finish, pause, deletion
                                  on, start + grace if earlier  once by a ping of failure
    down      -                   -                             repeated every hour       a finish, pause, deletion
    paused    arm                 -                             never                     -

- One alert an absence: it fires with the moment at which the absence was noticed as its start, and the ping that ends
  it resolves the same. Both go to the same incident line, whatever was changed in between.
- No two alerts of a heartbeat start at the same moment, so none is taken for a late copy of another.
- Patience: where a ping may have gone unheard because Sentinel itself was away, the deadline is moved to one grace from
  now, once; the next ping gives that patience back. A changed heartbeat has a grace from the change on, too.
- A ping that was kept in the spool counts from when it came in.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

from domain import beat_events as e
from domain.alert import AlertEvent
from domain.beat import Beat, apply
from domain.beat_events import Alarm, Run
from domain.calendar import utc
from domain.configuration import Configuration, Integration
from domain.enrichment import taken_in
from domain.expected import Heartbeat
from domain.incident import AlertsReceived
from domain.words import clean

LATE_S = 30.0
"""A deadline noticed later than this was noticed late because Sentinel was away, and is given patience."""
LAG_S = 10.0
"""A ping processed later than this after it came in was kept in the spool, and counts from when it came in."""
REPEAT_S = 3600.0
"""So that an incident resolved by hand opens again while nothing is heard from the job."""
APART_S = 0.001
SAID_MAX = 1_000
DEADLINE, REPEAT = "deadline", "repeat"


# -- messages: what may be put into the inbox of a heartbeat -------------------------------------------


@dataclass(frozen=True, slots=True)
class PingReceived:
    """`received_at`: the gateway's UTC epoch seconds. `said`: the beginning of what the job posted."""

    kind: e.Kind
    received_at: float
    exit_code: int | None = None
    said: str = ""


@dataclass(frozen=True, slots=True)
class ArmHeartbeat:
    """Expect pings from now on, also after a pause."""

    by: str


@dataclass(frozen=True, slots=True)
class PauseHeartbeat:
    """Expect nothing until it is armed again."""

    by: str


@dataclass(frozen=True, slots=True)
class HeartbeatChanged:
    """It was saved or deleted: look again."""


@dataclass(frozen=True, slots=True)
class NobodyListened:
    """No gateway could take a ping between these two moments, UTC epoch seconds."""

    since: float
    until: float


# -- decisions -----------------------------------------------------------------------------------------


class Turn:
    """A decision being made; `beat` is always the state after the events so far."""

    def __init__(self, ident: str, beat: Beat, config: Configuration, now: float) -> None:
        self.beat = beat
        self.events: list[Any] = []
        self.timers: dict[str, float | None] = {}
        """Name -> when, or None to disarm."""
        self.tell: list[tuple[str, AlertsReceived]] = []
        """Incident line -> what it is told."""
        self.reply: dict[str, Any] | None = None
        self._config = config
        self._now = now
        self._ident = ident
        self._found = config.heartbeats.get(ident)

    def ping(self, ping: PingReceived) -> None:
        """The job was heard from."""
        at = ping.received_at if self._now - ping.received_at > LAG_S else self._now
        at = max(at, self.beat.last_ping_at or 0.0)
        if self._found is None:
            return
        quiet, down = self.beat.paused, self.beat.down_since is not None
        run = None
        if ping.kind != "start" and self.beat.started_at is not None:
            run = Run(self.beat.started_at, at, ping.kind == "success", ping.exit_code)
        self._add(e.Heard(ping.kind, at, ping.exit_code, clean(ping.said, SAID_MAX), run, self._now))
        if quiet:
            return
        if ping.kind == "fail":
            code = f" (exit code {ping.exit_code})" if ping.exit_code is not None else ""
            self._alarm("failed", f"{self._found.name} reports a failure{code}")
        elif ping.kind == "success":
            if down:
                self._recover("heard from")
            self._expect(at)
        elif not down:
            self._begun(at)

    def look(self) -> None:
        """The configuration of the heartbeat was changed."""
        if self._found is None:
            if self.beat != Beat():
                self._recover("deleted")
                self._halt()
                self._add(e.Forgotten(self._now))
        elif self.beat.expecting and self.beat.since is not None:
            self._expect(self.beat.since, self._now + self._found.grace_s, patient=True)

    def arm(self, by: str) -> None:
        """Expect pings from now on."""
        beat, why = self.beat, ""
        if self._found is None:
            why = "there is no such heartbeat"
        elif beat.down_since is not None:
            why = "it is down: the next ping of a finished run ends that"
        elif beat.expecting:
            why = "it is armed already"
        else:
            self._add(e.Armed(by, self._now))
            self._expect(self._now)
        self.reply = {"done": not why, "why": why}

    def pause(self, by: str) -> None:
        """Expect nothing; what is alarmed is over."""
        why = "it is paused already" if self.beat.paused else ""
        why = why if self._found is not None else "there is no such heartbeat"
        if not why:
            self._recover("paused")
            self._halt()
            self._add(e.Paused(by, self._now))
        self.reply = {"done": not why, "why": why}

    def unheard(self, since: float, until: float) -> None:
        """No ping could be received for a while: whoever was due in it gets patience."""
        beat = self.beat
        if self._found is None or beat.deadline is None or beat.patient:
            return
        if beat.deadline < max(until, since) + self._found.grace_s:
            self._wait(f"no ping could be received for {max(0.0, until - since):.0f} s")

    def due(self, name: str, due_at: float) -> None:
        """A timer fired."""
        beat, late = self.beat, self._now - due_at
        if self._found is None:
            return
        if name == REPEAT and beat.down_since is not None:
            self._repeat()
        elif name == DEADLINE and beat.deadline is not None and beat.expecting:
            if late > LATE_S and not beat.patient:
                self._wait(f"this was noticed {late:.0f} s late, because Sentinel was away")
            else:
                self._missed(self._found)

    # -- parts ---------------------------------------------------------------------------------------------

    def _add(self, event: Any) -> None:
        self.events.append(event)
        self.beat = apply(self.beat, event)

    def _begun(self, at: float) -> None:
        """A run started: it must end within the grace, and the job be heard from in time all the same."""
        beat, found = self.beat, self._found
        assert found is not None
        if beat.since is None or beat.deadline is None:
            self._expect(at)
        elif min(found.due_after(beat.since), at) + found.grace_s > self._now or beat.patient:
            self._expect(beat.since, beat.deadline if beat.patient else 0.0, beat.patient)
        # Else it comes too late: the deadline's timer is about to say so, and a start must not put that off.

    def _expect(self, since: float, soonest: float = 0.0, patient: bool = False) -> None:
        """The next ping counts from `since`. A deadline that has passed (the ping lay in the spool) has patience."""
        found, start = self._found, self.beat.started_at
        assert found is not None
        due = found.due_after(since)
        deadline = max(soonest, (due if start is None else min(due, start)) + found.grace_s)
        if deadline <= self._now:
            deadline, patient = self._now + found.grace_s, True
        self._add(e.Expected(since, due, deadline, patient))
        self.timers |= {DEADLINE: deadline, REPEAT: None}

    def _wait(self, why: str) -> None:
        assert self._found is not None
        until = self._now + self._found.grace_s
        self._add(e.Waited(until, why, self._now))
        self.timers[DEADLINE] = until

    def _missed(self, found: Heartbeat) -> None:
        beat = self.beat
        if beat.started_at is not None:
            ran = self._now - beat.started_at
            self._alarm("running", f"{found.name} has been running for {ran:.0f} s and did not finish")
        else:
            self._alarm("missing", f"{found.name} was not heard from: expected {found.rhythm()}")

    def _alarm(self, cause: Literal["missing", "running", "failed"], title: str) -> None:
        """Fire, or say again that it fires."""
        if self.beat.down_since is not None:
            self._add(e.FailedAgain(title, self._now))
            self._repeat()
            return
        found, beat, config = self._found, self.beat, self._config
        assert found is not None
        down_since = max(self._now, beat.last_down_at + APART_S)
        event = _alert(found, beat, down_since, title)
        groups = taken_in(config, integration_of(found), [event], self._now)
        alarms = tuple(
            Alarm(g.line_key, g.policy_id, g.team_id, g.service_id, g.rule, g.problems, g.events[0]) for g in groups
        )
        self._add(e.Down(cause, title, down_since, alarms, self._now))
        self.timers = {DEADLINE: None, REPEAT: self._now + REPEAT_S}
        self._say(lambda alarm: alarm.event)

    def _repeat(self) -> None:
        """The alert still fires."""
        if self.events == []:
            self._add(e.Repeated(self._now))
        self.timers[REPEAT] = self._now + REPEAT_S
        self._say(lambda alarm: alarm.event)

    def _recover(self, why: str) -> None:
        """What fires is over."""
        if self.beat.down_since is None:
            return
        self._say(lambda alarm: replace(alarm.event, status="resolved"))
        self._add(e.Recovered(why, self.beat.down_since, self._now))

    def _halt(self) -> None:
        self.timers |= {DEADLINE: None, REPEAT: None}

    def _say(self, event: Callable[[Alarm], AlertEvent]) -> None:
        for alarm in self.beat.alarms:
            message = AlertsReceived(
                integration_id=f"heartbeat/{self._ident}",
                events=(event(alarm),),
                team_id=alarm.team_id,
                policy_id=alarm.policy_id,
                received_at=self._now,
                service_id=alarm.service_id,
                rule=alarm.rule,
                problems=alarm.problems,
            )
            self.tell.append((alarm.line, message))


def integration_of(found: Heartbeat) -> Integration:
    """Where its alerts come in: a default route of its own, after the organisation's rules."""
    return Integration(
        id=f"heartbeat/{found.id}",
        name=found.name,
        type="generic",
        policy_id=found.policy_id,
        team_id=found.team_id,
        default_severity=found.severity,
        service_id=found.service_id,
    )


def _alert(found: Heartbeat, beat: Beat, since: float, title: str) -> AlertEvent:
    """With what a tired person must know: the rhythm, and what was heard last."""
    last = beat.last_ping_at
    heard = "Never heard from." if last is None else f"Last heard from {utc(last):%Y-%m-%d %H:%M:%S} UTC."
    said = f"\nIt said: {beat.said}" if beat.said else ""
    text = f"Expected {found.rhythm()}, with a grace of {found.grace_s:g} s. {heard}{said}"
    labels = {"heartbeat": found.name, "heartbeat_id": found.id}
    return AlertEvent(found.id, "firing", title, found.severity, text, labels=labels, starts_at=since)
