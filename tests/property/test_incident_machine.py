"""Laws of an incident line under any order of alerts, commands, failures and time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from domain import events as e
from domain.alert import AlertEvent, Severity
from domain.configuration import Maintenance, Silence
from domain.flap import Flapping
from domain.hold import LOOK_S
from domain.incident import (
    Acknowledge,
    EscalateNow,
    Line,
    Reassign,
    Resolve,
    Snooze,
    Status,
    Unacknowledge,
)
from domain.matcher import Matcher
from domain.outage import OutagePage
from domain.people import NotificationRule
from domain.policy import Conditions, Step, Vigil
from domain.promises import HALTS, LineJudge
from domain.quorum import counted, needed
from domain.round_robin import ASK_S
from domain.window import Window
from tests.unit.desk import T0, Desk, organisation, person, user

RULES = (NotificationRule("ada-0", 0.0), NotificationRule("ada-1", 60.0))
WORST = Severity.CRITICAL
EVEN_HOURS = Window("UTC", start="08:00", end="08:05")
"""The machine begins at 08:00 UTC."""
CALM = Step(
    (user("ben"), user("ada")),
    90.0,
    important=False,
    when=Conditions(windows=(EVEN_HOURS,)),
    major=True,
    severity=WORST,
)
QUIET_HOURS = (Window("", start="08:03", end="08:09"), Window("", start="08:14", end="08:50"))
CONFIG = organisation(
    (
        Step((user("ada"),), 120.0),
        Step((), 60.0, when=Conditions(more_than=2, within_s=200.0)),
        Step((user("ben"), user("boss"), user("gone")), 120.0, round_robin=True),
        Step((user("gone"),), 120.0),
        Step((), 0.0, when=Conditions(severities=(Severity.INFO, Severity.WARNING)), resolve=True),
        CALM,
    ),
    repeat=1,
    users=(person("ada", 2, RULES), replace(person("ben", 2), quiet_hours=QUIET_HOURS), person("boss")),
)
CONFIG = replace(CONFIG, integrations={"i": replace(CONFIG.integrations["i"], flapping=Flapping(2, 900.0, 120.0))})
QUIET = (Status.ACKNOWLEDGED, Status.SNOOZED, Status.SUPPRESSED, Status.RESOLVED)
FITTED = {("=", "a"): "a", ("=~", "[bx]"): "b", ("=~", "a|b"): "ab", ("!=", "c"): "ab", ("=~", "("): ""}
"""Conditions on the label that has an alert's name -> which of the alerts a, b, c they fit."""


VIGIL = Vigil(label="name", timeout_s=700.0, remind_before_s=300.0, gap_s=200.0)
CONFIG = replace(CONFIG, policies={"p": replace(CONFIG.policies["p"], vigil=VIGIL)})


