"""The escalation of one incident line, walked again from its journal: who, when, in what order, and when no more."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from domain import events as e
from domain import tie_events as t
from domain.configuration import Configuration
from domain.incident import Status
from domain.people import NotificationRule, User
from domain.policy import Policy, Step
from domain.promises import Course
from simulation.judging import conditions, noise
from simulation.judging.conditions import Seen
from simulation.judging.finding import LATE_S, Finding
from simulation.judging.noise import Noise
from simulation.judging.opinion import Opinion, at_rest, rules
from simulation.outcome import Outcome, Row

LAST_RESORT_S = 1_800.0
MOST_HELD_S = 259_200.0
EARLY_S = 0.001


@dataclass(slots=True)
class Call:
    """A person being called: since when, by which rules, which is next; `failed`: the one before did not arrive."""

    since: float
    rules: tuple[NotificationRule, ...]
    next: int = 0
    failed: bool = False
    quiet: bool = False
    held: float | None = None
    lost: int = 0
    """Its pages that did not arrive."""
    ordered: set[str] = field(default_factory=set)
    """Its pages; one of an earlier call of the same person may fail while this one goes on."""


class Walk:
    """What should be true after each event."""

    def __init__(self, entity: str, outcome: Outcome, opinion: Opinion, told: Callable[[Finding], None]) -> None:
        self._entity = entity
        self._outcome = outcome
        self._opinion = opinion
        self._told = told
        self._at = 0.0
        self._config: Configuration = outcome.scenario.configuration
        self._course = Course()
        self.quiet: list[tuple[float, int]] = []
        """(instant, journal position) of every halt: from then on no page ordered before may start."""
        self._seen = Seen()
        self._noise = Noise()
        self._episode = 0
        self._policy: Policy | None = None
        self._due = 0.0
        self._hurried = False
        self._asking = False
        self._calls: dict[str, Call] = {}
        self._was_called: dict[str, bool] = {}
        """Whom this incident has called since it last was quiet -> whether their quiet hours count."""
        self._to_call: list[str] = []
        self._called_by_step: tuple[str, ...] = ()
        self._active = self._lapsed_at = float("-inf")
        """When a human last acknowledged, when that last lapsed."""
        self._owed: tuple[str, str] | None = None
        self._cut_owed = ""
        self._cut_until = float("-inf")
        self.spared: list[tuple[str, float, int]] = []
        """(user, instant, journal position) of every acknowledgement that is one of several: as `quiet`, for one."""
        self._have: dict[str, None] = {}
        """Who has acknowledged and is not to be called."""

    def follow(self, rows: list[Row]) -> None:
        """The whole journal, then the end of the run."""
        for row in rows:
            self._at, self._config = row.at, self._outcome.configurations[row.config]
            kind = type(row.event)
            self._owes(row)
            if kind in conditions.NOTED:
                self._seen.note(row.event)
            if self._noise.looked_at is not None:
                self._left_alone("late")
            if kind in noise.NOTED:
                self._noise.note(row, self._outcome.taken.get(row.cause))
            step = _STEPS.get(kind)
            if step is not None:
                step(self, row.event, row)
            for violation in self._course.follow(row.event):
                self._say(*violation)
        self._at = self._outcome.scenario.end
        self._overdue("stalled")
        self._left_alone("stalled")

    @property
    def _status(self) -> Status:
        """Before the event at hand."""
        return self._course.status

    def _say(self, kind: str, what: str) -> None:
        self._told(Finding(kind, self._entity, what, self._at))

    def _owes(self, row: Row) -> None:
        """A person named must be called before anything else happens; a failed page must be followed by the next."""
        event = row.event
        if self._to_call and not isinstance(event, (e.PersonCalled, e.Paged, e.PageHeld)):
            self._say("skipped", f"{', '.join(self._to_call)} should have been called")
            self._to_call = []
        if self._owed is not None:
            user, cause = self._owed
            if not (isinstance(event, (e.Paged, e.PageHeld)) and event.user_id == user and row.cause == cause):
                self._say("no-failover", f"a page to {user} failed and the next method was not used")
            self._owed = None
        if self._cut_owed:
            if not (isinstance(event, e.StepCutShort) and row.cause == self._cut_owed):
                self._say("no-failover", "every page to everybody whom the step called has failed, and it waits on")
            self._cut_owed = ""

    # -- time ------------------------------------------------------------------------------------------

    def _in_time(self, what: str) -> None:
        if not self._hurried and self._at < self._due - EARLY_S:
            self._say("early", f"{what} {self._due - self._at:.0f} s before its time")
        elif self._at > self._due + LATE_S and (self._asking or not self._hurried):
            self._say("late", f"{what} {self._at - self._due:.0f} s after its time")
        self._asking = False

    def _overdue(self, kind: str) -> None:
        """Nothing that was due may be left undone at a halt or at the end."""
        if self._status in (Status.TRIGGERED, Status.SNOOZED) and self._at > self._due + LATE_S:
            self._say(kind, f"the next step was due {self._at - self._due:.0f} s ago")
        if self._status is Status.ACKNOWLEDGED and self._at > (lapses := self._lapses()) + LATE_S:
            self._say(kind, f"the acknowledgement should have lapsed {self._at - lapses:.0f} s ago")
        for user in list(self._calls):
            self._unused(user, kind)

    def _unused(self, user: str, kind: str) -> None:
        call = self._calls.pop(user)
        if call.next < len(call.rules) and call.since + call.rules[call.next].delay_s < self._at - LATE_S:
            self._say(kind, f"rule {call.next + 1} of {user} was not used at its time")

    # -- opening and steps -----------------------------------------------------------------------------

    def _triggered(self, event: e.Triggered, row: Row) -> None:
        taken = self._outcome.taken.get(row.cause)
        said = getattr(taken.message, "alerts", taken.message) if taken is not None else None
        wanted = getattr(said, "policy_id", "")
        if self._config.policies.get(wanted) != event.policy:
            self._say("wrong-policy", f"it should follow {wanted!r}")
        self._episode, self._policy, self._lapsed_at, self._have = event.episode, event.policy, float("-inf"), {}
        self._from_the_top()

    def _from_the_top(self) -> None:
        self._calls, self._was_called, self._due, self._hurried = {}, {}, self._at, False
        self._called_by_step, self._cut_until = (), float("-inf")

    def _left_alone(self, kind: str) -> None:
        unseen_s = self._noise.unseen_s(self._at)
        if unseen_s > LATE_S:
            self._say(kind, f"it is suppressed, and {unseen_s:.0f} s ago it was to be looked at")
            self._noise.looked_at = self._at

    def _suppressed(self, event: e.Suppressed | e.SuppressionChecked, row: Row) -> None:
        if not self._noise.covered(self._config, row.at):
            self._say("muted", "nobody is paged for what fires, and nothing suppresses it")

    def _released(self, event: e.Released, row: Row) -> None:
        if self._noise.covered(self._config, row.at):
            self._say("early", "it was let go although it is suppressed still")
        self._from_the_top()

    def _step(self, event: e.StepStarted | e.StepEmpty | e.StepSkipped, row: Row) -> None:
        if self._noise.fresh and self._noise.covered(self._config, row.at):
            self._say("early", "it escalates although it is suppressed")
        self._noise.fresh = False
        asked = self._asking
        self._in_time(f"step {event.step + 1}")
        if self._policy is not None and not asked:
            holds = self._seen.holds(self._policy.steps[event.step], self._config, row.at)
            if holds is isinstance(event, e.StepSkipped) and not self._all_have(event, row):
                self._say("condition", f"step {event.step + 1} was {'passed over' if holds else 'taken'}, wrongly")
        if isinstance(event, e.StepSkipped):
            self._hurried = True
            return
        targets = self._policy.steps[event.step].targets if self._policy is not None else ()
        wanted = self._without(self._opinion.people(self._config, targets, row.at))
        if isinstance(event, e.StepEmpty):
            self._hurried = True
            if wanted:
                self._say("nobody", f"step {event.step + 1} was passed over although {wanted} could be reached")
            return
        self._hurried, self._due = False, event.next_at
        in_turn = self._policy is not None and self._policy.steps[event.step].round_robin
        if in_turn and len(event.users) > 1:
            self._say("wrong-people", f"step {event.step + 1} calls one in turn, and called {event.users}")
        if in_turn and event.users[:1] and event.users[0] in wanted:
            wanted = event.users
        if event.users != wanted:
            self._say("wrong-people", f"step {event.step + 1} called {event.users} instead of {wanted}")
        if self._policy is not None and event.next_at != row.at + self._wait_s(self._policy.steps[event.step], wanted):
            self._say("early", f"step {event.step + 1} waits {event.next_at - row.at:.0f} s")
        self._to_call = list(event.users)
        self._called_by_step = event.users

    def _without(self, users: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(user for user in users if user not in self._have)

    def _all_have(self, event: e.StepStarted | e.StepEmpty | e.StepSkipped, row: Row) -> bool:
        """Whether a step was passed over because everybody whom it calls has acknowledged."""
        targets = self._policy.steps[event.step].targets if self._policy is not None else ()
        called = self._opinion.people(self._config, targets, row.at)
        return isinstance(event, e.StepSkipped) and called != () and self._without(called) == ()

    def _wait_s(self, step: Step, called: tuple[str, ...]) -> float:
        """A step that names people and calls none of them waits for nobody."""
        machines = [user for user in called if user in self._config.destinations]
        people = [target for target in step.targets if target.kind != "destination"]
        return 0.0 if people and called and len(machines) == len(called) else step.wait_s

    def _who(self, ident: str) -> User:
        """A person, or a destination as one."""
        machine = self._config.destinations.get(ident)
        return machine.called if machine is not None else self._config.users.get(ident) or User(ident, ident, "")

    def _cut(self, event: e.StepCutShort, row: Row) -> None:
        """The next step comes now; every rule of the people called must be used up."""
        machines = self._outcome.machines
        people = [user for user in self._called_by_step if user not in machines] or self._called_by_step
        if left := [u for u, call in self._calls.items() if u in people and call.next < len(call.rules)]:
            self._say("early", f"step {event.step + 1} was cut short although {left} could still be called")
        self._hurried, self._cut_until = True, self._due
        self._due = row.at

    def _asks(self, event: e.TurnAsked, row: Row) -> None:
        """A round-robin step has begun; it must be taken soon, at the latest when it gives the answer up."""
        self._in_time(f"step {event.step + 1}")
        if self._policy is not None and self._seen.holds(self._policy.steps[event.step], self._config, row.at) is False:
            self._say("condition", f"step {event.step + 1} was taken, wrongly")
        if event.until > row.at + LATE_S:
            self._say("late", f"step {event.step + 1} would wait {event.until - row.at:.0f} s for whose turn it is")
        self._hurried, self._asking, self._due = True, True, event.until

    def _last_resort(self, event: e.LastResortCalled | e.NobodyReachable, row: Row) -> None:
        self._in_time("the last resort")
        wanted = self._without(self._opinion.last_resort(self._config, row.at))
        users = event.users if isinstance(event, e.LastResortCalled) else ()
        if users != wanted:
            kind = "wrong-people" if users else "nobody"
            self._say(kind, f"the last resort called {users or 'nobody'} instead of {wanted}")
        if event.next_at > row.at + LAST_RESORT_S:
            self._say("late", f"the last resort is called again only after {event.next_at - row.at:.0f} s")
        self._hurried, self._due, self._to_call, self._called_by_step = False, event.next_at, list(users), ()

    # -- people and pages ------------------------------------------------------------------------------

    def _person(self, event: e.PersonCalled, row: Row) -> None:
        if event.user_id in self._to_call:
            self._to_call.remove(event.user_id)
        if event.user_id in self._calls:
            self._unused(event.user_id, "skipped")
        wanted = rules(self._who(event.user_id), event.urgency == "urgent")
        if event.rules != wanted:
            self._say("wrong-people", f"{event.user_id} is called by {event.rules} instead of {wanted}")
        before = self._was_called.get(event.user_id)
        quiet = event.urgency == "normal" and before is not False
        if event.quiet != quiet:
            self._say("wrong-hours", f"quiet hours of {event.user_id} count {event.quiet}, not {quiet}")
        self._was_called[event.user_id] = quiet
        self._calls[event.user_id] = Call(row.at, event.rules, quiet=quiet)

    def _held(self, event: e.PageHeld, row: Row) -> None:
        user, call = self._who(event.user_id), self._calls.get(event.user_id)
        if call is None or event.rule != call.next or not call.quiet or not at_rest(user, self._config, row.at):
            self._say("wrong-hours", f"a page to {event.user_id} is held that should go")
            return
        held = event.until - row.at
        ends = at_rest(user, self._config, event.until - 1) and not at_rest(user, self._config, event.until)
        if not 0 < held <= MOST_HELD_S or (held < MOST_HELD_S and not ends):
            self._say("wrong-hours", f"a page to {event.user_id} is held for {held:.0f} s")
        call.since, call.failed, call.held = event.until - call.rules[call.next].delay_s, False, event.until

    def _paged(self, event: e.Paged, row: Row) -> None:
        call = self._calls.get(event.user_id)
        if call is None or event.rule != call.next or event.rule >= len(call.rules):
            self._say("step-order", f"rule {event.rule + 1} of {event.user_id} is not the next")
            return
        due = call.since + call.rules[event.rule].delay_s
        if not call.failed and row.at < due - EARLY_S:
            self._say("early", f"rule {event.rule + 1} of {event.user_id} {due - row.at:.0f} s before its time")
        if row.at > due + LATE_S:
            self._say("late", f"rule {event.rule + 1} of {event.user_id} {row.at - due:.0f} s after its time")
        if call.quiet and call.held != row.at and at_rest(self._who(event.user_id), self._config, row.at):
            self._say("wrong-hours", f"a page to {event.user_id} that is not urgent went out in their quiet hours")
        call.next, call.failed = call.next + 1, False
        call.ordered.add(event.delivery)

    def _failed(self, event: e.PageFailed, row: Row) -> None:
        call = self._calls.get(event.user_id)
        if self._status is Status.TRIGGERED and event.episode == self._episode and call is not None:
            call.failed = call.next < len(call.rules)
            call.lost += event.delivery in call.ordered
            self._owed = (event.user_id, row.cause) if call.failed else None
            machines = self._outcome.machines
            people = [user for user in self._called_by_step if user not in machines] or self._called_by_step
            theirs = [self._calls.get(user) for user in people]
            unreached = all(c is not None and c.next >= len(c.rules) and c.lost >= len(c.rules) for c in theirs)
            if theirs and unreached and row.at >= self._cut_until:
                self._cut_owed = row.cause

    # -- what people do --------------------------------------------------------------------------------

    def _halt(self, row: Row) -> None:
        self._overdue("skipped")
        self._calls, self._was_called, self._to_call, self._asking = {}, {}, [], False
        self.quiet.append((self._since(row), row.seq))

    def _since(self, row: Row) -> float:
        """When the command came that halts, or the event happened."""
        taken = self._outcome.taken.get(row.cause)
        return taken.at if taken is not None and not taken.events else row.at

    def _acknowledged(self, event: e.Acknowledged, row: Row) -> None:
        self._halt(row)
        self._active = row.at
        self._have[event.by] = None

    def _counted(self, event: e.AcknowledgementCounted, row: Row) -> None:
        """One of several: this one is left in peace, whoever else is called is called on."""
        self._unused_of(event.user_id)
        self._have[event.user_id] = None
        self._called_by_step = tuple(u for u in self._called_by_step if u != event.user_id)
        self.spared.append((event.user_id, self._since(row), row.seq))

    def _unused_of(self, user: str) -> None:
        if user in self._calls:
            self._unused(user, "skipped")

    def _lapses(self) -> float:
        """When an acknowledgement lapses for want of activity."""
        vigil = self._policy.vigil if self._policy is not None else None
        if vigil is None or vigil.timeout_s is None:
            return float("inf")
        return max(self._active + vigil.timeout_s, self._lapsed_at + vigil.gap_s)

    def _lapsed(self, event: e.AcknowledgementLapsed, row: Row) -> None:
        if row.at > self._lapses() + LATE_S:
            self._say("late", f"the acknowledgement lapsed {row.at - self._lapses():.0f} s after its time")
        if event.reason == "timeout" and row.at < self._lapses() - EARLY_S:
            self._say("early", f"the acknowledgement lapsed {self._lapses() - row.at:.0f} s before its time")
        self._lapsed_at = row.at
        self._have = dict.fromkeys(u for u in self._have if u in event.keeps)
        self._from_the_top()

    def _resolved(self, event: e.Resolved, row: Row) -> None:
        self._halt(row)

    def _merged(self, event: t.Merged, row: Row) -> None:
        self._halt(row)
        self.quiet[-1] = (row.at, row.seq)

    def _took_in(self, event: t.TookIn, row: Row) -> None:
        if self._status not in (Status.TRIGGERED, Status.ACKNOWLEDGED):
            self._say("muted", f"it took in {event.source} although it is {self._status.value}")

    def _snoozed(self, event: e.Snoozed, row: Row) -> None:
        self._halt(row)
        self._due, self._hurried, self._have = event.until, False, {}

    def _woken(self, event: e.Woken | e.Unacknowledged, row: Row) -> None:
        if isinstance(event, e.Woken):
            self._in_time("the end of the snooze")
        else:
            self._have = dict.fromkeys(u for u in self._have if u in event.keeps)
        self._from_the_top()

    def _worsened(self, event: e.Worsened, row: Row) -> None:
        self._halt(row)
        self._have = {}
        self._from_the_top()

    def _moved(self, event: e.Reassigned | e.Escalated, row: Row) -> None:
        self._halt(row)
        self._have = {} if self._status is Status.ACKNOWLEDGED else self._have
        self._due, self._hurried = row.at, True
        if isinstance(event, e.Reassigned):
            wanted = self._opinion.people(self._config, event.targets, row.at)
            if event.users != wanted:
                self._say("wrong-people", f"reassigned to {event.users} instead of {wanted}")
            self._to_call = list(event.users)
            self._have = dict.fromkeys(u for u in self._have if u not in event.users)
            if event.users:
                self._due, self._hurried = event.next_at, False

    def _ignored(self, event: e.CommandIgnored, row: Row) -> None:
        mine = event.command == "Acknowledge" and event.episode == self._episode
        if mine and self._status is Status.TRIGGERED and event.by not in self._have:
            self._say("ack-lost", f"{event.by} acknowledged and nothing changed: {event.why}")
        elif mine and self._status is Status.ACKNOWLEDGED:
            self._active = row.at


_STEPS: dict[type, Callable[[Walk, Any, Row], None]] = {
    e.Triggered: Walk._triggered,
    e.StepStarted: Walk._step,
    e.StepEmpty: Walk._step,
    e.StepSkipped: Walk._step,
    e.TurnAsked: Walk._asks,
    e.StepCutShort: Walk._cut,
    e.LastResortCalled: Walk._last_resort,
    e.NobodyReachable: Walk._last_resort,
    e.PersonCalled: Walk._person,
    e.PageHeld: Walk._held,
    e.Paged: Walk._paged,
    e.PageFailed: Walk._failed,
    e.Acknowledged: Walk._acknowledged,
    e.AcknowledgementCounted: Walk._counted,
    e.Resolved: Walk._resolved,
    t.Merged: Walk._merged,
    t.TookIn: Walk._took_in,
    e.Snoozed: Walk._snoozed,
    e.Woken: Walk._woken,
    e.Suppressed: Walk._suppressed,
    e.SuppressionChecked: Walk._suppressed,
    e.Released: Walk._released,
    e.Worsened: Walk._worsened,
    e.Unacknowledged: Walk._woken,
    e.AcknowledgementLapsed: Walk._lapsed,
    e.Reassigned: Walk._moved,
    e.Escalated: Walk._moved,
    e.CommandIgnored: Walk._ignored,
}
