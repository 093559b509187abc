"""Who one layer has, between two instants: its turns or fixed shifts, within its bounds and windows. Pure."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from domain.schedule import FixedShift, Layer, Rotation, Shift
from domain.spans import Opening, Span
from domain.turns import FOREVER, Turns, instant
from domain.window import IsHoliday

AHEAD_S = (9 * 86_400.0, 400 * 86_400.0)
"""How far ahead the next opening of a window is looked for: a week has them all, but for those on holidays."""


class Piece(NamedTuple):
    """These shifts, and no others, in a stretch of time; each has the bounds of its own turn."""

    start: float
    end: float
    crew: tuple[Shift, ...]


def once(shifts: Iterable[Shift]) -> tuple[Shift, ...]:
    """Of each person the first of their shifts."""
    found: dict[str, Shift] = {}
    for shift in shifts:
        found.setdefault(shift.user, shift)
    return tuple(found.values())


@lru_cache(maxsize=4_096)
def _turns(rotation: Rotation, zone: str) -> Turns:
    return Turns(rotation, ZoneInfo(zone))


class LayerLine:
    """One layer, ready to be asked. `source`: what its shifts say they come from."""

    def __init__(self, layer: Layer, zone: str, is_holiday: IsHoliday, source: str) -> None:
        zone = layer.zone or zone
        place = ZoneInfo(zone)
        self.name = layer.name
        self._source = source
        self._since = instant(layer.since, place, -FOREVER)
        self._until = instant(layer.until, place, FOREVER)
        self._turns = _turns(layer.rotation, zone) if layer.rotation is not None else None
        self._opening = Opening(layer.windows, place, is_holiday) if layer.windows else None
        self._fixed = _pieces(layer.fixed.shifts, source) if layer.fixed is not None else []
        self._starts = [piece.start for piece in self._fixed]

    def between(self, start: float, end: float) -> list[Piece]:
        """Who it has in [start, end): ascending, without overlaps, clipped; nothing where it has nobody."""
        low, high = max(start, self._since), min(end, self._until)
        if low >= high:
            return []
        pieces = self._turning(low, high) if self._turns is not None else self._written(low, high)
        if self._opening is not None:
            spans = [(max(a, low), min(b, high)) for a, b in self._opening.between(low, high)]
            return list(_within(pieces, spans))
        return [Piece(max(p.start, low), min(p.end, high), p.crew) for p in pieces]

    def next_edge(self, after: float) -> float | None:
        """The next instant at which whom it has may change; None if it never will."""
        if after >= self._until:
            return None
        edges = [edge for edge in (self._since, self._until) if after < edge < FOREVER]
        if self._turns is not None:
            edges.append(self._turns.when.at(max(0, self._turns.when.index(after) + 1)))
        elif (k := bisect_right(self._starts, after)) < len(self._fixed):
            edges.append(self._fixed[k].start)
        if self._turns is None and (k := bisect_right(self._starts, after)) and self._fixed[k - 1].end > after:
            edges.append(self._fixed[k - 1].end)
        if self._opening is not None and edges:
            edges.append(self._next_opening(after))
        return min(edges, default=None)

    def _next_opening(self, after: float) -> float:
        assert self._opening is not None
        for ahead in AHEAD_S:
            edges = [e for span in self._opening.between(after, after + ahead) for e in span if e > after]
            if edges:
                return min(edges)
        return after + AHEAD_S[-1]

    def _turning(self, start: float, end: float) -> Iterator[Piece]:
        assert self._turns is not None
        when, n = self._turns.when, max(0, self._turns.when.index(start))
        low = when.at(n)
        while low < end:
            high = when.at(n + 1)
            if low < high and (user := self._turns.user(n)) is not None:
                first, last = max(low, self._since), min(high, self._until)
                yield Piece(first, last, (Shift(user, first, last, self._source),))
            low, n = high, n + 1

    def _written(self, start: float, end: float) -> list[Piece]:
        first = max(0, bisect_right(self._starts, start) - 1)
        return [p for p in self._fixed[first : bisect_left(self._starts, end)] if p.end > start]


def _within(pieces: Iterable[Piece], spans: list[Span]) -> Iterator[Piece]:
    """The parts of the pieces that lie in the spans; both ascending."""
    k = 0
    for piece in pieces:
        while k < len(spans) and spans[k][1] <= piece.start:
            k += 1
        j = k
        while j < len(spans) and spans[j][0] < piece.end:
            yield Piece(max(piece.start, spans[j][0]), min(piece.end, spans[j][1]), piece.crew)
            j += 1


def _pieces(shifts: Iterable[FixedShift], source: str) -> list[Piece]:
    """Fixed shifts, which may overlap, as pieces, which do not; somebody twice at once counts once."""
    made = [Shift(s.user, s.start, s.end, source) for s in sorted(shifts, key=lambda s: (s.start, s.end, s.user))]
    edges = sorted({edge for shift in made for edge in (shift.start, shift.end)})
    out: list[Piece] = []
    running: list[Shift] = []
    k = 0
    for low, high in pairwise(edges):
        running = [s for s in running if s.end > low]
        while k < len(made) and made[k].start <= low:
            running.append(made[k])
            k += 1
        if running:
            out.append(Piece(low, high, once(running)))
    return out
