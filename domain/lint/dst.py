"""Hand-offs and windows at a wall-clock time that a change of the clocks swallows or repeats.

They follow published rules (domain/calendar.py, domain/window.py): the first instant after the gap, the first of two.
That people read the same clock and expect another hour is what is told here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from domain.lint.ahead import DAY_S, Ahead, about_schedule
from domain.lint.finding import Finding, Level
from domain.schedule import Layer, Schedule
from domain.turns import Turns
from domain.wall import reading

DAYS = 370
"""The clocks change twice a year; one change further away than the other checks look is told as an info."""
NEAR_S = 6 * 3_600.0


@dataclass(frozen=True, slots=True)
class Change:
    """At `at` the wall clock goes from `before` to `after` (naive). Forwards: times between them do not exist."""

    at: float
    before: datetime
    after: datetime

    def concerns(self, clock: time) -> bool:
        """True for a time of day that is swallowed or comes twice."""
        low, high = sorted((self.before, self.after))
        day = low.date()
        return any(low <= datetime.combine(day + timedelta(days=n), clock) < high for n in (0, 1))

    @property
    def text(self) -> str:
        low, high = sorted((self.before, self.after))
        times = f"{low:%H:%M} to {high:%H:%M}"
        return f"{times} does not exist" if self.after > self.before else f"{times} comes twice"


def changes(zone: ZoneInfo, start: float, end: float) -> list[Change]:
    """Changes of the clocks of a zone in [start, end)."""
    out, at = [], start
    while at < end:
        upto = min(end, at + DAY_S)
        if _offset(zone, at) != _offset(zone, upto):
            out.append(_change(zone, at, upto))
        at = upto
    return out


def _offset(zone: ZoneInfo, at: float) -> timedelta:
    return datetime.fromtimestamp(at, zone).utcoffset() or timedelta()


def _change(zone: ZoneInfo, low: float, high: float) -> Change:
    """The change between two instants, found by halving, to the second."""
    first, last = int(low), int(high)
    before = _offset(zone, low)
    while last - first > 1:
        middle = (first + last) // 2
        first, last = (middle, last) if _offset(zone, middle) == before else (first, middle)
    plain = datetime.fromtimestamp(last, UTC).replace(tzinfo=None)
    return Change(float(last), plain + before, plain + _offset(zone, last))


def check(ahead: Ahead) -> Iterator[Finding]:
    """One finding per layer and change: a warning within the time ahead, else an info."""
    known: dict[str, list[Change]] = {}
    for schedule in ahead.config.schedules.values():
        for layer in schedule.layers:
            zone = ZoneInfo(layer.zone or schedule.zone)
            if zone.key not in known:
                known[zone.key] = changes(zone, ahead.now, ahead.now + DAYS * DAY_S)
            for change in known[zone.key]:
                what = _touched(layer, zone, change)
                if what:
                    yield _found(ahead, schedule, layer, zone, change, what)


def _found(ahead: Ahead, schedule: Schedule, layer: Layer, zone: ZoneInfo, change: Change, what: str) -> Finding:
    taken = "the end of the gap" if change.after > change.before else "the first of the two"
    text = (
        f"Layer {layer.name}: {what} falls where the clocks change ({reading(change.at, zone)} {zone.key}: "
        f"{change.text}); {taken} counts. Move it by an hour, or tell those concerned."
    )
    level: Level = "warning" if change.at < ahead.until else "info"
    return about_schedule("dst_ambiguous", level, schedule, text, (change.at, change.at))


def _touched(layer: Layer, zone: ZoneInfo, change: Change) -> str:
    """What of the layer has such a time on that day, "" for nothing."""
    if layer.rotation is not None and layer.rotation.unit != "hour":
        clocks = {h.time for h in layer.rotation.handoffs} or {
            datetime.fromisoformat(layer.rotation.start).strftime("%H:%M")
        }
        hit = sorted(c for c in clocks if change.concerns(time.fromisoformat(c)))
        if hit and _hands_off(Turns(layer.rotation, zone), change):
            return f"the hand-off at {' and '.join(hit)}"
    edges = sorted({e for w in layer.windows for e in (w.start, w.end) if change.concerns(time.fromisoformat(e))})
    return f"the window's {' and '.join(edges)}" if edges else ""


def _hands_off(turns: Turns, change: Change) -> bool:
    """True if a turn begins around the change."""
    n = max(0, turns.when.index(change.at - NEAR_S))
    return any(abs(turns.when.at(k) - change.at) <= NEAR_S for k in range(n, n + 4))
