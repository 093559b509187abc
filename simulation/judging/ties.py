"""Incidents that people merged: what fires is in an open incident of its line, or of the one that this was merged into.

What fires is worked out from what senders said to each line; the names that alerts have in other lines, and what lines
say to each other, are not looked at. What a human resolved is taken out, in whichever line it was then. It is asked
whenever a sender has said something or an incident closes, a little later: until then alerts may be on their way.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from heapq import heapify, heappop, heappush
from typing import Any

from domain import events as e
from domain import tie_events as t
from simulation.judging.finding import LATE_S, Finding
from simulation.outcome import Outcome, Row, Taken

Tell = Callable[[Finding], None]


def tied(outcome: Outcome) -> frozenset[str]:
    """Lines (as "incident/KEY") that were merged, or took one in, at any time."""
    found = set()
    for entity, rows in outcome.incidents():
        for row in rows:
            if isinstance(row.event, t.Merged):
                found |= {entity, _line(row.event.into)}
    return frozenset(found)


def ties(outcome: Outcome, lines: frozenset[str], told: Tell) -> None:
    """Everything that is wrong with them."""
    took = {
        (entity, row.event.source): row.at
        for entity in lines
        for row in outcome.journals.get(entity, ())
        if isinstance(row.event, t.TookIn)
    }
    for entity in sorted(lines):
        for row in outcome.journals.get(entity, ()):
            if isinstance(row.event, t.Merged):
                source = f"{entity.removeprefix('incident/')}-{row.event.episode}"
                if took.get((_line(row.event.into), source), float("inf")) > row.at:
                    told(Finding("muted", entity, f"it is part of {row.event.into}, which has not taken it", row.at))
    _Heard(outcome, lines, told).follow()


def _line(ident: str) -> str:
    return f"incident/{ident.rpartition('-')[0]}"


class _Heard:
    """All tied lines, event by event in order of time."""

    def __init__(self, outcome: Outcome, lines: frozenset[str], told: Tell) -> None:
        self._told = told
        self._end = outcome.scenario.end
        self._open: dict[str, bool] = {}
        self._onward: dict[str, str] = {}
        """Line -> where its alerts go."""
        self._firing: dict[str, dict[str, float]] = defaultdict(dict)
        """Line -> alert -> since when its sender says that it fires."""
        self._over: dict[str, set[tuple[str, float | None]]] = defaultdict(set)
        self._by_hand: dict[str, float] = {}
        """When a human last resolved what a line's alerts were in."""
        self._queue: list[tuple[float, int, int, str, Any]] = []
        for number, entity in enumerate(sorted(lines)):
            said, rows = outcome.said.get(entity, ()), outcome.journals.get(entity, ())
            self._queue += [(taken.at, number, -n, entity, taken) for n, taken in enumerate(said, 1)]
            self._queue += [(row.at, number, row.seq, entity, row) for row in rows]
        self._asked = len(self._queue)
        heapify(self._queue)

    def follow(self) -> None:
        """Everything, and what is to be asked after it."""
        while self._queue:
            at, _, _, line, what = heappop(self._queue)
            if isinstance(what, Taken):
                self._said(line, what)
            elif isinstance(what, Row):
                self._event(line, what)
            elif at <= self._end:
                self._ask(line, what)

    def _said(self, line: str, taken: Taken) -> None:
        firing, over = self._firing[line], self._over[line]
        for event in taken.message.events:
            if event.status == "resolved":
                over.add((event.dedup_key, event.starts_at))
                firing.pop(event.dedup_key, None)
            elif (event.dedup_key, event.starts_at) not in over:
                firing.setdefault(event.dedup_key, taken.at)
        self._later([line], taken.at)

    def _event(self, line: str, row: Row) -> None:
        match row.event:
            case e.Triggered():
                self._open[line] = True
            case e.Resolved(human=human):
                theirs = [line, *(source for source, there in self._onward.items() if there == line)]
                self._open[line] = False
                self._by_hand |= dict.fromkeys(theirs, row.at) if human else {}
                self._later(theirs, row.at)
            case t.Merged(_, into):
                self._open[line], self._onward[line] = False, _line(into)
                self._later([line], row.at)
            case t.Reclaimed(last=True):
                self._onward.pop(line, None)

    def _later(self, lines: list[str], at: float) -> None:
        for line in lines:
            self._asked += 1
            heappush(self._queue, (at + LATE_S, self._asked, 0, line, at))

    def _ask(self, line: str, by: float) -> None:
        """What fired `by` then must be in an open incident now."""
        if self._open.get(line) or self._open.get(self._onward.get(line, "")):
            return
        since = self._by_hand.get(line, 0.0)
        fires = sorted(key for key, at in self._firing[line].items() if since < at <= by)
        if fires:
            self._told(Finding("muted", line, f"{fires[0]!r} fires, and no incident that it is in is open", by))
