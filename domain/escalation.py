"""The state machine of an incident: what follows from an alert, a command, a timer, a failed page. Pure.

An incident calls people, step by step, until a human acts. The policy is frozen at the trigger.

    status         alert          acknowledge    un-ack      resolve    snooze     step timer     snooze timer
    (none)         triggered      -              -           -          -          -              -
    triggered      stays          acknowledged   -           resolved   snoozed    next step      -
    acknowledged   stays *        recorded       triggered   resolved   snoozed    -              -
    snoozed        stays          acknowledged   triggered   resolved   snoozed    -              triggered
    suppressed     domain/hold.py acknowledged   recorded    resolved   snoozed    -              -
    resolved       next episode   recorded       recorded    recorded   recorded   -              -

* Where its policy asks for it an acknowledgement lapses, and it is triggered anew: when the incident grows, when nobody
does anything with it, when the shift of whoever has it ends (domain/acknowledged.py, with the timer `vigil`).

Laws (tests/property/test_incident_machine.py):
- While triggered, a `step` timer is armed: there is always a next thing that happens by itself.
- While acknowledged, snoozed, suppressed or resolved nothing is paged on any path, and no escalation timer is armed.
- While suppressed, a `hold` timer is armed, and only an incident that has paged nobody becomes so.
- Steps of a round are taken in order, none twice; a step that reaches nobody, or whose condition does not hold, is
  passed over at once and recorded.
- After the last step come the repetitions, then the last resort, which is called again every half hour.
- A step whose people can all not be reached is cut short, at most one until its wait would have ended.
- Whose acknowledgement is counted where it takes several (domain/quorum.py) is not paged until it counts no more.
- A repeated firing changes a count and nothing else.
- That a page arrived at a destination (domain/destination.py) never means that a human was reached.
- Quiet hours hold a page of normal urgency and nothing else (domain/quiet.py); an urgent page never waits for them.
- A page that went out while the database was away (domain/outage.py) is counted instead of ordered, once.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from domain import events as e
from domain.alert import Severity
from domain.configuration import Configuration
from domain.draft import Draft
from domain.incident import Acknowledge, Asked, Ladder, Line, Status
from domain.line import position
from domain.notify import contact_of, last_resort, reachable, rules_for, unverified
from domain.outage import LAST_RESORT, OutagePage, began, counting
from domain.people import Urgency
from domain.policy import Step
from domain.quiet import quiet_until
from domain.quorum import EVERYBODY_HAS, counted
from domain.round_robin import ASK_S, TurnGiven, by_chance
from domain.step_conditions import judged
from domain.targets import Named, named

LAST_RESORT_EVERY_S = 1800.0
"""Often enough that an incident nobody takes is not forgotten, seldom enough to let people work on it."""
LATE_S = 30.0
"""A timer later than this is said to be late on the timeline."""
REASSIGNED_WAIT_S = 300.0
"""Time for a reassigned person to answer where the policy's current step names none."""
NOBODY = "nobody is on call or can be reached"
STEP = "step"
SNOOZE = "snooze"
HOLD = "hold"
"""Looks whether a suppressed incident still is (domain/hold.py)."""
UNHEARD = "unheard"
"""Nothing was heard of the alerts for long (domain/unheard.py); goes on while somebody has the incident."""
SETTLE = "settle"
"""A flapping incident in which nothing fires resolves then (domain/flapping.py)."""
VIGIL = "vigil"
"""Looks after an acknowledged incident; what it does is in domain/acknowledged.py."""


def rule_timer(user_id: str) -> str:
    """Name of the timer for a person's next notification rule."""
    return f"rule:{user_id}"


def halt(draft: Draft) -> None:
    """Disarm the escalation and withdraw pages that are not sent; call before the event that changes the status."""
    for name in (STEP, SNOOZE, HOLD, VIGIL, *map(rule_timer, draft.line.ladders)):
        draft.disarm(name)
    draft.cancel_pages()


def resolve(draft: Draft, by: str, note: str = "", *, human: bool) -> None:
    """It is over: nothing is armed any more."""
    halt(draft)
    draft.disarm(SETTLE)
    draft.disarm(UNHEARD)
    draft.add(e.Resolved(draft.line.episode, by, note, human, draft.now))


