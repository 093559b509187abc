"""What a saved schedule must satisfy. Each refusal names the field and says what to do."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import datetime
from zoneinfo import ZoneInfo

from domain.circle import circle
from domain.errors import Invalid
from domain.schedule import Absence, FixedShifts, Layer, Override, Rotation, Schedule, Temporary, Term
from domain.window import Window

MAX_LAYERS = 50
MAX_PARTICIPANTS = 500
MAX_EVERY = {"hour": 24 * 366, "day": 366, "week": 53, "month": 24}
MAX_OVERRIDES = 2_000
MAX_TEMPORARIES = 100
MAX_OVERRIDE_S = 400 * 86_400.0
MAX_WINDOWS = 50
MAX_HANDOFFS = 7 * 24
MAX_FIXED = 5_000


def check_zone(zone: str, field: str) -> None:
    """Invalid unless it is an IANA zone."""
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError) as error:
        raise Invalid(field, f"{zone!r} is no IANA time zone; use a name like Europe/Berlin.") from error


def check_schedule(
    schedule: Schedule, users: Collection[str] | None = None, calendars: Collection[str] | None = None
) -> None:
    """Raise Invalid unless the schedule can be resolved. `users`, `calendars`: known ids, or None not to look."""
    check_zone(schedule.zone, "zone")
    check_layers(schedule.layers, "layers", users, calendars)
    if len(schedule.overrides) > MAX_OVERRIDES:
        raise Invalid("overrides", f"A schedule can have at most {MAX_OVERRIDES} overrides; take old ones back.")
    for n, override in enumerate(schedule.overrides):
        check_override(override, f"overrides[{n}]", users)
    if len(schedule.temporaries) > MAX_TEMPORARIES:
        raise Invalid("temporaries", f"A schedule can have at most {MAX_TEMPORARIES} temporary schedules.")
    for n, temporary in enumerate(schedule.temporaries):
        check_temporary(temporary, f"temporaries[{n}].", users, calendars)


def check_layers(
    layers: tuple[Layer, ...], field: str, users: Collection[str] | None, calendars: Collection[str] | None
) -> None:
    """Raise Invalid unless it is a pile of layers that can be resolved."""
    if not layers:
        raise Invalid(field, "A schedule needs at least one layer, else nobody is ever on call.")
    if len(layers) > MAX_LAYERS:
        raise Invalid(field, f"A schedule can have at most {MAX_LAYERS} layers; split it into several schedules.")
    names: set[str] = set()
    for n, layer in enumerate(layers):
        if layer.name in names:
            raise Invalid(f"{field}[{n}].name", f"Two layers are called {layer.name!r}; rename one.")
        names.add(layer.name)
        _check_layer(layer, f"{field}[{n}]", users, calendars)


def _check_layer(layer: Layer, field: str, users: Collection[str] | None, calendars: Collection[str] | None) -> None:
    if (layer.rotation is None) == (layer.fixed is None):
        raise Invalid(f"{field}.rotation", "A layer has either a rotation or fixed shifts: give exactly one of them.")
    if layer.zone is not None:
        check_zone(layer.zone, f"{field}.zone")
    for name in ("since", "until"):
        if getattr(layer, name) is not None:
            check_local(getattr(layer, name), f"{field}.{name}")
    if layer.since is not None and layer.until is not None and not _ascending(layer.since, layer.until):
        raise Invalid(f"{field}.until", "The layer must end after it begins.")
    if len(layer.windows) > MAX_WINDOWS:
        raise Invalid(f"{field}.windows", f"A layer can have at most {MAX_WINDOWS} windows.")
    for n, window in enumerate(layer.windows):
        check_window(window, f"{field}.windows[{n}]", calendars)
    if layer.rotation is not None:
        _check_rotation(layer.rotation, f"{field}.rotation", users)
    if layer.fixed is not None:
        _check_fixed(layer.fixed, f"{field}.fixed", users)


def _check_rotation(rotation: Rotation, field: str, users: Collection[str] | None) -> None:
    if not rotation.users:
        raise Invalid(f"{field}.users", "The rotation is empty; add at least one person.")
    if len(rotation.users) > MAX_PARTICIPANTS:
        raise Invalid(f"{field}.users", f"A rotation can have at most {MAX_PARTICIPANTS} turns.")
    for n, user in enumerate(rotation.users):
        _check_user(user, f"{field}.users[{n}]", users)
    if not 1 <= rotation.every <= MAX_EVERY[rotation.unit]:
        raise Invalid(f"{field}.every", f"Must be between 1 and {MAX_EVERY[rotation.unit]} {rotation.unit}s.")
    check_local(rotation.start, f"{field}.start")
    _check_handoffs(rotation, f"{field}.handoffs")
    for name in ("absences", "terms"):
        given: tuple[Absence | Term, ...] = getattr(rotation, name)
        if len(given) > MAX_PARTICIPANTS:
            raise Invalid(f"{field}.{name}", f"There can be at most {MAX_PARTICIPANTS}; leave those long past away.")
        for n, entry in enumerate(given):
            _check_entry(entry, f"{field}.{name}[{n}]", rotation, users)
    _check_stand_ins(rotation.absences, f"{field}.absences")


def _check_handoffs(rotation: Rotation, field: str) -> None:
    if rotation.handoffs and rotation.unit != "week":
        raise Invalid(field, "Hand-offs on weekdays need the unit week.")
    if len(rotation.handoffs) > MAX_HANDOFFS:
        raise Invalid(field, f"There can be at most {MAX_HANDOFFS} hand-offs in a week.")
    for n, handoff in enumerate(rotation.handoffs):
        _check_weekday(handoff.weekday, f"{field}[{n}].weekday")
        _check_clock(handoff.time, f"{field}[{n}].time")
        if handoff in rotation.handoffs[:n]:
            raise Invalid(f"{field}[{n}]", "This hand-off is there twice; leave one away.")


def _check_entry(entry: Absence | Term, field: str, rotation: Rotation, users: Collection[str] | None) -> None:
    if entry.user not in rotation.users:
        raise Invalid(f"{field}.user", f"{entry.user!r} takes no turns in this rotation; add them to its users.")
    for name in ("start", "end"):
        if getattr(entry, name) is not None:
            check_local(getattr(entry, name), f"{field}.{name}")
    if entry.start is not None and entry.end is not None and not _ascending(entry.start, entry.end):
        raise Invalid(f"{field}.end", "Must come after the start.")
    if isinstance(entry, Absence) and entry.stand_in is not None:
        _check_user(entry.stand_in, f"{field}.stand_in", users)


def _check_stand_ins(absences: tuple[Absence, ...], field: str) -> None:
    """All of a circle are away when the last of them leaves, so it is found at somebody's start."""
    spans = [(_local(a.start, datetime.min), _local(a.end, datetime.max), a) for a in absences]
    for n, (leaves, _, absence) in enumerate(spans):
        if absence.stand_in is None:
            continue
        away: dict[str, list[str]] = {absence.user: [absence.stand_in]}
        for start, end, other in spans:
            if start <= leaves < end and other.stand_in is not None and other.user != absence.user:
                away.setdefault(other.user, []).append(other.stand_in)
        way = circle(absence.user, lambda user, away=away: away.get(user, ()))  # type: ignore[misc]
        if len(way) == 2:
            raise Invalid(f"{field}[{n}].stand_in", "Nobody can stand in for themselves.")
        if way:
            text = f"They stand in for each other in a circle while all {len(way) - 1} are away: name somebody else."
            raise Invalid(f"{field}[{n}].stand_in", text)


