"""Laws of heartbeats, under any course of pings, outages and people (domain/heartbeat.py)."""

from __future__ import annotations

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from actors.heartbeat import HeartbeatActor
from domain.beat import Beat
from domain.configuration import Configuration
from domain.expected import Heartbeat
from domain.heartbeat import ArmHeartbeat, HeartbeatChanged, NobodyListened, PauseHeartbeat, PingReceived
from domain.incident import Line
from domain.policy import Policy
from runtime.codec import Kind
from runtime.entity import Cancel, Ctx, Set, TimerFired
from runtime.ids import EntityId
from tests.unit.desk import T0, Desk

GRACE, PERIOD = 60.0, 600.0
ACTOR = HeartbeatActor()


def configured(period: float = PERIOD, there: bool = True) -> Configuration:
    beat = Heartbeat("h", "Job", GRACE, "p", period_s=period)
    return Configuration(1, policies={"p": Policy("p", "P", 1, ())}, heartbeats={"h": beat} if there else {})


class Machine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.now, self.seq = T0, 0
        self.beat = Beat()
        self.timers: dict[str, float] = {}
        self.config = configured()
        self.desk = Desk()  # the incident line that its alerts go to
        self.firing: set[float] = set()
        self.starts: list[float] = []
        self.heard_at = T0

    def give(self, message: Any) -> None:
        decision = ACTOR.decide(
            self.beat, message, Ctx(self.now, EntityId("heartbeat", "h"), self.seq, "c", self.config)
        )
        was = self.beat
        for event in decision.events:
            self.beat = ACTOR.apply(self.beat, event)
            self.seq += 1
        kind = Kind(ACTOR)
        assert kind.state(1, kind.encode_state(self.beat), "h") == self.beat
        for change in decision.timers:
            match change:
                case Set(name, at):
                    self.timers[name] = at
                case Cancel(name):
                    self.timers.pop(name, None)
        for tell in decision.tell:
            (alert,) = tell.message.events
            assert alert.starts_at is not None
            if alert.status == "firing":
                if was.down_since is None:
                    self.starts.append(alert.starts_at)
                self.firing = {alert.starts_at}
            else:
                self.firing.discard(alert.starts_at)
            self.desk.now = self.now
            self.desk.alerts(alert)

    @rule(seconds=st.sampled_from([0.0, 1.0, 30.0, 59.0, 61.0, 300.0, 650.0, 5000.0]))
    def time_passes(self, seconds: float) -> None:
        until = self.now + seconds
        while self.timers and min(self.timers.values()) <= until:
            name = min(self.timers, key=lambda n: self.timers[n])
            self.now = max(self.now, self.timers[name])
            self.give(TimerFired(name, self.timers.pop(name)))
        self.now = until

    @rule(seconds=st.sampled_from([10.0, 100.0, 5000.0]))
    def sentinel_is_away(self, seconds: float) -> None:
        """Timers fire late, all at once; a job that would have pinged is not to blame."""
        self.now += seconds
        for name, at in sorted(self.timers.items(), key=lambda t: t[1]):
            if at <= self.now:
                del self.timers[name]
                late, was = self.now - at, self.beat
                self.give(TimerFired(name, at))
                if name == "deadline" and late > 30 and not was.patient:
                    assert self.beat.down_since is None
                    assert self.timers["deadline"] == self.now + GRACE

    @rule(kind=st.sampled_from(["success", "start", "fail"]), lag=st.sampled_from([0.0, 0.0, 5.0, 200.0, 3000.0]))
    def ping(self, kind: Any, lag: float) -> None:
        was = self.beat
        self.give(PingReceived(kind, self.now - lag, None, "x"))
        if not self.beat.paused:
            assert (self.beat.down_since is None) == (kind == "success" or (kind == "start" and was.down_since is None))
        else:
            assert self.beat.down_since is None

    @rule(by=st.just("Ada"))
    def arm(self, by: str) -> None:
        self.give(ArmHeartbeat(by))
        assert self.beat.armed and not self.beat.paused

    @rule()
    def pause(self) -> None:
        self.give(PauseHeartbeat("Ada"))
        assert self.beat.paused and not self.firing

    @rule(period=st.sampled_from([60.0, 600.0, 90_000.0]))
    def change(self, period: float) -> None:
        self.config = configured(period)
        self.give(HeartbeatChanged())
        if self.beat.expecting:
            assert self.timers["deadline"] >= self.now + GRACE

    @rule()
    def delete_and_make_again(self) -> None:
        self.config = configured(there=False)
        self.give(HeartbeatChanged())
        assert not self.firing and not self.timers and self.beat == Beat()
        self.config = configured()
        self.now += 1.0

    @precondition(lambda self: self.beat.expecting)
    @rule(gap=st.sampled_from([31.0, 4000.0]))
    def nobody_listened(self, gap: float) -> None:
        self.give(NobodyListened(self.now - gap, self.now))
        assert self.beat.deadline is not None
        assert self.beat.patient or self.beat.deadline >= self.now + GRACE

    @invariant()
    def an_absence_cannot_pass_unnoticed(self) -> None:
        if self.beat.expecting:
            assert self.timers.get("deadline") == self.beat.deadline is not None
        else:
            assert "deadline" not in self.timers
        assert ("repeat" in self.timers) == (self.beat.down_since is not None)

    @invariant()
    def what_is_down_is_an_open_incident_and_nothing_else_is(self) -> None:
        line: Line = self.desk.line
        assert self.firing == (set() if self.beat.down_since is None else {self.beat.down_since})
        settling = line.flap.since is not None  # one that comes and goes stays open until it is quiet
        assert line.open == bool(self.firing) or (line.open and settling)

    @invariant()
    def alerts_start_at_different_moments(self) -> None:
        assert self.starts == sorted(set(self.starts))


Machine.TestCase.settings = settings(max_examples=150, stateful_step_count=30, deadline=None)
TestHeartbeat = Machine.TestCase