def begin(draft: Draft, late_s: float = 0.0) -> None:
    """Start at the first step of the first round."""
    _advance(draft, 0, 0, late_s)


def proceed(draft: Draft, late_s: float = 0.0) -> None:
    """Go on from where the incident stands: the next step, the next round, or the last resort (again)."""
    if draft.line.asked is not None:
        _answered(draft, draft.line.asked, None, late_s)
    elif draft.line.exhausted:
        _call_last_resort(draft, "nobody has acted yet")
    else:
        _advance(draft, draft.line.step + 1, draft.line.round, late_s)


def _advance(draft: Draft, step: int, round_: int, late_s: float) -> None:
    policy = draft.line.policy
    if policy is None:
        _call_last_resort(draft, "the policy does not exist")
        return
    passed_over = 0
    while passed_over < len(policy.steps):
        if step >= len(policy.steps):
            if round_ >= policy.repeat:
                break
            step, round_ = 0, round_ + 1
        if _take_step(draft, policy.steps[step], step, round_, late_s):
            return
        passed_over += 1
        step += 1
    reason = "every step was passed over" if passed_over >= len(policy.steps) else "the policy is through"
    _call_last_resort(draft, reason)


def _take_step(draft: Draft, step: Step, number: int, round_: int, late_s: float) -> bool:
    """False if the step should have called somebody and there is nobody."""
    asked = judged(step, draft.line, draft.config, draft.now)
    if asked.unmet:
        draft.add(e.StepSkipped(draft.line.episode, number, round_, asked.unmet))
        return False
    if step.major:
        _declare(draft, step, number)
    called = named(draft.config, step.targets, draft.now)
    users = _missing(draft, called)
    if step.targets and not users:
        _pass_over(draft, number, round_, called)
        return False
    turn = _turn(draft, step, number, round_, users)
    if turn is None:
        until = draft.now + ASK_S
        draft.add(e.TurnAsked(draft.line.episode, number, round_, tuple(users), until, draft.now, late_s, asked.doubt))
        draft.arm(STEP, until)
    else:
        _start(draft, Asked(number, round_, late_s, asked.doubt), step, called, turn)
    return True


def _pass_over(draft: Draft, number: int, round_: int, called: tuple[Named, ...]) -> None:
    """Nobody is left whom the step could call."""
    episode = draft.line.episode
    if any(_can_be(draft, n.user_id) for n in called):
        draft.add(e.StepSkipped(episode, number, round_, EVERYBODY_HAS))
    else:
        draft.add(e.StepEmpty(episode, number, round_, NOBODY, called))


def _missing(draft: Draft, called: tuple[Named, ...]) -> list[str]:
    """Whom of these a step calls: who can be reached, and whose acknowledgement is not counted."""
    have = counted(draft.line)
    return [n.user_id for n in called if n.user_id not in have and _can_be(draft, n.user_id)]


def _turn(draft: Draft, step: Step, number: int, round_: int, users: list[str]) -> list[str] | None:
    """Whom the step calls; None if that is to be asked. Whoever was paged in the outage had the turn."""
    if not step.round_robin or len(users) == 1:
        return users
    sent = [p.user_id for p in _counting(draft, number, round_) if p.user_id in users]
    return sent[:1] or None


def _start(draft: Draft, place: Asked, step: Step, called: tuple[Named, ...], users: list[str]) -> None:
    """Take the step: call `users`, of all that it names."""
    line = draft.line
    others: tuple[str, ...] = ()
    started = began(p for p in _counting(draft, place.step, place.round) if p.user_id in users) or draft.now
    until = max(draft.now, started + (0.0 if _nobody_answers(draft, step, users) else step.wait_s))
    late_s = place.late_s - (draft.now - started)
    late = late_s if late_s > LATE_S else 0.0
    have = tuple(n.user_id for n in called if n.user_id in counted(line))
    if step.round_robin:
        others = tuple(u for u in _missing(draft, called) if u not in users)
        called = tuple(n for n in called if n.user_id not in others)
    at = (line.episode, place.step, place.round)
    draft.add(e.StepStarted(*at, tuple(users), until, draft.now, late, called, place.doubt, others, have))
    if step.resolve:
        resolve(draft, _named_step(draft, place.step), human=True)
        return
    draft.arm(STEP, until)
    for user in users:
        call(draft, user, "urgent" if step.important else "normal")


