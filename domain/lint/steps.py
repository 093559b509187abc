"""Steps and policies that reach nobody, now or at some time ahead."""

from __future__ import annotations

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from domain.lint.ahead import Ahead, about_policy, zone_of
from domain.lint.finding import Finding
from domain.policy import Policy, Step
from domain.wall import stretches


def check(ahead: Ahead) -> Iterator[Finding]:
    """A policy none of whose steps reaches anybody is critical; so is a last resort that does not."""
    for policy in ahead.policies:
        if not any(_people(step) for step in policy.steps):
            continue  # domain/lint/destinations.py
        whole = ahead.unreached(policy.steps)
        if whole:
            text = f"No step reaches anybody, only the last resort is called: {stretches(whole, _zone(ahead, policy))}."
            yield about_policy("policy_reaches_nobody", "critical", policy, text, whole[0])
        if all(step.when is not None for step in policy.steps if step.targets):
            text = "Every step that calls somebody has conditions: when none holds, only the last resort is called."
            yield about_policy("only_conditional_steps", "info", policy, text)
        if (needed := policy.required_acknowledgements) > 1 and (short := ahead.unreached(policy.steps, needed)):
            text = (
                f"It takes {needed} people to acknowledge, and the steps reach fewer: "
                f"{stretches(short, _zone(ahead, policy))}. The last resort must make up for them: name more people."
            )
            yield about_policy("too_few_people", "warning", policy, text, short[0])
        for n, step in ((n, step) for n, step in enumerate(policy.steps) if _people(step)):
            yield from _step(ahead, policy, n, step, [span for span in ahead.unreached((step,)) if span not in whole])
    yield from _last_resort(ahead)


def _people(step: Step) -> bool:
    return any(target.kind != "destination" for target in step.targets)


def _step(ahead: Ahead, policy: Policy, n: int, step: Step, holes: list[tuple[float, float]]) -> Iterator[Finding]:
    if holes:
        what = f"Step {n + 1} reaches nobody and is passed over: {stretches(holes, _zone(ahead, policy))}."
        text = f"{what} Name somebody else too, or cover the schedule."
        yield about_policy("step_reaches_nobody", "warning", policy, text, holes[0])


def _last_resort(ahead: Ahead) -> Iterator[Finding]:
    config = ahead.config
    if not config.last_resort:
        text = "There is no last resort, so everybody is called when all else fails: set one with PUT /last-resort."
        yield Finding("no_last_resort", "critical", "organisation", "", "organisation", text)
        return
    holes = ahead.unreached((Step(config.last_resort, 0.0),))
    if holes:
        text = f"The last resort reaches nobody, so everybody is called: {stretches(holes, ZoneInfo('UTC'))}."
        yield Finding("last_resort_reaches_nobody", "critical", "organisation", "", "organisation", text, *holes[0])


def _zone(ahead: Ahead, policy: Policy) -> ZoneInfo:
    """That of the first schedule that it calls."""
    schedules = ahead.named_in(t for step in policy.steps for t in step.targets)
    return zone_of(next(iter(schedules.values()))) if schedules else ZoneInfo("UTC")
