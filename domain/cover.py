"""Time off: what of it still needs cover. It never removes anybody from duty; who is away and on call is shown as such.

A piece of a shift is uncovered while the resolver has the person on call then. It is asked for once: a piece that some
request of this time off names already, in whatever state, is not asked for again by itself, so that people who declined
are left in peace. It stays uncovered, and is shown, until somebody takes it or the time off ends.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from domain.schedule import Shift
from domain.spans import joined
from domain.swap import Span, Swap

SHORTEST_S = 60.0
"""Less is left over from rounding, and no shift anybody would ask cover for."""


@dataclass(frozen=True, slots=True)
class Uncovered:
    """A piece of a shift in the time off. `request`: the newest request for it, if any."""

    schedule_id: str
    span: Span
    request: Swap | None = None


def uncovered(
    schedule_id: str, line: Iterable[Shift], user: str, away: Span, requests: Sequence[Swap]
) -> list[Uncovered]:
    """Where the user is on call while away, one piece per shift. `requests`: of this time off, oldest first."""
    out = []
    for shift in line:
        low, high = max(shift.start, away.start), min(shift.end, away.end)
        if shift.user == user and high - low >= SHORTEST_S:
            out.append(Uncovered(schedule_id, Span(low, high), _newest(requests, schedule_id, low, high)))
    return out


def _newest(requests: Sequence[Swap], schedule_id: str, low: float, high: float) -> Swap | None:
    about = [r for r in requests if r.schedule_id == schedule_id and r.span.start < high and r.span.end > low]
    return about[-1] if about else None


def to_ask(pieces: Iterable[Uncovered], requests: Iterable[Swap]) -> list[tuple[str, Span]]:
    """(schedule id, span) of what no request names yet."""
    known = list(requests)
    out: list[tuple[str, Span]] = []
    for piece in pieces:
        named = joined((r.span.start, r.span.end) for r in known if r.schedule_id == piece.schedule_id)
        at = piece.span.start
        for low, high in [*named, (piece.span.end, piece.span.end)]:
            if high <= at and low < piece.span.end:
                continue
            until = min(low, piece.span.end)
            if until - at >= SHORTEST_S:
                out.append((piece.schedule_id, Span(at, until)))
            at = max(at, high)
    return out