def _nobody_answers(draft: Draft, step: Step, users: list[str]) -> bool:
    """True if the step calls destinations only because none of the people whom it names can be called."""
    people = any(target.kind != "destination" for target in step.targets)
    return people and bool(users) and all(user in draft.config.destinations for user in users)


def _can_be(draft: Draft, user_id: str) -> bool:
    return reachable(draft.config.called(user_id))


def on_turn(line: Line, given: TurnGiven, now: float, config: Configuration, new_id: Any) -> Draft:
    """The answer to a round-robin step; one that comes too late, or twice, changes nothing."""
    draft, asked = Draft(line, now, config, new_id), line.asked
    if line.status is not Status.TRIGGERED or asked is None:
        return draft
    if (line.episode, asked.step, asked.round) == (given.episode, given.step, given.round):
        _answered(draft, asked, given.user_id, 0.0)
    return draft


def _answered(draft: Draft, asked: Asked, given: str | None, late_s: float) -> None:
    """Take the step that asked. The configuration may have changed since; `given` None: there was no answer in time."""
    policy = draft.line.policy
    if policy is None:
        _call_last_resort(draft, "the policy does not exist")
        return
    step = policy.steps[asked.step]
    called = named(draft.config, step.targets, draft.now)
    users = _missing(draft, called)
    place = replace(asked, late_s=asked.late_s + late_s)
    if not users:
        _pass_over(draft, asked.step, asked.round, called)
        _advance(draft, asked.step + 1, asked.round, place.late_s)
        return
    turn = _turn(draft, step, asked.step, asked.round, users)
    if turn is None:
        turn = [given if given in users else by_chance(draft.choice(), users)]
    _start(draft, place, step, called, turn)


def _declare(draft: Draft, step: Step, number: int) -> None:
    """Declare a major incident, unless it is one already and as bad."""
    line = draft.line
    raises = step.severity is not None and step.severity.rank > (line.raised_to or Severity.INFO).rank
    if raises or not line.major:
        severity = step.severity if raises or line.raised_to is None else None
        draft.add(e.MajorDeclared(line.episode, _named_step(draft, number), severity, draft.now))


def _named_step(draft: Draft, number: int) -> str:
    return f"step {number + 1} of policy {draft.line.policy.name}" if draft.line.policy is not None else ""


def _call_last_resort(draft: Draft, why: str) -> None:
    users = last_resort(draft.config, draft.now)
    started = began(_counting(draft, LAST_RESORT, draft.line.round)) or draft.now
    again = max(draft.now, started + LAST_RESORT_EVERY_S)
    draft.arm(STEP, again)
    if not users:
        draft.add(e.NobodyReachable(draft.line.episode, again, draft.now))
        return
    # Everybody else is not called instead: somebody has it, and who is missing the last resort must find.
    users = [user for user in users if user not in counted(draft.line)]
    draft.add(e.LastResortCalled(draft.line.episode, tuple(users), why, again, draft.now))
    for user in users:
        call(draft, user, "urgent")


def call(draft: Draft, user_id: str, urgency: Urgency) -> None:
    """Call upon a person: freeze their rules and use those that are due."""
    user = draft.config.called(user_id)
    if user is None:
        raise KeyError(user_id)  # whoever calls has asked whether they can be reached
    rules = rules_for(user, urgency)
    started = began(p for p in _counting(draft, *position(draft.line)) if p.user_id == user_id) or draft.now
    before = draft.line.ladders.get(user_id)
    quiet = urgency == "normal" and (before is None or before.quiet)
    nobody = user_id in draft.config.destinations
    draft.add(e.PersonCalled(draft.line.episode, user_id, urgency, rules, started, quiet, unverified(user), nobody))
    climb(draft, user_id)


