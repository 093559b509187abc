"""What a plan should make somebody uneasy about, in sentences that say what to do. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from domain import events as e
from domain.calendar import utc
from domain.configuration import Configuration
from domain.incident import Line
from domain.notify import reachable, reachable_people
from domain.oncall import shifts_at
from domain.people import User
from domain.plan import Called, Moment, Plan


@dataclass(frozen=True, slots=True)
class PlanWarning:
    """`kind` is stable, for machines. `step`: number of the policy's step, from 1. `user_id`: whom it concerns."""

    kind: str
    text: str
    step: int | None = None
    user_id: str | None = None


def warnings(config: Configuration, plan: Plan) -> tuple[PlanWarning, ...]:
    """Each once, in the order in which they would hurt."""
    found = dict.fromkeys(warning for moment in plan.moments for warning in _of(config, plan, moment))
    silenced = dict.fromkeys(name for event in plan.group.events for name in event.silenced_by)
    if silenced and plan.opens:
        text = f"The source says that it is silenced ({', '.join(silenced)}); that is shown, and it pages all the same."
        found.setdefault(PlanWarning("silenced_at_source", text))
    if short := _too_few(config, plan):
        found.setdefault(short)
    if not plan.complete:
        found.setdefault(PlanWarning("cut", "The plan goes on for longer than is shown here."))
    return tuple(found)


def _too_few(config: Configuration, plan: Plan) -> PlanWarning | None:
    """Of a policy that asks for the acknowledgements of more people than it calls, the last resort included."""
    needed = plan.line.policy.required_acknowledgements if plan.line.policy is not None else 1
    called = {call.user_id for moment in plan.moments for call in moment.called if call.user_id in config.users}
    if not plan.opens or not plan.complete or len(called) >= needed:
        return None
    text = f"It takes {needed} people to acknowledge, and only {len(called)} are called: name more in the policy."
    return PlanWarning("too_few_people", text)


def _of(config: Configuration, plan: Plan, moment: Moment) -> Iterator[PlanWarning]:
    match moment.event:
        case e.Triggered(policy=None):
            yield PlanWarning("no_policy", f"There is no policy {plan.group.policy_id!r}: the last resort is called.")
        case e.FellBack(problems=problems):
            yield from (PlanWarning("fell_back", f"Done without: {problem}") for problem in problems)
        case e.Suppressed(cover=held):
            until = f"{utc(held.until):%Y-%m-%d %H:%M UTC}"
            yield PlanWarning("silenced", f"Nobody is paged until {until}: it is {held.by}.")
        case e.StepStarted(step=step) | e.StepEmpty(step=step) as event:
            users = event.users if isinstance(event, e.StepStarted) else ()
            yield from _uncovered(config, plan.line, step, moment.at)
            missing = dict.fromkeys(n.user_id for n in event.named if n.user_id not in users)
            yield from (unreachable(config.called(u), u, step + 1) for u in missing)
            if isinstance(event, e.StepEmpty):
                yield PlanWarning("step_empty", f"Step {step + 1} reaches nobody and is passed over at once.", step + 1)
        case e.TurnAsked(step=step, users=users):
            names = ", ".join(map(config.name, users))
            text = f"Step {step + 1} calls one of {names}, whose turn it is then; the first stands for them here."
            yield PlanWarning("in_turn", text, step + 1)
        case e.LastResortCalled() as event:
            yield from _last_resort(config, event, moment.at)
        case e.NobodyReachable():
            text = "Nobody can be reached at all: give a user an enabled contact method now."
            yield PlanWarning("nobody_reachable", text)
    for call in moment.called:
        yield from _call(config.users.get(call.user_id), call)


def _uncovered(config: Configuration, line: Line, step: int, at: float) -> Iterator[PlanWarning]:
    targets = line.policy.steps[step].targets if line.policy is not None else ()
    for target in targets:
        schedule = config.schedules.get(target.id) if target.kind == "schedule" else None
        if schedule is not None and not shifts_at(schedule, at):
            text = f"Nobody is on call in schedule {schedule.name} when step {step + 1} is taken."
            yield PlanWarning("nobody_on_call", text, step + 1)


def unreachable(user: User | None, user_id: str, step: int | None = None) -> PlanWarning:
    """Why a person whom a step names is not called."""
    if user is None:
        text = f"The user {user_id} does not exist any more and is passed over."
    elif not user.active:
        text = f"{user.name} is not active and is passed over."
    elif user.contacts:
        text = f"{user.name} has only disabled contact methods and is passed over: enable one."
    else:
        text = f"{user.name} has no contact method and is passed over: add one."
    return PlanWarning("unreachable", text, step, user_id)


def _last_resort(config: Configuration, event: e.LastResortCalled, at: float) -> Iterator[PlanWarning]:
    if event.why != "the policy is through":
        yield PlanWarning("last_resort", f"The last resort is called because {event.why}.")
    if not reachable_people(config, config.last_resort, at):
        text = "The last resort reaches nobody, so everybody is called: set one with PUT /api/v1/last-resort."
        yield PlanWarning("everybody_called", text)


def _call(user: User | None, call: Called) -> Iterator[PlanWarning]:
    if user is None or not reachable(user):
        return
    chosen = user.urgent if call.urgency == "urgent" else user.normal
    if chosen and not _used(chosen, call.rules):
        text = f"None of the {call.urgency} rules of {user.name} can be used: all their contact methods are, at once."
        yield PlanWarning("rules_unusable", text, None, user.id)
    if call.unverified:
        text = f"No contact method of {user.name} is verified: nobody knows whether their pages arrive."
        yield PlanWarning("unverified", text, None, user.id)
    if call.pages and all(page.channel == "outbox" for page in call.pages):
        text = f"{user.name} is paged on the outbox page only, which wakes nobody: add a contact method."
        yield PlanWarning("outbox_only", text, None, user.id)


def _used(chosen: Iterable[object], rules: Iterable[object]) -> bool:
    return not set(chosen).isdisjoint(rules)
