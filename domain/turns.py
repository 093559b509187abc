"""Whose turn it is: the order of a rotation, with people who come, go and are away. Pure.

Published rules. Turn after turn the order goes on with the next place in the list, after the last its first. Whoever
has a term has no place for turns that begin outside it, so turns before it begins or ends stay whose they were, and
the order goes on from where it stands. Who is absent when their turn begins keeps their place: the turn is taken by
the stand-in, or by the next in the list who is there, and nobody else's turns move. If all are away, nobody has it.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import datetime
from zoneinfo import ZoneInfo

from domain.calendar import Recurrence, instant_of
from domain.schedule import Absence, Rotation
from domain.spans import week_of

FOREVER = float("inf")


def instant(local: str | None, zone: ZoneInfo, missing: float) -> float:
    """UTC epoch seconds of a local time of a schedule, or `missing` for None."""
    return missing if local is None else instant_of(datetime.fromisoformat(local), zone)


class Turns:
    """The turns of one rotation: `when` they begin, and whose they are."""

    def __init__(self, rotation: Rotation, zone: ZoneInfo) -> None:
        marks = week_of((h.weekday, h.time) for h in rotation.handoffs)
        self.when = Recurrence(datetime.fromisoformat(rotation.start), zone, rotation.unit, rotation.every, marks)
        self._users = rotation.users
        self._away: dict[str, list[tuple[float, float, Absence]]] = {}
        for absence in rotation.absences:
            span = (instant(absence.start, zone, -FOREVER), instant(absence.end, zone, FOREVER), absence)
            self._away.setdefault(absence.user, []).append(span)
        self._firsts, self._orders = self._walk(rotation, zone)

    def user(self, n: int) -> str | None:
        """Who has turn number `n` (from 0)."""
        k = bisect_right(self._firsts, n) - 1
        order = self._orders[k]
        if not order:
            return None
        place = (n - self._firsts[k]) % len(order)
        if not self._away:
            return self._users[order[place]]
        return self._there(order, place, self.when.at(n))

    def _there(self, order: tuple[int, ...], place: int, begins: float) -> str | None:
        owner = self._users[order[place]]
        absences = self._absent(owner, begins)
        if not absences:
            return owner
        for absence in absences:
            if absence.stand_in is not None and not self._absent(absence.stand_in, begins):
                return absence.stand_in
        others = (self._users[order[(place + k) % len(order)]] for k in range(1, len(order)))
        return next((user for user in others if not self._absent(user, begins)), None)

    def _absent(self, user: str, at: float) -> list[Absence]:
        return [a for low, high, a in self._away.get(user, ()) if low <= at < high]

    def _walk(self, rotation: Rotation, zone: ZoneInfo) -> tuple[list[int], list[tuple[int, ...]]]:
        """Turns from which another set of places counts, and these places in the order in which they follow."""
        terms: dict[str, list[tuple[float, float]]] = {}
        for t in rotation.terms:
            terms.setdefault(t.user, []).append((instant(t.start, zone, -FOREVER), instant(t.end, zone, FOREVER)))
        edges = {edge for spans in terms.values() for span in spans for edge in span if abs(edge) != FOREVER}
        firsts = sorted({0, *(max(0, self._turn_from(edge)) for edge in edges)})
        orders: list[tuple[int, ...]] = []
        last = -1
        for k, first in enumerate(firsts):
            begins = self.when.at(first)
            active = [p for p, u in enumerate(rotation.users) if _within(begins, terms.get(u))]
            order = tuple([p for p in active if p > last] + [p for p in active if p <= last])
            orders.append(order)
            if order and k + 1 < len(firsts):
                last = order[(firsts[k + 1] - 1 - first) % len(order)]
        return firsts, orders

    def _turn_from(self, at: float) -> int:
        """Number of the first turn that begins at or after an instant."""
        n = self.when.index(at)
        while self.when.at(n) == at:  # hand-offs that a gap swallowed come together at its end
            n -= 1
        return n + 1


def _within(at: float, spans: list[tuple[float, float]] | None) -> bool:
    return spans is None or any(low <= at < high for low, high in spans)
