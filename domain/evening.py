"""Swap suggestions that even the load out: one shift handed on, or two exchanged, at a time.

Deterministic and greedy: of all hand-ons and exchanges of future shifts the one that brings the two people's burdens
(domain/load.py) closest together is proposed, then the next on top of it. Proposed is only what can be done: the
taker takes part in that schedule, is not on call or away then, and would not be on call longer at a stretch than the
longest stretch anybody has already. Nobody is moved by a suggestion; it becomes a swap request when a person makes one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from domain.duty import Duty
from domain.load import Load, Roster, burden_of, clock_of, free, loads
from domain.spans import joined

LIMIT = 5
CANDIDATES = 40
"""Next shifts looked at per schedule; exchanges grow with its square."""
LONGEST_S = 15 * 86_400.0
"""A longer duty is somebody's standing duty, not a shift one could ask a colleague to take."""
WORTH_H = 2.0
"""A suggestion that brings two people less than this closer together is noise."""


@dataclass(frozen=True, slots=True)
class Part:
    """A shift that changes hands."""

    schedule_id: str
    giver: str
    taker: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Suggestion:
    """`gives` is handed on; `returns`, if any, comes back for it. `before`, `after`: burdens of (giver, taker)."""

    gives: Part
    returns: Part | None
    before: tuple[float, float]
    after: tuple[float, float]
    words: str


@dataclass(frozen=True, slots=True)
class Question:
    """What is to be evened out. `away`: user -> ascending spans of time off; only shifts from `now` on may move."""

    rosters: tuple[Roster, ...]
    zones: Mapping[str, str]
    names: Mapping[str, str]
    now: float
    away: Mapping[str, list[tuple[float, float]]]
    by_schedule: bool = False


@dataclass(frozen=True, slots=True)
class _Move:
    """A hand-on or an exchange that helps; the one with the largest `rank` is the best."""

    rank: tuple[float, float, str, str]
    roster: Roster
    gives: Part
    returns: Part | None
    before: tuple[float, float]
    after: tuple[float, float]


def suggest(question: Question, limit: int = LIMIT) -> list[Suggestion]:
    """At most `limit` suggestions, each on top of those before it."""
    out: list[Suggestion] = []
    rosters = question.rosters
    for _ in range(limit):
        table = _Table(question, rosters)
        best = max(table.moves(), key=lambda m: m.rank, default=None)
        if best is None:
            break
        out.append(Suggestion(best.gives, best.returns, best.before, best.after, table.words(best)))
        rosters = _after(rosters, [p for p in (best.gives, best.returns) if p is not None])
    return out


def _after(rosters: tuple[Roster, ...], parts: Sequence[Part]) -> tuple[Roster, ...]:
    out = []
    for roster in rosters:
        moved = {(p.giver, p.start, p.end): p.taker for p in parts if p.schedule_id == roster.schedule_id}
        changed = tuple(Duty(moved.get((d.user, d.start, d.end), d.user), d.start, d.end) for d in roster.duties)
        out.append(Roster(roster.schedule_id, roster.name, roster.zone, changed, roster.members, roster.holidays))
    return tuple(out)


class _Table:
    """Burdens and times as they stand."""

    def __init__(self, question: Question, rosters: tuple[Roster, ...]) -> None:
        self._question = question
        self._rosters = rosters
        self._loads: dict[str, Load] = {p.user: p for p in loads(rosters, question.zones, question.by_schedule)}
        self._busy = {
            user: joined((d.start, d.end) for r in rosters for d in r.duties if d.user == user) for user in self._loads
        }
        self._most = max((high - low for spans in self._busy.values() for low, high in spans), default=0.0)

    def moves(self) -> Iterator[_Move]:
        """Everything that can be done and helps."""
        for roster in self._rosters:
            future = [d for d in roster.duties if d.start >= self._question.now and d.end - d.start <= LONGEST_S]
            turns = future[:CANDIDATES]
            for duty in turns:
                for taker in roster.members:
                    if taker != duty.user and self._can(taker, duty, None):
                        yield from self._ranked(roster, _part(roster, duty, taker), None)
                for other in turns:
                    if (
                        other.user != duty.user
                        and self._can(other.user, duty, other)
                        and self._can(duty.user, other, duty)
                    ):
                        gives, returns = _part(roster, duty, other.user), _part(roster, other, duty.user)
                        yield from self._ranked(roster, gives, returns)

    def _can(self, user: str, duty: Duty, without: Duty | None) -> bool:
        busy = self._busy[user]
        if without is not None:
            busy = [s for s in busy if s != (without.start, without.end)]
        if not free(busy, duty.start, duty.end) or not free(self._question.away.get(user, []), duty.start, duty.end):
            return False
        stretch = next(s for s in joined([*busy, (duty.start, duty.end)]) if s[0] <= duty.start < s[1])
        return stretch[1] - stretch[0] <= self._most

    def _ranked(self, roster: Roster, gives: Part, returns: Part | None) -> Iterator[_Move]:
        giver, taker = self._loads[gives.giver].burden, self._loads[gives.taker].burden
        if giver <= taker:
            return
        after = (
            giver - self._burden(roster, gives.giver, gives) + self._burden(roster, gives.giver, returns),
            taker + self._burden(roster, gives.taker, gives) - self._burden(roster, gives.taker, returns),
        )
        gain = (giver - taker) - abs(after[0] - after[1])
        if gain >= WORTH_H:
            rank = (round(gain, 3), -gives.start, gives.giver, gives.taker)
            yield _Move(rank, roster, gives, returns, (giver, taker), after)

    def _burden(self, roster: Roster, user: str, part: Part | None) -> float:
        if part is None:
            return 0.0
        zone = clock_of(user, roster, self._question.zones, self._question.by_schedule)
        return burden_of(part.start, part.end, zone, roster.holidays)

    def words(self, move: _Move) -> str:
        """Why, for people."""
        gives, returns, zone = move.gives, move.returns, move.roster.zone
        giver, taker = (self._question.names.get(u, u) for u in (gives.giver, gives.taker))
        what = f"If {taker} takes {giver}'s shift {_span(gives, zone)} in {move.roster.name}"
        if returns is not None:
            what += f" and {giver} takes {taker}'s shift {_span(returns, zone)}"
        loads = f"{giver} carries {_load(self._loads[gives.giver])}, {taker} {_load(self._loads[gives.taker])}"
        after, before = (f"{pair[0]:.0f} and {pair[1]:.0f}" for pair in (move.after, move.before))
        return f"{loads}. {what}, their weighed hours become {after} instead of {before}."


def _part(roster: Roster, duty: Duty, taker: str) -> Part:
    return Part(roster.schedule_id, duty.user, taker, duty.start, duty.end)


def _load(load: Load) -> str:
    kinds = [(load.night, "at night"), (load.weekend, "at weekends"), (load.holiday, "on holidays")]
    of_these = ", ".join(f"{hours:.0f} {kind}" for hours, kind in kinds if hours >= 0.5)
    return f"{load.hours:.0f} h on call" + (f" ({of_these})" if of_these else "")


def _span(part: Part, zone: str) -> str:
    low, high = (datetime.fromtimestamp(t, ZoneInfo(zone)) for t in (part.start, part.end))
    return f"{low:%a %Y-%m-%d %H:%M} to {high:%a %Y-%m-%d %H:%M} ({zone})"
