"""Who is on call: the one resolver behind paging, previews, calendars and hand-offs.

Layers are grouped: one that is `together` with the layer before it shares its place in the pile. The highest group in
which anybody is on call decides, and all in it are on call. Temporary schedules and overrides are then applied in the
order in which they were made: a temporary schedule puts its own pile in the place of everything before it.

Everything is asked of one sweep over time, so `who` at an instant always equals the shifts that contain it. Answers
are remembered per schedule value and day: a schedule that is changed is another value.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import replace

from domain.holidays import asked
from domain.layers import LayerLine, Piece, once
from domain.schedule import Layer, Override, Schedule, Shift, Temporary
from domain.window import IsHoliday

DAY_S = 86_400.0
DAYS_KEPT = 64
SCHEDULES_KEPT = 4_096
LOOKED_AHEAD = (1, 2, 4, 8)
"""Days swept, one stretch after the other, to find the next change."""


def who(schedule: Schedule, at: float) -> tuple[str, ...]:
    """Users on call at an instant (UTC epoch seconds); empty if nobody is."""
    return tuple(shift.user for shift in shifts_at(schedule, at))


def shifts_at(schedule: Schedule, at: float) -> tuple[Shift, ...]:
    """The turns that decide an instant, as layers and overrides have them: other layers or windows may hide parts."""
    return _resolver(schedule).at(at)


def everybody_at(schedule: Schedule, at: float) -> tuple[Shift, ...]:
    """Those on call, then whom each layer has at that instant, the highest first, whatever hides it; each once."""
    resolver = _resolver(schedule)
    pieces = [piece for line in reversed(resolver.pile.lines) for piece in line.between(at, at + 1)]
    below = [shift for piece in pieces if piece.start == at for shift in piece.crew]
    return once([*resolver.at(at), *below])


def shifts(schedule: Schedule, start: float, end: float) -> list[Shift]:
    """The final line between two instants, clipped to them, by start; of people on call together, in their order."""
    return shifts_of(_resolver(schedule).sweep(start, end))


def gaps(schedule: Schedule, start: float, end: float) -> list[tuple[float, float]]:
    """Stretches of the window in which nobody is on call."""
    out: list[tuple[float, float]] = []
    at = start
    for piece in _resolver(schedule).sweep(start, end):
        if piece.start > at:
            out.append((at, piece.start))
        at = piece.end
    if at < end:
        out.append((at, end))
    return out


def next_change(schedule: Schedule, after: float) -> float | None:
    """The next instant at which the answer of `who` may change; None if it never will. No change is skipped."""
    resolver, at = _resolver(schedule), after
    users = tuple(shift.user for shift in resolver.at(after))
    for days in LOOKED_AHEAD:
        end = at + days * DAY_S
        for piece in [*resolver.sweep(at, end), Piece(end, end, ())]:
            if piece.start > at and users:
                return at
            if after < piece.start < end and tuple(s.user for s in piece.crew) != users:
                return piece.start
            at = piece.end
    return resolver.next_edge(at)


def layer_lines(schedule: Schedule, start: float, end: float) -> list[tuple[str, list[Shift]]]:
    """Per layer, lowest first: its name and its own shifts in the window, whatever hides them."""
    return [(line.name, shifts_of(line.between(start, end))) for line in _resolver(schedule).pile.lines]


def temporary_lines(schedule: Schedule, start: float, end: float) -> list[tuple[Temporary, list[Shift]]]:
    """Per temporary schedule, in the order in which they were made: who it has in the window, before overrides."""
    out: list[tuple[Temporary, list[Shift]]] = []
    for change in _in_order(schedule):
        low, high = max(start, change.start), min(end, change.end)
        if isinstance(change, Temporary) and low < high:
            alone = replace(schedule, layers=change.layers, overrides=(), temporaries=(change,))
            out.append((change, shifts(alone, low, high)))
    return out


def shifts_of(pieces: Iterable[Piece]) -> list[Shift]:
    """Pieces as shifts: one for as long as somebody stays on call from one source."""
    out: list[Shift] = []
    running: dict[tuple[str, str], int] = {}
    end = 0.0
    for piece in pieces:
        going = running if piece.start == end else {}
        running, end = {}, piece.end
        for shift in piece.crew:
            key = (shift.user, shift.source)
            k = going.get(key, len(out))
            if k < len(out):
                out[k] = Shift(shift.user, out[k].start, piece.end, shift.source)
            else:
                out.append(Shift(shift.user, piece.start, piece.end, shift.source))
            running[key] = k
    return out


# -- the sweep -------------------------------------------------------------------------------------------


class Pile:
    """Layers, and how they are grouped: for each group, the numbers of its layers from `first` on."""

    def __init__(self, layers: Sequence[Layer], zone: str, holiday: IsHoliday, source: str, first: int) -> None:
        self.lines = [LayerLine(layer, zone, holiday, f"{source}:{layer.name}") for layer in layers]
        self.first = first
        groups: list[list[int]] = []
        for n, layer in enumerate(layers, first):
            if layer.together and groups:
                groups[-1].append(n)
            else:
                groups.append([n])
        self._groups = groups[::-1]

    def crew(self, crews: Sequence[tuple[Shift, ...]]) -> tuple[Shift, ...]:
        """Who is on call, given whom each layer has."""
        for group in self._groups:
            found = crews[group[0]] if len(group) == 1 else once(shift for n in group for shift in crews[n])
            if found:
                return found
        return ()


class Resolver:
    """One schedule, ready to be asked."""

    def __init__(self, schedule: Schedule) -> None:
        holiday = asked(schedule.holidays)
        self.pile = Pile(schedule.layers, schedule.zone, holiday, "layer", 0)
        self._changes = _in_order(schedule)
        self._piles: dict[int, Pile] = {}
        self._layers = len(schedule.layers)
        for k, change in enumerate(self._changes):
            if isinstance(change, Temporary):
                source = f"temporary:{change.id}"
                self._piles[k] = Pile(change.layers, schedule.zone, holiday, source, self._layers)
                self._layers += len(change.layers)
        self._days: dict[int, tuple[list[float], list[Piece]]] = {}

    def at(self, at: float) -> tuple[Shift, ...]:
        """Who is on call, from what is remembered of that day."""
        day = int(at // DAY_S)
        known = self._days.get(day)
        if known is None:
            pieces = self.sweep(day * DAY_S, (day + 1) * DAY_S)
            known = [p.start for p in pieces], pieces
            if len(self._days) >= DAYS_KEPT:
                self._days.clear()
            self._days[day] = known
        k = bisect_right(known[0], at) - 1
        return known[1][k].crew if k >= 0 and at < known[1][k].end else ()

    def sweep(self, start: float, end: float) -> list[Piece]:
        """Who is on call in [start, end): ascending, without overlaps; nothing where nobody is."""
        changes = [k for k, c in enumerate(self._changes) if c.start < end and c.end > start]
        events = _events(self.pile, start, end)
        for k in changes:
            change = self._changes[k]
            events += [(max(start, change.start), -1 - k, None), (min(end, change.end), -1 - k, ())]
            if k in self._piles:
                events += _events(self._piles[k], max(start, change.start), min(end, change.end))
        events.sort(key=_when)
        events.append((end, 0, ()))
        crews: list[tuple[Shift, ...]] = [()] * self._layers
        active: set[int] = set()
        out: list[Piece] = []
        crew: tuple[Shift, ...] = ()
        at = start
        for when, n, value in events:
            if when > at:
                crew = self._crew(crews, active)
                if crew and out and out[-1].end == at and out[-1].crew == crew:
                    out[-1] = Piece(out[-1].start, when, crew)
                elif crew:
                    out.append(Piece(at, when, crew))
                at = when
            if n >= 0:
                crews[n] = value or ()
            elif value is None:
                active.add(-1 - n)
            else:
                active.discard(-1 - n)
        return out

    def next_edge(self, after: float) -> float | None:
        """The next instant at which any part of the schedule changes."""
        edges = [edge for c in self._changes for edge in (c.start, c.end) if edge > after]
        piles = [self.pile, *(p for k, p in self._piles.items() if self._changes[k].end > after)]
        edges += [e for pile in piles for line in pile.lines if (e := line.next_edge(after)) is not None]
        return min(edges, default=None)

    def _crew(self, crews: Sequence[tuple[Shift, ...]], active: set[int]) -> tuple[Shift, ...]:
        if not active:
            return self.pile.crew(crews)
        order = sorted(active)
        begin = next((k for k in reversed(order) if k in self._piles), None)
        crew = self.pile.crew(crews) if begin is None else self._piles[begin].crew(crews)
        for k in order:
            change = self._changes[k]
            if isinstance(change, Override) and (begin is None or k > begin):
                crew = applied(change, crew)
        return crew


def applied(override: Override, crew: tuple[Shift, ...]) -> tuple[Shift, ...]:
    """Who is on call with the override, given who would be without it."""
    if override.user is None:
        return tuple(s for s in crew if override.instead_of is not None and s.user != override.instead_of)
    theirs = Shift(override.user, override.start, override.end, f"override:{override.id}")
    if override.kind == "add":
        return crew if any(s.user == override.user for s in crew) else (*crew, theirs)
    if override.instead_of is None:
        return (theirs,)
    if all(s.user != override.instead_of for s in crew):
        return crew
    others = [s for s in crew if s.user != override.user or s.user == override.instead_of]
    return tuple(theirs if s.user == override.instead_of else s for s in others)


def _events(pile: Pile, start: float, end: float) -> list[tuple[float, int, tuple[Shift, ...] | None]]:
    """What begins and ends when, by number of layer; where one piece follows another, only what begins."""
    out: list[tuple[float, int, tuple[Shift, ...] | None]] = []
    for n, line in enumerate(pile.lines, pile.first):
        ended = start
        for piece in line.between(start, end):
            if piece.start > ended:
                out.append((ended, n, ()))
            out.append((piece.start, n, piece.crew))
            ended = piece.end
        if ended > start:
            out.append((ended, n, ()))
    return out


def _when(event: tuple[float, int, tuple[Shift, ...] | None]) -> float:
    return event[0]


def _in_order(schedule: Schedule) -> list[Override | Temporary]:
    """All that was changed by hand, in the order in which it was made."""
    return sorted((*schedule.overrides, *schedule.temporaries), key=lambda c: (c.created_at, c.id))


# -- what is remembered ----------------------------------------------------------------------------------

_known: dict[int, tuple[Schedule, Resolver]] = {}


def _resolver(schedule: Schedule) -> Resolver:
    """By identity, not by value: to hash a schedule of 200 overrides takes longer than to ask it."""
    known = _known.get(id(schedule))
    if known is not None and known[0] is schedule:
        return known[1]
    if len(_known) >= SCHEDULES_KEPT:
        _known.clear()
    made = Resolver(schedule)
    _known[id(schedule)] = schedule, made
    return made