def _local(text: str | None, otherwise: datetime) -> datetime:
    return datetime.fromisoformat(text) if text is not None else otherwise


def _check_fixed(fixed: FixedShifts, field: str, users: Collection[str] | None) -> None:
    if len(fixed.shifts) > MAX_FIXED:
        raise Invalid(f"{field}.shifts", f"A layer can have at most {MAX_FIXED} fixed shifts.")
    if not fixed.shifts and fixed.source is None:
        raise Invalid(f"{field}.shifts", "There is no shift; add one.")
    for n, shift in enumerate(fixed.shifts):
        _check_user(shift.user, f"{field}.shifts[{n}].user", users)
        if shift.end <= shift.start:
            raise Invalid(f"{field}.shifts[{n}].end", "The shift must end after it starts.")


def check_window(window: Window, field: str, calendars: Collection[str] | None) -> None:
    """Raise Invalid for an unknown zone, time, weekday or calendar. A zone "" is its owner's."""
    if window.zone:
        check_zone(window.zone, f"{field}.zone")
    for n, day in enumerate(window.weekdays):
        _check_weekday(day, f"{field}.weekdays[{n}]")
    _check_clock(window.start, f"{field}.start")
    _check_clock(window.end, f"{field}.end")
    if window.holidays and calendars is not None and window.holidays not in calendars:
        raise Invalid(f"{field}.holidays", f"There is no holiday calendar with id {window.holidays!r}.")


