"""What a saved schedule or policy must satisfy. Each refusal names the field and says what to do."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from zoneinfo import ZoneInfo

from domain.configuration import Route
from domain.errors import Invalid
from domain.policy import Policy, Step, Target
from domain.schedule import Layer, Override, Schedule

MAX_LAYERS = 50
MAX_PARTICIPANTS = 500
MAX_EVERY = {"hour": 24 * 366, "day": 366, "week": 53, "month": 24}
MAX_STEPS = 50
MAX_REPEAT = 20
MAX_WAIT_S = 7 * 24 * 3600.0


def check_zone(zone: str, field: str) -> None:
    """Invalid unless it is an IANA zone."""
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError) as error:
        raise Invalid(field, f"{zone!r} is no IANA time zone; use a name like Europe/Berlin.") from error


def check_schedule(schedule: Schedule, users: Collection[str] | None = None) -> None:
    """Raise Invalid unless the schedule can be resolved. `users`: known ids, or None not to look."""
    check_zone(schedule.zone, "zone")
    if not schedule.layers:
        raise Invalid("layers", "A schedule needs at least one layer, else nobody is ever on call.")
    if len(schedule.layers) > MAX_LAYERS:
        raise Invalid("layers", f"A schedule can have at most {MAX_LAYERS} layers; split it into several schedules.")
    names: dict[str, int] = {}
    for n, layer in enumerate(schedule.layers):
        if layer.name in names:
            raise Invalid(f"layers[{n}].name", f"Two layers are called {layer.name!r}; rename one.")
        names[layer.name] = n
        _check_layer(layer, f"layers[{n}]", users)
    for n, override in enumerate(schedule.overrides):
        check_override(override, f"overrides[{n}]", users)


def _check_layer(layer: Layer, field: str, users: Collection[str] | None) -> None:
    rotation = layer.rotation
    if rotation is None:
        return
    if not rotation.users:
        raise Invalid(f"{field}.rotation.users", "The rotation is empty; add at least one person.")
    if len(rotation.users) > MAX_PARTICIPANTS:
        raise Invalid(f"{field}.rotation.users", f"A rotation can have at most {MAX_PARTICIPANTS} turns.")
    for n, user in enumerate(rotation.users):
        _check_user(user, f"{field}.rotation.users[{n}]", users)
    if not 1 <= rotation.every <= MAX_EVERY[rotation.unit]:
        raise Invalid(f"{field}.rotation.every", f"Must be between 1 and {MAX_EVERY[rotation.unit]} {rotation.unit}s.")
    _check_local(rotation.start, f"{field}.rotation.start")
    if layer.until is not None:
        _check_local(layer.until, f"{field}.until")


def _check_local(text: str, field: str) -> None:
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError as error:
        raise Invalid(field, f"{text!r} is no date and time; write it like 2026-01-05T09:00:00.") from error
    if parsed.tzinfo is not None:
        raise Invalid(field, "Leave the offset away: this is wall-clock time in the schedule's zone.")
    if not 1980 <= parsed.year <= 2200:
        raise Invalid(field, "The year must be between 1980 and 2200.")


def check_override(override: Override, field: str, users: Collection[str] | None = None) -> None:
    """Raise Invalid unless the override covers some time."""
    if override.end <= override.start:
        raise Invalid(f"{field}.end", "The override must end after it starts.")
    if override.user is not None:
        _check_user(override.user, f"{field}.user", users)


def _check_user(user: str, field: str, users: Collection[str] | None) -> None:
    if not user:
        raise Invalid(field, "The user id is empty.")
    if users is not None and user not in users:
        raise Invalid(field, f"There is no user with id {user!r}.")


def check_policy(policy: Policy, users: Collection[str], schedules: Collection[str]) -> None:
    """Raise Invalid unless the policy can page somebody."""
    if not policy.steps:
        raise Invalid("steps", "A policy needs at least one step.")
    if len(policy.steps) > MAX_STEPS:
        raise Invalid("steps", f"A policy can have at most {MAX_STEPS} steps.")
    if not any(step.targets for step in policy.steps):
        raise Invalid("steps", "No step notifies anybody; add a user or a schedule to one.")
    if not 0 <= policy.repeat <= MAX_REPEAT:
        raise Invalid("repeat", f"Must be between 0 and {MAX_REPEAT}.")
    for n, step in enumerate(policy.steps):
        _check_step(step, f"steps[{n}]", users, schedules)


def _check_step(step: Step, field: str, users: Collection[str], schedules: Collection[str]) -> None:
    if not 0 <= step.wait_s <= MAX_WAIT_S:
        raise Invalid(f"{field}.wait_s", "Must be between 0 and 604800 seconds (a week).")
    if step.wait_s == 0 and not step.targets:
        raise Invalid(field, "A step must notify somebody or wait.")
    check_targets(step.targets, f"{field}.targets", users, schedules)


def check_targets(targets: tuple[Target, ...], field: str, users: Collection[str], schedules: Collection[str]) -> None:
    """Raise Invalid for a target that does not exist."""
    for n, target in enumerate(targets):
        known = users if target.kind == "user" else schedules
        if target.id not in known:
            raise Invalid(f"{field}[{n}].id", f"There is no {target.kind} with id {target.id!r}.")


def check_last_resort(targets: tuple[Target, ...], users: Collection[str], schedules: Collection[str]) -> None:
    """Raise Invalid if nobody would be called when everything else fails."""
    if not targets:
        raise Invalid("targets", "The last resort cannot be empty: it is who is called when nobody else can be.")
    check_targets(targets, "targets", users, schedules)


def check_routes(routes: tuple[Route, ...], policies: Collection[str]) -> None:
    """Raise Invalid for a route to a policy that does not exist."""
    for n, route in enumerate(routes):
        if route.policy_id not in policies:
            raise Invalid(f"routes[{n}].policy_id", f"There is no policy with id {route.policy_id!r}.")