def climb(draft: Draft, user_id: str, at_once: bool = False) -> None:
    """Use the person's rules that are due (with `at_once` the next one in any case); arm the one after."""
    ladder = draft.line.ladders.get(user_id)
    draft.disarm(rule_timer(user_id))
    while ladder is not None and ladder.next < len(ladder.rules):
        rule = ladder.rules[ladder.next]
        due = ladder.started_at + rule.delay_s
        if due > draft.now and not at_once:
            draft.arm(rule_timer(user_id), due)
            return
        if ladder.quiet and (until := _quiet_until(draft, user_id)) > draft.now:
            if due < until:
                draft.add(e.PageHeld(draft.line.episode, user_id, ladder.next, until, draft.now))
            draft.arm(rule_timer(user_id), until)
            return
        _page(draft, user_id, rule.contact_method_id, ladder.next)
        at_once = False
        ladder = draft.line.ladders.get(user_id)


def _quiet_until(draft: Draft, user_id: str) -> float:
    return quiet_until(draft.config.users.get(user_id), draft.config.holidays, draft.now)


def _page(draft: Draft, user_id: str, contact_method_id: str, rule: int) -> None:
    episode, address = draft.line.episode, (user_id, contact_method_id)
    sent = [p for p in _counting(draft, *position(draft.line)) if (p.user_id, p.contact_method_id) == address]
    if arrived := next((p for p in sent if p.state == "accepted"), None):
        draft.add(e.OutagePageCounted(episode, arrived.delivery, *address, arrived.channel, rule, arrived.at))
        return
    user = draft.config.called(user_id)
    contact = contact_of(user, contact_method_id) if user is not None else None
    repeats = sent[0] if sent else None
    delivery = draft.page(user_id, contact_method_id, contact, rule, repeats)
    channel = contact.channel if contact is not None else "outbox"
    draft.add(e.Paged(episode, delivery, *address, channel, rule, repeats.delivery if repeats is not None else None))


def _counting(draft: Draft, step: int, round_: int) -> list[OutagePage]:
    return counting(draft.line.outage, draft.line.episode, step, round_, draft.now) if draft.line.outage else []


# -- timers and failed pages ---------------------------------------------------------------------------


def on_timer(line: Line, name: str, due_at: float, now: float, config: Configuration, new_id: Any) -> Draft:
    """A durable timer is due."""
    draft = Draft(line, now, config, new_id)
    late = now - due_at
    if name == SNOOZE and line.status is Status.SNOOZED:
        draft.add(e.Woken(line.episode, now, late if late > LATE_S else 0.0))
        begin(draft)
    elif line.status is Status.TRIGGERED and name == STEP:
        proceed(draft, late)
    elif line.status is Status.TRIGGERED and name.startswith("rule:"):
        climb(draft, name.removeprefix("rule:"))
    return draft


def on_page_failed(
    line: Line, episode: int, delivery: str, user_id: str, channel: str, reason: str, draft: Draft
) -> None:
    """A page failed, for good or for now: record it, and use the person's next method now instead of at its time."""
    draft.add(e.PageFailed(episode, delivery, user_id, channel, reason))
    if line.status is Status.TRIGGERED and episode == line.episode:
        climb(draft, user_id, at_once=True)
        cut_short(draft)


def count(draft: Draft, command: Acknowledge, user_id: str, needed: int) -> None:
    """Too few have acknowledged yet: nothing pages this one any more, and it rings on for the others."""
    line = draft.line
    ladder = line.ladders.get(user_id)
    draft.disarm(rule_timer(user_id))
    for delivery in (*ladder.earlier, *ladder.ordered) if ladder is not None else ():
        if delivery:
            draft.withdraw(delivery)
    number = len(counted(line)) + 1
    draft.add(e.AcknowledgementCounted(line.episode, command.by, command.note, number, needed, draft.now, user_id))
    if line.status is Status.TRIGGERED:
        cut_short(draft)


def cut_short(draft: Draft) -> None:
    """Go on at once if nobody whom the step called and who is missing can be reached, and none was cut in this wait.

    One step only, so that a provider that wrongly reports every page as failed does not wake the whole policy.
    """
    line = draft.line
    if not line.calling or line.next_at is None or draft.now < line.cut_until:
        return
    people = [user for user in line.calling if user in draft.config.users]
    if all(_unreached(line.ladders.get(user)) for user in people or line.calling):
        draft.add(e.StepCutShort(line.episode, line.step, line.round, line.next_at, draft.now))
        proceed(draft)


def _unreached(ladder: Ladder | None) -> bool:
    return ladder is not None and ladder.next >= len(ladder.rules) and set(ladder.ordered) <= set(ladder.failed)