def _check_weekday(day: int, field: str) -> None:
    if not 0 <= day <= 6:
        raise Invalid(field, "A weekday is a number from 0 (Monday) to 6 (Sunday).")


def _check_clock(text: str, field: str) -> None:
    if re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", text) is None:
        raise Invalid(field, f"{text!r} is no time of day; write it like 08:30. The end of a day is 00:00.")


def check_local(text: str, field: str) -> None:
    """Raise Invalid unless it is a wall-clock date and time."""
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError as error:
        raise Invalid(field, f"{text!r} is no date and time; write it like 2026-01-05T09:00:00.") from error
    if parsed.tzinfo is not None:
        raise Invalid(field, "Leave the offset away: this is wall-clock time in the schedule's zone.")
    if not 1980 <= parsed.year <= 2200:
        raise Invalid(field, "The year must be between 1980 and 2200.")


def _ascending(start: str, end: str) -> bool:
    return datetime.fromisoformat(start) < datetime.fromisoformat(end)


def check_override(override: Override, field: str, users: Collection[str] | None = None) -> None:
    """Raise Invalid unless the override covers some time and says who comes and who goes."""
    at = f"{field}." if field else ""
    if override.end <= override.start:
        raise Invalid(f"{at}end", "The override must end after it starts.")
    if override.end - override.start > MAX_OVERRIDE_S:
        raise Invalid(f"{at}end", "An override can last at most 400 days; change the layers instead.")
    if override.kind == "remove":
        if override.user is not None:
            raise Invalid(f"{at}user_id", "To remove somebody names nobody who comes; say who goes in instead_of.")
    elif override.user is None:
        raise Invalid(f"{at}user_id", "Say who is on call.")
    else:
        _check_user(override.user, f"{at}user_id", users)
    if override.instead_of is not None:
        if override.kind == "add":
            raise Invalid(f"{at}instead_of", "Adding somebody takes nobody's place; use the kind replace.")
        if override.instead_of == override.user:
            raise Invalid(f"{at}instead_of", "Nobody can stand in for themselves.")
        _check_user(override.instead_of, f"{at}instead_of", users)


def check_temporary(
    temporary: Temporary,
    prefix: str = "",
    users: Collection[str] | None = None,
    calendars: Collection[str] | None = None,
) -> None:
    """Raise Invalid unless the temporary schedule covers some time and can be resolved."""
    if temporary.end <= temporary.start:
        raise Invalid(f"{prefix}end", "The temporary schedule must end after it starts.")
    if temporary.end - temporary.start > MAX_OVERRIDE_S:
        raise Invalid(f"{prefix}end", "A temporary schedule can last at most 400 days; change the layers instead.")
    check_layers(temporary.layers, f"{prefix}layers", users, calendars)


def _check_user(user: str, field: str, users: Collection[str] | None) -> None:
    if not user:
        raise Invalid(field, "The user id is empty.")
    if users is not None and user not in users:
        raise Invalid(field, f"There is no user with id {user!r}.")
