"""What must hold of every incident line, judged once for simulation, chaos runs and `sentinel verify`.

two-open          an incident was opened while the one before it was open
step-order        a step was left out, taken twice or in the wrong order, or the last resort called before its time
paged-after-ack   a step was taken or a page ordered while the incident was quiet, or an acknowledgement lapsed that the
                  policy lets stand, or sooner than its gap after the last lapse
never-paged       a page ordered was neither sent nor withdrawn nor recorded as failed, or a person called got none; of
                  pages that share a message: no provider took that message
late              a page waited for others for longer than any may (domain/storm.py)
too-few           it counts as acknowledged, and fewer people than its policy asks for have done so
held-urgent       quiet hours held a page of somebody who was called urgently
changed           a page's words are not those that were ordered
muted             an incident was suppressed that had called somebody, or let go without having been suppressed
stalled           the incident rings, sleeps, is suppressed or watched, and no timer is armed that would go on with it

Pure, event by event; what is over is forgotten, so a line of years takes no more memory than one incident. Events
unknown here say nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from domain import events as e
from domain.acknowledged import due
from domain.incident import Line, Status
from domain.policy import Policy
from domain.storm import LONGEST_S
from domain.templates import text_sha256
from domain.tie_events import Merged

Violation = tuple[str, str]
"""Which of the above, and what was seen."""
WANTED = {Status.TRIGGERED: "step", Status.SNOOZED: "snooze", Status.SUPPRESSED: "hold"}
"""Which timer goes on with an incident by itself."""
Position = tuple[int, int]
"""Round and step, from 0."""
GRACE_S = 120.0
"""A page younger than this may still be on its way: retries, a host that has just taken over."""
HALTS = (e.Acknowledged, e.Snoozed, e.Resolved, e.Unacknowledged, e.Reassigned, e.Escalated, e.Worsened, Merged)
"""Before each of these, pages that are not sent are withdrawn."""
BEGUN = (
    e.StepStarted,
    e.StepEmpty,
    e.StepSkipped,
    e.LastResortCalled,
    e.NobodyReachable,
    e.PersonCalled,
    e.Paged,
    *HALTS,
)
"""After each of these a silence comes too late for the incident."""


class Course:
    """Status and due step of one line after each event."""

    def __init__(self) -> None:
        self.status = Status.RESOLVED
        self.due: Position | None = None
        self._policy: Policy | None = None
        self._passed_over = 0
        self._exhausted = False
        self._cut_until = 0.0
        self._untouched = False
        """Opened, and nothing was done for it or with it yet."""
        self._lapsed_at: float | None = None
        self._counted: set[str] = set()
        """Users whose acknowledgement is counted."""

    def follow(self, event: Any) -> Iterator[Violation]:
        """What is wrong with this event, and what is due from then on."""
        self._untouched = self._untouched and not isinstance(event, BEGUN)
        yield from self._count(event)
        match event:
            case e.Triggered():
                if self.status is not Status.RESOLVED:
                    yield "two-open", f"incident {event.episode} opened while the one before is {self.status.value}"
                self._policy, self._lapsed_at = event.policy, None
                self._from_the_top()
                self._untouched = True
            case e.AcknowledgementLapsed():
                yield from self._lapsed(event)
                self._from_the_top()
            case e.Suppressed() | e.SuppressionChecked():
                if self.status is not Status.SUPPRESSED and not self._untouched:
                    yield "muted", f"it was suppressed when it was {self.status.value} and under way"
                self.status = Status.SUPPRESSED
            case e.Released():
                if self.status is not Status.SUPPRESSED:
                    yield "muted", f"it was let go when it was {self.status.value}"
                self._from_the_top()
            case e.Unacknowledged() | e.Woken() | e.Worsened():
                self._from_the_top()
            case e.StepStarted() | e.StepEmpty() | e.StepSkipped():
                yield from self._ringing(f"step {event.step + 1}")
                yield from self._step(event)
            case e.StepCutShort():
                yield from self._ringing(f"step {event.step + 1} cut short")
                if event.at < self._cut_until:
                    yield "step-order", f"step {event.step + 1} was cut short while the one cut short before would wait"
                self._cut_until = event.until
            case e.LastResortCalled() | e.NobodyReachable():
                yield from self._ringing("the last resort")
                yield from self._last_resort()
            case e.Paged():
                yield from self._ringing(f"a page to {event.user_id}")
                if event.user_id in self._counted:
                    yield "paged-after-ack", f"a page to {event.user_id}, whose acknowledgement is counted"
            case e.Acknowledged():
                self.status = Status.ACKNOWLEDGED
            case e.Snoozed():
                self.status = Status.SNOOZED
            case e.Resolved() | Merged():
                self.status = Status.RESOLVED
            case e.Reassigned() | e.Escalated():
                self.status = Status.TRIGGERED

    def _count(self, event: Any) -> Iterator[Violation]:
        """Whose acknowledgements count after this event, and whether they are enough."""
        match event:
            case e.Triggered() | e.Worsened() | e.Snoozed():
                self._counted = set()
            case e.AcknowledgementLapsed() | e.Unacknowledged():
                self._counted &= set(event.keeps)
            case e.Reassigned() | e.Escalated():
                called = event.users if isinstance(event, e.Reassigned) else ()
                self._counted = set() if self.status is Status.ACKNOWLEDGED else self._counted - set(called)
            case e.AcknowledgementCounted():
                self._counted.add(event.user_id)
            case e.Acknowledged():
                self._counted |= {event.user_id} if event.user_id is not None else set()
                needed = self._policy.required_acknowledgements if self._policy is not None else 1
                if needed > max(1, len(self._counted)):
                    yield "too-few", f"it counts as acknowledged by {len(self._counted)} of {needed}"

    def _lapsed(self, event: e.AcknowledgementLapsed) -> Iterator[Violation]:
        vigil = self._policy.vigil if self._policy is not None else None
        if self.status is not Status.ACKNOWLEDGED or vigil is None:
            yield "paged-after-ack", f"an acknowledgement lapsed ({event.why}) though it is {self.status.value}"
        elif self._lapsed_at is not None and event.at < self._lapsed_at + vigil.gap_s:
            yield "paged-after-ack", f"it lapsed ({event.why}) again after {event.at - self._lapsed_at:.0f} s"
        self._lapsed_at = event.at

    def _from_the_top(self) -> None:
        self.status, self.due, self._passed_over, self._exhausted = Status.TRIGGERED, (0, 0), 0, False
        self._cut_until = 0.0

    def _ringing(self, what: str) -> Iterator[Violation]:
        if self.status is not Status.TRIGGERED:
            yield "paged-after-ack", f"{what} while it is {self.status.value}"

    def _step(self, event: e.StepStarted | e.StepEmpty | e.StepSkipped) -> Iterator[Violation]:
        taken = (event.round, event.step)
        if taken != self.due or self._exhausted or self._policy is None:
            yield "step-order", f"{_words(taken)} where {self._wanted()} was due"
        self._passed_over = 0 if isinstance(event, e.StepStarted) else self._passed_over + 1
        self.due = self._after(taken)

    def _after(self, taken: Position) -> Position | None:
        round_, step = taken
        if self._policy is None or step + 1 < len(self._policy.steps):
            return None if self._policy is None else (round_, step + 1)
        return (round_ + 1, 0) if round_ < self._policy.repeat else None

    def _last_resort(self) -> Iterator[Violation]:
        steps = len(self._policy.steps) if self._policy is not None else 0
        if self.due is not None and not self._exhausted and self._passed_over < steps:
            yield "step-order", f"the last resort where {self._wanted()} was due"
        self._exhausted = True

    def _wanted(self) -> str:
        return "the last resort" if self.due is None or self._exhausted else _words(self.due)


def _words(position: Position) -> str:
    return f"step {position[1] + 1} of round {position[0] + 1}"


def unpaged(state: str | None, *, halted: bool, told: bool, young: bool, carried: bool = True) -> str:
    """Why a page counts as never sent, "" if it does not. `state`: its outbox row's, None if there is none.

    `halted`: it was withdrawn with good reason. `told`: its failure is in the journal. `young`: ordered just now.
    `carried`: of one that was told together with others: the provider has that message, by the word of another of them.
    """
    if state == "bundled" and not carried:
        return "is said to be told together with others, and no provider took that message"
    if state is None:
        return "" if halted else "was not even queued"
    if state == "cancelled":
        return "" if halted else "was withdrawn while the incident rings"
    if state == "failed":
        return "" if told or young else "failed and the incident does not know"
    return f"is left {state}" if state in ("pending", "sending", "unknown") and not young else ""


@dataclass(slots=True)
class _Order:
    user_id: str
    at: float
    state: str | None
    halted_at: float | None = None
    told: bool = False
    carried: bool = True


def _order(user_id: str, at: float, page: Mapping[str, Any] | None) -> _Order:
    if page is None:
        return _Order(user_id, at, None)
    return _Order(user_id, at, page["state"], carried=page.get("carried", True))


class LineJudge:
    """All of the above for one line whose journal comes with the outbox row of each page that it ordered."""

    def __init__(self, now: float) -> None:
        self._now = now
        self._course = Course()
        self._orders: dict[str, _Order] = {}
        self._calls: dict[str, float] = {}
        """Who was called and got no page yet -> when that was due."""
        self._quiet: dict[str, bool] = {}
        """Who was called -> whether quiet hours may hold the pages."""

    def follow(self, event: Any, at: float, page: Mapping[str, Any] | None = None) -> Iterator[Violation]:
        """One event, `at` UTC epoch seconds. `page`: of a Paged, its outbox row with `state` and `body`.

        Where pages share messages also `carried` (see `unpaged`) and `held_s`, for how long it waited for others.
        """
        if isinstance(event, e.Triggered):
            yield from self._close()
        yield from self._course.follow(event)
        match event:
            case e.PersonCalled():
                yield from self._missed(event.user_id, at)
                self._quiet[event.user_id] = event.urgency == "normal" and self._quiet.get(event.user_id, True)
                if event.rules:
                    self._calls[event.user_id] = at + event.rules[0].delay_s
            case e.PageHeld():
                if not self._quiet.get(event.user_id, False):
                    yield "held-urgent", f"a page to {event.user_id} was held until {event.until:.0f}"
                if event.user_id in self._calls:
                    self._calls[event.user_id] = event.until
            case e.Paged():
                self._calls.pop(event.user_id, None)
                self._orders[event.delivery] = _order(event.user_id, at, page)
                if page is not None and (held_s := page.get("held_s", 0.0)) > LONGEST_S:
                    yield "late", f"page {event.delivery} to {event.user_id} waited {held_s:.0f} s for others"
                if page is not None and event.text_sha256 and text_sha256(page["body"]) != event.text_sha256:
                    yield "changed", f"the words of page {event.delivery} are not those that were ordered"
            case e.OutagePageCounted():
                self._calls.pop(event.user_id, None)
            case e.AcknowledgementCounted():
                yield from self._missed(event.user_id, at)
                for order in self._orders.values():
                    if order.user_id == event.user_id:
                        self._halt(order, at)
            case e.PageFailed() if event.delivery in self._orders:
                self._orders[event.delivery].told = True
            case e.PagedInOutage() if event.doubles in self._orders:
                self._halt(self._orders[event.doubles], at)
            case _ if isinstance(event, HALTS):
                for user in list(self._calls):
                    yield from self._missed(user, at)
                for order in self._orders.values():
                    self._halt(order, at)
                self._quiet = {}

    def halted(self) -> Iterator[tuple[str, float]]:
        """Pages of the present incident that were withdrawn, and when."""
        return ((d, o.halted_at) for d, o in self._orders.items() if o.halted_at is not None)

    def end(self, line: Line, armed: Collection[str]) -> Iterator[Violation]:
        """After the last event; `line` is the state, `armed` the names of its timers."""
        for user in list(self._calls):
            yield from self._missed(user, self._now)
        yield from self._close()
        wanted = "vigil" if due(line) is not None else WANTED.get(line.status)
        if wanted is not None and wanted not in armed:
            yield "stalled", f"it is {line.status.value} and no timer {wanted!r} is armed: nothing would go on with it"

    def _halt(self, order: _Order, at: float) -> None:
        order.halted_at = at if order.halted_at is None else order.halted_at

    def _missed(self, user: str, until: float) -> Iterator[Violation]:
        due = self._calls.pop(user, until)
        if until > due + GRACE_S:
            yield "never-paged", f"{user} was called and no page was ordered, {until - due:.0f} s after it was due"

    def _close(self) -> Iterator[Violation]:
        for delivery, order in self._orders.items():
            young = self._now < order.at + GRACE_S
            halted = order.halted_at is not None
            excused = order.told or (order.halted_at is not None and order.halted_at < order.at + GRACE_S)
            if why := unpaged(order.state, halted=halted, told=excused, young=young, carried=order.carried):
                yield "never-paged", f"page {delivery} to {order.user_id} {why}"
        self._orders, self._calls = {}, {}
