"""What a saved policy and the last resort must satisfy. Each refusal names the field and says what to do."""

from __future__ import annotations

from collections.abc import Mapping

from domain.configuration import Configuration
from domain.errors import Invalid
from domain.policy import Conditions, Policy, Step, Target, Vigil
from domain.route_checks import check_matcher
from domain.validation import check_window, check_zone

MAX_STEPS = 50
MAX_REPEAT = 20
MAX_WAIT_S = 7 * 24 * 3600.0
MAX_MORE_THAN = 1_000
MAX_WITHIN_S = 86_400.0
MIN_GROWS_BY, MAX_GROWS_BY = 1.5, 1_000.0
MIN_GAP_S = 60.0
MAX_REQUIRED = 10
MAX_TIMEOUT_S = 30 * 86_400.0


def check_policy(policy: Policy, config: Configuration) -> None:
    """Raise Invalid unless the policy can page somebody."""
    if not policy.steps:
        raise Invalid("steps", "A policy needs at least one step.")
    if len(policy.steps) > MAX_STEPS:
        raise Invalid("steps", f"A policy can have at most {MAX_STEPS} steps.")
    if not any(step.targets for step in policy.steps):
        raise Invalid("steps", "No step notifies anybody; add a user or a schedule to one.")
    if not 0 <= policy.repeat <= MAX_REPEAT:
        raise Invalid("repeat", f"Must be between 0 and {MAX_REPEAT}.")
    if policy.vigil is not None:
        check_vigil(policy.vigil)
    if not 1 <= policy.required_acknowledgements <= MAX_REQUIRED:
        raise Invalid("required_acknowledgements", f"Must be between 1 and {MAX_REQUIRED} people.")
    for n, step in enumerate(policy.steps):
        _check_step(step, f"steps[{n}]", config)
    ends = next((n for n, s in enumerate(policy.steps) if s.resolve and s.when is None), len(policy.steps))
    if ends < len(policy.steps) - 1:
        text = f"Step {ends + 1} always resolves the incident, so this step is never reached: give that one conditions."
        raise Invalid(f"steps[{ends + 1}]", text)


def check_vigil(vigil: Vigil) -> None:
    """Raise Invalid for times and factors by which it could not be told when an acknowledgement stops to count."""
    if vigil.grows_by is not None and not MIN_GROWS_BY <= vigil.grows_by <= MAX_GROWS_BY:
        raise Invalid("vigil.grows_by", "Must be between 1.5 and 1000 times the alerts.")
    if vigil.timeout_s is not None:
        if not MIN_GAP_S <= vigil.timeout_s <= MAX_TIMEOUT_S:
            raise Invalid("vigil.timeout_s", "Must be between a minute and 30 days.")
        if vigil.remind_before_s is not None and not 0 < vigil.remind_before_s < vigil.timeout_s:
            raise Invalid("vigil.remind_before_s", "The reminder must come after the acknowledgement: choose less.")
    if not MIN_GAP_S <= vigil.gap_s <= MAX_WITHIN_S:
        raise Invalid("vigil.gap_s", "Must be between a minute and a day.")


def _check_step(step: Step, field: str, config: Configuration) -> None:
    if not 0 <= step.wait_s <= MAX_WAIT_S:
        raise Invalid(f"{field}.wait_s", "Must be between 0 and 604800 seconds (a week).")
    if step.resolve and (step.targets or step.wait_s or step.major):
        raise Invalid(f"{field}.resolve", "A step that resolves the incident does nothing else; make two of it.")
    if step.round_robin and any(target.kind == "destination" for target in step.targets):
        raise Invalid(f"{field}.targets", "People take turns, destinations do not: name them in a step of their own.")
    if step.round_robin and not step.targets:
        raise Invalid(f"{field}.targets", "A round robin needs people: name those who take turns.")
    if step.severity is not None and not step.major:
        raise Invalid(f"{field}.severity", "Only a step that declares a major incident (major) sets its severity.")
    if step.wait_s == 0 and not (step.targets or step.resolve or step.major):
        raise Invalid(field, "A step must notify somebody, wait, resolve or declare a major incident.")
    if step.when is not None:
        _check_conditions(step.when, f"{field}.when", config)
    check_targets(step.targets, f"{field}.targets", config)


def _check_conditions(when: Conditions, field: str, config: Configuration) -> None:
    if when == Conditions():
        raise Invalid(field, "Name at least one condition, or leave it out: the step is then always taken.")
    for n, window in enumerate(when.windows):
        check_zone(window.zone, f"{field}.windows[{n}].zone")
        check_window(window, f"{field}.windows[{n}]", config.holidays)
    for n, matcher in enumerate(when.matchers):
        check_matcher(matcher, f"{field}.matchers[{n}]")
    if when.more_than is None:
        if when.within_s:
            raise Invalid(f"{field}.more_than", "Say more than how many alerts (more_than) in that time (within_s).")
        return
    if not 0 <= when.more_than <= MAX_MORE_THAN:
        raise Invalid(f"{field}.more_than", f"Must be between 0 and {MAX_MORE_THAN}.")
    if not 1 <= when.within_s <= MAX_WITHIN_S:
        raise Invalid(f"{field}.within_s", "Say in how short a time: between 1 and 86400 seconds (a day).")


def check_targets(targets: tuple[Target, ...], field: str, config: Configuration) -> None:
    """Raise Invalid for a target that does not exist."""
    for n, target in enumerate(targets):
        known: Mapping[str, object] = {
            "user": config.users,
            "schedule": config.schedules,
            "team": config.teams,
            "destination": config.destinations,
        }[target.kind]
        if target.who != "on_call" and target.kind != "schedule":
            raise Invalid(f"{field}[{n}].who", "Only a schedule has people on call, next, or in its layers.")
        if target.id not in known:
            raise Invalid(f"{field}[{n}].id", f"There is no {target.kind} with id {target.id!r}.")


def check_people(targets: tuple[Target, ...], field: str, config: Configuration) -> None:
    """Raise Invalid for a target that does not exist, or is nobody who could take an incident."""
    check_targets(targets, field, config)
    for n, target in enumerate(targets):
        if target.kind == "destination":
            raise Invalid(f"{field}[{n}]", "A destination is nobody who could take it: name people.")


def check_last_resort(targets: tuple[Target, ...], config: Configuration) -> None:
    """Raise Invalid if nobody would be called when everything else fails."""
    if not targets:
        raise Invalid("targets", "The last resort cannot be empty: it is who is called when nobody else can be.")
    check_targets(targets, "targets", config)
    for n, target in enumerate(targets):
        if target.kind in ("team", "destination") or target.who != "on_call":
            text = "Name users, or schedules for who is on call: the watchdog calls them without the hosts."
            raise Invalid(f"targets[{n}]", text)
