"""Who is on call: the one resolver behind paging, previews, calendars and hand-offs.

A schedule is a pile of layers; where a later layer has somebody, it hides the earlier ones. Overrides lie on
top of all layers; of two overlapping ones the one made last wins. A layer has nobody before its rotation's
start and after its `until`. `who` at an instant always equals the shift of `shifts` that contains it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from domain.calendar import Recurrence, instant_of
from domain.schedule import Layer, Override, Rotation, Schedule, Shift


def who(schedule: Schedule, at: float) -> tuple[str, ...]:
    """Users on call at an instant (UTC epoch seconds); empty if nobody is."""
    shift = shift_at(schedule, at)
    return () if shift is None else (shift.user,)


def shift_at(schedule: Schedule, at: float) -> Shift | None:
    """The turn that decides an instant, as its layer or override has it: other layers may hide parts of it."""
    for override in _by_age(schedule.overrides):
        if override.start <= at < override.end:
            return Shift(str(override.user), override.start, override.end, f"override:{override.id}")
    for layer in reversed(schedule.layers):
        shift = _of_layer(layer, schedule.zone, at)
        if shift is not None:
            return shift
    return None


def shifts(schedule: Schedule, start: float, end: float) -> list[Shift]:
    """The final line between two instants, ascending, without overlaps, clipped to the window."""
    line: list[Shift] = []
    for layer in schedule.layers:
        line = _overlay(line, _layer_shifts(layer, schedule.zone, start, end))
    for override in reversed(_by_age(schedule.overrides)):
        low, high = max(start, override.start), min(end, override.end)
        if low < high:
            line = _overlay(line, [Shift(str(override.user), low, high, f"override:{override.id}")])
    return _merged(line)


def gaps(schedule: Schedule, start: float, end: float) -> list[tuple[float, float]]:
    """Stretches of the window in which nobody is on call."""
    out: list[tuple[float, float]] = []
    at = start
    for shift in shifts(schedule, start, end):
        if shift.start > at:
            out.append((at, shift.start))
        at = shift.end
    if at < end:
        out.append((at, end))
    return out


def next_change(schedule: Schedule, after: float) -> float | None:
    """The next instant at which the answer of `who` may change; None if it never will."""
    instants = [edge for o in schedule.overrides for edge in (o.start, o.end) if edge > after]
    for layer in schedule.layers:
        if layer.rotation is None:
            continue
        rotation = _recurrence(layer.rotation, schedule.zone)
        upcoming = rotation.at(max(0, rotation.index(after) + 1))
        until = _until(layer, schedule.zone)
        instants.append(min(upcoming, until) if until is not None and until > after else upcoming)
        if until is not None and until <= after:
            instants.pop()
    return min(instants, default=None)


# -- one layer -----------------------------------------------------------------------------------------


@lru_cache(maxsize=4_096)
def _recurrence(rotation: Rotation, zone: str) -> Recurrence:
    return Recurrence(datetime.fromisoformat(rotation.start), ZoneInfo(zone), rotation.unit, rotation.every)


def _until(layer: Layer, zone: str) -> float | None:
    return None if layer.until is None else instant_of(datetime.fromisoformat(layer.until), ZoneInfo(zone))


def _of_layer(layer: Layer, zone: str, at: float) -> Shift | None:
    until = _until(layer, zone)
    if layer.rotation is None or (until is not None and at >= until):
        return None
    rotation, users = _recurrence(layer.rotation, zone), layer.rotation.users
    n = rotation.index(at)
    if n < 0:
        return None
    end = rotation.at(n + 1)
    return Shift(
        users[n % len(users)], rotation.at(n), end if until is None else min(end, until), f"layer:{layer.name}"
    )


def _layer_shifts(layer: Layer, zone: str, start: float, end: float) -> list[Shift]:
    if layer.rotation is None:
        return []
    rotation, users = _recurrence(layer.rotation, zone), layer.rotation.users
    until = _until(layer, zone)
    end = end if until is None else min(end, until)
    n = max(0, rotation.index(start))
    out: list[Shift] = []
    low = rotation.at(n)
    while low < end:
        high = rotation.at(n + 1)
        clipped = Shift(users[n % len(users)], max(low, start), min(high, end), f"layer:{layer.name}")
        if clipped.start < clipped.end:
            out.append(clipped)
        low, n = high, n + 1
    return out


# -- lines of shifts -----------------------------------------------------------------------------------


def _by_age(overrides: Iterable[Override]) -> list[Override]:
    """Newest first: the first that matches wins."""
    return sorted(overrides, key=lambda o: (o.created_at, o.id), reverse=True)


def _overlay(base: Sequence[Shift], top: Sequence[Shift]) -> list[Shift]:
    """`top` wins wherever it has somebody; both are ascending and free of overlaps."""
    out: list[Shift] = []
    n = 0
    for shift in base:
        at = shift.start
        while n < len(top) and top[n].end <= at:
            n += 1
        k = n
        while k < len(top) and top[k].start < shift.end:
            if top[k].start > at:
                out.append(Shift(shift.user, at, top[k].start, shift.source))
            at = max(at, top[k].end)
            k += 1
        if at < shift.end:
            out.append(Shift(shift.user, at, shift.end, shift.source))
    return sorted([*out, *top], key=lambda s: s.start)


def _merged(line: Iterable[Shift]) -> list[Shift]:
    out: list[Shift] = []
    for shift in line:
        last = out[-1] if out else None
        if last is not None and (last.user, last.source, last.end) == (shift.user, shift.source, shift.start):
            out[-1] = Shift(last.user, last.start, shift.end, last.source)
        else:
            out.append(shift)
    return out