class IncidentMachine(RuleBasedStateMachine):
    """Every rule may come at any time; `Desk` itself checks that the state is the fold of the events."""

    config = CONFIG

    def __init__(self) -> None:
        super().__init__()
        self.desk = Desk(self.config)
        self._given: list[float] = []

    @rule(
        made=st.lists(
            st.tuples(st.sampled_from(sorted(FITTED)), st.sampled_from([-50, 0, 60]), st.sampled_from([40, 100, 700])),
            max_size=3,
        ),
        works=st.lists(st.tuples(st.sampled_from(["i", "other"]), st.sampled_from([40, 700])), max_size=1),
        auto_s=st.sampled_from([None, 90.0, 1000.0]),
        told=st.booleans(),
    )
    def the_noise_changes(
        self,
        made: list[tuple[tuple[Any, str], int, int]],
        works: list[tuple[str, int]],
        auto_s: float | None,
        told: bool,
    ) -> None:
        """What was before is gone. Not told: the message is late or lost."""
        desk = self.desk
        silences = [
            Silence(f"s{n}", (Matcher("name", op, value),), desk.now + starts, desk.now + starts + lasts)
            for n, ((op, value), starts, lasts) in enumerate(made)
        ]
        maintenance = [Maintenance("m", "work", desk.now, desk.now + lasts, (), (of,)) for of, lasts in works]
        integration = replace(CONFIG.integrations["i"], auto_resolve_s=auto_s)
        desk.config = replace(
            self.config, silences=tuple(silences), maintenance=tuple(maintenance), integrations={"i": integration}
        )
        status, paged = desk.line.status, len(desk.pages)
        if not told:
            return
        desk.look_again()
        if status is not Status.SUPPRESSED:
            assert (desk.line.status, len(desk.pages)) == (status, paged), "a silence mutes nothing that is under way"
        self._nobody_is_forgotten()

    def _nobody_is_forgotten(self) -> None:
        """After a look: what is suppressed is fitted alert by alert, or maintained, or has been given time."""
        desk = self.desk
        if any(
            w.ends_at is None or (desk.now < w.ends_at and "i" in w.integration_ids) for w in desk.config.maintenance
        ):
            return
        if desk.now < min(self._given, default=0.0):
            return
        active = [s.matchers[0] for s in desk.config.silences if s.starts_at <= desk.now < s.ends_at]
        fitted = {key for m in active for key in FITTED[m.op, m.value]}
        if desk.line.status is Status.SUPPRESSED:
            assert {a.key for a in desk.line.alerts.values() if a.firing} <= fitted, "nobody is paged for what fires"

    @rule(
        keys=st.lists(st.sampled_from("abc"), min_size=1, max_size=4),
        firing=st.booleans(),
        occurrence=st.integers(0, 3),
        dated=st.booleans(),
        severity=st.sampled_from([None, *Severity]),
        wait_s=st.sampled_from([0.0, 0.0, 50.0, 500.0]),
    )
    def alerts(
        self,
        keys: list[str],
        firing: bool,
        occurrence: int,
        dated: bool,
        severity: Severity | None,
        wait_s: float,
    ) -> None:
        start = T0 + occurrence * 50 if dated else None
        before, paged = self.desk.line, len(self.desk.pages)
        new = self.desk.alerts(
            *(
                AlertEvent(k, "firing" if firing else "resolved", k, severity, labels={"name": k}, starts_at=start)
                for k in keys
            ),
            wait_s=wait_s,
        )
        told = [type(x).__name__ for x in new]
        if "Triggered" in told:
            self._given = []
        if "AlertsFired" in told:  # only what fires anew shortens what is left
            self._given.append(self.desk.now + wait_s)
        opened = [n for n, event in enumerate(new) if type(event).__name__ == "Triggered"]
        for n in opened:
            begun = ("StepStarted", "StepSkipped", "StepEmpty", "LastResortCalled", "NobodyReachable", "Suppressed")
            assert any(type(event).__name__ in begun for event in new[n:]), "an incident calls people when it opens"
        if worse := [event for event in new if type(event).__name__ == "Worsened"]:
            assert before.flap.since is not None or any(type(event).__name__ == "FlappingStarted" for event in new)
            assert self.desk.line.status is Status.TRIGGERED and worse[0].severity.rank > worse[0].seen.rank
            return
        seen, line = before.flap.seen, self.desk.line
        lapsed = self._lapsed(before)
        if line.flap.since is not None and seen is not None and firing and keys and line.episode == before.episode:
            assert lapsed or line.severity.rank <= seen.rank or line.severity is before.severity, "worse, and no page"
        quiet = before.status in (Status.ACKNOWLEDGED, Status.SNOOZED) and line.episode == before.episode
        if quiet and not lapsed:
            assert line.status in (before.status, Status.RESOLVED), "alerts must not wake it"
            assert len(self.desk.pages) == paged

    def _lapsed(self, before: Line) -> bool:
        """True if the acknowledgement that counted before lapsed since."""
        lapsed = self.desk.line.watch.lapsed_at
        return before.status is Status.ACKNOWLEDGED and lapsed is not None and lapsed != before.watch.lapsed_at

    @rule(which=st.integers(0, 10), old=st.booleans())
    def command(self, which: int, old: bool) -> None:
        desk = self.desk
        old = old and desk.line.episode > 1  # 0 is UNKNOWN, the present one
        episode = desk.line.episode - (1 if old else 0)
        command = (
            Acknowledge(episode, "ada", "", "ada"),
            Unacknowledge(episode, "ada"),
            Resolve(episode, "ada"),
            Snooze(episode, "ada", desk.now + 100),
            Reassign(episode, "ada", (user("boss"),)),
            Reassign(episode, "ada", (user("gone"),)),
            EscalateNow(episode, "ada"),
            Acknowledge(episode, "ben", "", "ben"),
            Acknowledge(episode, "a machine"),
            Unacknowledge(episode, "ben", "", "ben"),
            Reassign(episode, "ben", (user("ada"),)),
        )[which]
        before = desk.line
        desk.do(command)
        if old or not before.open:
            assert desk.line == before, "a command for what is over changes nothing"

    @rule(who=st.sampled_from(["ben", "boss", "ada", "gone"]), step=st.integers(1, 3), round_=st.integers(0, 1))
    def a_turn_is_given(self, who: str, step: int, round_: int) -> None:
        desk, asked, paged = self.desk, self.desk.line.asked, len(self.desk.pages)
        desk.give_turn(who, step, round_)
        if asked is None or (asked.step, asked.round) != (step, round_):
            assert len(desk.pages) == paged, "an answer that nobody waits for calls nobody"
        else:
            assert desk.line.asked is None and desk.line.ladders, "somebody is called, whoever was given"

    @rule(seconds=st.floats(0, 400))
    def time_passes(self, seconds: float) -> None:
        before, paged = self.desk.line, len(self.desk.pages)
        self.desk.wait(seconds)
        quiet = before.status in (Status.ACKNOWLEDGED, Status.RESOLVED) and self.desk.line.episode == before.episode
        if quiet and not self._lapsed(before):
            assert len(self.desk.pages) == paged, "time must not page on a quiet incident"
        if seconds >= LOOK_S:
            self._nobody_is_forgotten()

    @rule(
        who=st.sampled_from(["ada-0", "ada-1", "ben-0", "boss-0"]),
        number=st.integers(0, 9),
        state=st.sampled_from(["accepted", "rejected", "unknown"]),
        episode=st.sampled_from([0, 0, -1, 1]),
        step=st.integers(-1, 5),
        ago=st.floats(-10, 200),
    )
    def pages_of_an_outage_are_learned(
        self, who: str, number: int, state: Any, episode: int, step: int, ago: float
    ) -> None:
        desk = self.desk
        user_id = who.partition("-")[0]
        page = OutagePage(
            f"outage-{number}", user_id, who, "outbox", desk.now - ago, state, "", episode and desk.line.episode, step
        )
        paged, quiet = len(desk.pages), desk.line.status in QUIET
        desk.learn(page)
        assert not quiet or len(desk.pages) == paged, "learning of a page must not page on a quiet incident"
        before = desk.line
        desk.learn(page)
        assert desk.line == before, "the same page is learned once"

    @invariant()
    def every_rule_used_is_a_page_ordered_or_one_counted_and_none_is_counted_twice(self) -> None:
        counted = [x.delivery for x in self.desk.events if type(x).__name__ == "OutagePageCounted"]
        assert len(counted) == len(set(counted))
        sent = {
            x.page.delivery
            for x in self.desk.events
            if type(x).__name__ == "PagedInOutage" and x.page.state == "accepted"
        }
        assert sent.issuperset(counted), "only a page that arrived may stand for one"

    @rule()
    def the_last_page_fails(self) -> None:
        if self.desk.pages:
            paged, quiet = len(self.desk.pages), self.desk.line.status in QUIET
            self.desk.fail(self.desk.pages[-1])
            assert not quiet or len(self.desk.pages) == paged

    @invariant()
    def quiet_hours_hold_all_that_is_not_urgent_and_nothing_else(self) -> None:
        """T0 is 08:00 UTC. Once this incident called somebody urgently, their quiet hours are over for it."""
        called: dict[str, list[str]] = {}
        for event, at in zip(self.desk.events, self.desk.at, strict=True):
            if isinstance(event, (*HALTS, e.Triggered, e.Woken, e.AcknowledgementLapsed)):
                called = {}
            elif type(event).__name__ == "PersonCalled":
                called.setdefault(event.user_id, []).append(event.urgency)
            elif type(event).__name__ in ("Paged", "PageHeld") and event.user_id == "ben":
                minute = (at - T0) / 60
                quiet = 3 <= minute < 9 or 14 <= minute < 50
                held = quiet and "urgent" not in called["ben"]
                assert held == (type(event).__name__ == "PageHeld"), f"{event} at 08:{minute}"

    @invariant()
    def something_always_happens_next(self) -> None:
        line, timers = self.desk.line, dict(self.desk.timers)
        if line.open:
            timers.pop("unheard", None)
        if line.status is Status.TRIGGERED:
            assert timers.get("step", 0.0) >= self.desk.now, "a triggered incident must have a step timer"
        elif line.status is Status.SNOOZED:
            assert [name for name in timers if name != "settle"] == ["snooze"]
        elif line.status is Status.SUPPRESSED:
            assert list(timers) == ["hold"]
            assert timers["hold"] <= self.desk.now + LOOK_S, "a suppressed incident is looked at every few minutes"
        elif line.status is Status.ACKNOWLEDGED:
            assert [name for name in timers if name != "settle"] == ["vigil"], (
                "its policy has a timeout: somebody must look"
            )
        else:
            assert set(timers) <= {"settle"}, "a quiet incident must have no timer"
        assert timers.get("settle") == line.flap.settles_at, "what is quiet and flaps resolves by itself"

    @invariant()
    def it_is_open_as_long_as_something_fires_or_it_flaps(self) -> None:
        line = self.desk.line
        fires = any(alert.firing for alert in line.alerts.values())
        assert not line.open or fires == (line.flap.settles_at is None)
        assert line.flap.settles_at is None or line.flap.since is not None
        assert line.flap.since is None or line.open
        assert line.flap.clear is (not fires or not line.alerts) or not line.open

    @invariant()
    def nobody_waits_long_for_whose_turn_it_is(self) -> None:
        line = self.desk.line
        if line.asked is not None:
            assert line.status is Status.TRIGGERED
            assert self.desk.timers["step"] <= self.desk.now + ASK_S

    @invariant()
    def an_acknowledgement_lapses_for_a_reason_and_not_again_and_again(self) -> None:
        told, lapsed, acked = (Severity.INFO, set[str]()), float("-inf"), 0.0
        for event, at in zip(self.desk.events, self.desk.at, strict=True):
            match event:
                case e.Triggered():
                    told, lapsed = (Severity.INFO, set()), float("-inf")
                case e.Watched():
                    told = max(told[0], event.severity, key=lambda s: s.rank), told[1] | set(event.values)
                case e.Acknowledged() | e.Noted() | e.CommandIgnored(_, "Acknowledge"):
                    acked = at
                case e.AcknowledgementLapsed():
                    assert at >= lapsed + VIGIL.gap_s, "twice within the gap"
                    assert event.reason != "severity" or event.severity.rank > told[0].rank, "the same level again"
                    assert event.reason != "label" or set(event.values) - told[1], "nothing new"
                    assert event.reason != "timeout" or at >= acked + (VIGIL.timeout_s or 0), "too early"
                    assert event.reason in ("severity", "label", "timeout"), "three alerts are no storm"
                    told = max(told[0], event.severity, key=lambda s: s.rank), told[1] | set(event.values)
                    lapsed = at

    @invariant()
    def nobody_sleeps_through_what_nobody_was_told_of(self) -> None:
        """Worse than told, it waits for the end of the gap at most."""
        line = self.desk.line
        if line.status is Status.ACKNOWLEDGED and line.severity.rank > line.watch.severity.rank:
            assert line.watch.lapsed_at is not None
            assert self.desk.timers["vigil"] <= line.watch.lapsed_at + VIGIL.gap_s

    @invariant()
    def steps_are_in_order_within_a_round(self) -> None:
        last: tuple[int, int, int] | None = None
        for event in self.desk.events:
            name = type(event).__name__
            if name in ("Triggered", "Unacknowledged", "AcknowledgementLapsed", "Woken", "Worsened", "Released"):
                last = None
            elif name in ("StepStarted", "StepEmpty", "StepSkipped"):
                here = (event.episode, event.round, event.step)
                first = (event.episode, 0, 0)
                follows = first if last is None else _next(last)
                assert here == follows, f"{here} after {last}"
                last = here

    @invariant()
    def who_is_counted_is_not_called_and_too_few_do_not_quiet_it(self) -> None:
        line = self.desk.line
        assert not counted(line) & line.ladders.keys()
        assert not counted(line) & set(line.calling)
        if line.status is Status.ACKNOWLEDGED:
            assert len(counted(line)) >= needed(line) or needed(line) == 1
        elif line.open:
            assert len(counted(line)) < needed(line)

    @invariant()
    def a_major_incident_is_no_less_than_declared(self) -> None:
        line = self.desk.line
        assert not line.major or line.severity is WORST
        assert len(line.fired) <= 3

    @invariant()
    def the_judge_of_promises_agrees(self) -> None:
        judge = LineJudge(self.desk.now)
        found = [v for event in self.desk.events for v in judge.follow(event, self.desk.now)]
        assert [v for v in found if v[0] != "never-paged"] == []

    @invariant()
    def the_state_survives_storage(self) -> None:
        packed = msgspec.msgpack.encode(self.desk.line)
        assert msgspec.msgpack.decode(packed, type=Line) == self.desk.line


def _next(last: tuple[int, int, int]) -> tuple[int, int, int]:
    episode, round_, step = last
    return (episode, round_, step + 1) if step < len(CONFIG.policies["p"].steps) - 1 else (episode, round_ + 1, 0)


class TogetherMachine(IncidentMachine):
    """Two people must acknowledge."""

    config = replace(CONFIG, policies={"p": replace(CONFIG.policies["p"], required_acknowledgements=2)})


TestTogetherMachine = TogetherMachine.TestCase
TestTogetherMachine.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)
TestIncidentMachine = IncidentMachine.TestCase
TestIncidentMachine.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)
