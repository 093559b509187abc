"""Incidents that people tied to each other: what fires is in an open incident, of its line or of where people put it.

That is the line that alerts were split off to, until they are over, and the incident that a line's was merged into.

What fires is worked out from what senders said to each line; the names that alerts have in other lines, and what lines
say to each other, are not looked at. What a human resolved is taken out, in whichever line it was then. It is asked
whenever a sender has said something or an incident closes, a little later: until then alerts may be on their way.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from heapq import heapify, heappop, heappush
from typing import Any

from domain import events as e
from domain import tie_events as t
from domain.incident import incident_id
from simulation.judging.finding import LATE_S, Finding
from simulation.outcome import Outcome, Row, Taken

Tell = Callable[[Finding], None]
TAKEN_OUT = 0.0
"""Since when something fires that a human resolved where it was split off to: it is not asked for."""


def tied(outcome: Outcome) -> frozenset[str]:
    """Lines (as "incident/KEY") that were merged, took one in, were split or made by that, at any time."""
    found = set()
    for entity, rows in outcome.incidents():
        for row in rows:
            if isinstance(row.event, t.Merged):
                found |= {entity, _line(row.event.into)}
            elif isinstance(row.event, t.SplitOff):
                found |= {entity, f"incident/{row.event.line}"}
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
    _parted(outcome, told)
    _attached(outcome, told)


def _parted(outcome: Outcome, told: Tell) -> None:
    """Each line is told of what was split off to it, and of all later news, once."""
    sent: Counter[str] = Counter()
    for _, rows in outcome.incidents():
        for row in rows:
            if isinstance(row.event, t.SplitOff | t.AlertsFollowedSplit):
                sent[f"incident/{row.event.line}"] += len(row.event.keys)
    for entity, many in sent.items():
        heard = sum(taken.events for taken in outcome.said.get(entity, ()))
        if heard != many:
            told(Finding("lost", entity, f"it heard {heard} of {many} news of what was split off to it", 0.0))


def _attached(outcome: Outcome, told: Tell) -> None:
    """Both incidents know."""
    both: dict[tuple[str, str], float] = {}
    known: set[tuple[str, str]] = set()
    for entity, rows in outcome.incidents():
        key = entity.partition("/")[2]
        for row in rows:
            if isinstance(row.event, t.Attached):
                both[incident_id(key, row.event.episode), row.event.to] = row.at
            elif isinstance(row.event, t.AttachedHere):
                known.add((row.event.child, incident_id(key, row.event.episode)))
    for (child, to), at in both.items():
        if (child, to) not in known and at < outcome.scenario.end - LATE_S:
            told(Finding("untied", child, f"it was attached to {to}, which does not know", at))


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
        self._away: dict[str, dict[str, str]] = defaultdict(dict)
        """Line -> alert -> the line that it was split off to."""
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
                self._away[line].pop(event.dedup_key, None)
            elif (event.dedup_key, event.starts_at) not in over:
                firing.setdefault(event.dedup_key, taken.at)
        self._later([line], taken.at)

    def _event(self, line: str, row: Row) -> None:
        match row.event:
            case e.Triggered():
                self._open[line] = True
            case e.Resolved(human=human):
                theirs = [line, *(source for source, there in self._onward.items() if there == line)]
                apart = [whose for whose, away in self._away.items() if line in away.values()]
                self._open[line] = False
                self._by_hand |= dict.fromkeys(theirs, row.at) if human else {}
                for whose in apart if human else ():
                    for key in [k for k, there in self._away[whose].items() if there in theirs]:
                        if key in self._firing[whose]:  # said again soon after, it stays quiet: as in a line of its own
                            self._firing[whose][key] = TAKEN_OUT
                self._later([*theirs, *apart], row.at)
            case t.Merged(_, into):
                self._open[line], self._onward[line] = False, _line(into)
                self._later([line], row.at)
            case t.SplitOff(_, keys, target):
                for key in keys:  # one that was merged into this line is called LINE/KEY here
                    owner, slash, own = key.partition("/")
                    there = f"incident/{owner}"
                    whose, name = (there, own) if slash and there in self._firing else (line, key)
                    self._away[whose][name] = f"incident/{target}"
                    self._later([whose], row.at)
            case t.Reclaimed(split=split, last=last):
                self._away[line] |= {key: f"incident/{there}" for key, (there, _) in split.items()}
                if last:
                    self._onward.pop(line, None)

    def _later(self, lines: list[str], at: float) -> None:
        for line in lines:
            self._asked += 1
            heappush(self._queue, (at + LATE_S, self._asked, 0, line, at))

    def _ask(self, line: str, by: float) -> None:
        """What fired `by` then must be in an open incident now."""
        since, away = self._by_hand.get(line, 0.0), self._away[line]
        fires = sorted(
            key for key, at in self._firing[line].items() if since < at <= by and not self._has(away.get(key, line))
        )
        if fires:
            self._told(Finding("muted", line, f"{fires[0]!r} fires, and no incident that it is in is open", by))

    def _has(self, line: str) -> bool:
        """Whether what goes to a line is in an open incident."""
        return self._open.get(line, False) or self._open.get(self._onward.get(line, ""), False)
