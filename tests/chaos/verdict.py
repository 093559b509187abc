"""Was the promise kept? Pure: compares what senders were told with what people received, and reads the journal.

lost              an accepted alert opened no incident
split-brain       an accepted alert opened two
skipped           a page that was due never came: the first of an accepted alert, or a later one nobody had asked to stop
out-of-order      a later person was paged and an earlier one never
                  Neither is one whose telephone did not take it, that a storm held, or that was overtaken: a page that a
                  host had claimed and not sent before it ended waits up to 10 s (runtime/sending.HOLD_S), a step here for
                  6 s. If somebody else acknowledges meanwhile, it is withdrawn, as it should be
paged-after-ack   a page came later after an accepted acknowledgement than a claim may last and a network hold it back
unanswered        an acknowledgement was pressed and never accepted, or an incident never reached anybody who answers
ghost-write       positions of an entity are not 0,1,2,…, or a shard's epoch fell
step-order        steps of an incident are not in order, without gap or repeat (and what else domain/promises.py says)
doubled           more receipts of one delivery than 1 + outcomes the provider could not clear up
stuck             something undone, unsent or overdue is left at the end

What senders and people saw is enough for lost, skipped, out-of-order and duplicates; the rest says where to look.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from channels.http import HELD_BACK_S
from domain import events as e
from domain.promises import Course
from runtime import invariants
from runtime.invariants import IN_FLIGHT_S, Finding, Positions


@dataclass(frozen=True, slots=True)
class Page:
    """A page a person received: `person` is its step's number, `delivery` its id, `at` monotonic seconds."""

    title: str
    person: int
    delivery: str
    at: float


@dataclass(frozen=True, slots=True)
class Row:
    """One event of the journal, in order of position. `event`: decoded, None for those of other entities."""

    entity: str
    seq: int
    shard: int
    epoch: int
    event: Any = None


@dataclass(frozen=True, slots=True)
class Ack:
    """When a person first pressed, and when that was answered 2xx (None: never)."""

    asked_at: float
    accepted_at: float | None


@dataclass(frozen=True, slots=True)
class Evidence:
    """`accepted`: title -> when 2xx was told. `unknowns`: delivery -> outcomes the provider could not clear up.

    `waits_s`: of the policy's steps. `left`: what is undone, unsent or overdue at the end.
    """

    accepted: Mapping[str, float]
    pages: tuple[Page, ...]
    acks: Mapping[str, Ack]
    journal: tuple[Row, ...]
    unknowns: Mapping[str, int]
    waits_s: tuple[float, ...]
    left: Mapping[str, int] = field(default_factory=dict)
    tried: frozenset[tuple[str, int]] = frozenset()
    """(title, person) whose telephone was called and did not take it: excused once somebody else has answered."""
    overtaken: frozenset[tuple[str, int]] = frozenset()
    """(title, person) whose page a host had claimed when it was lost, taken up again as soon as that claim had run out, and
    withdrawn by an acknowledgement meanwhile."""
    held: frozenset[tuple[str, int]] = frozenset()
    """(title, person) whose page waited to be told together with others of a storm, as long as the rules allow, and was
    withdrawn by an acknowledgement meanwhile."""

    @property
    def excused(self) -> frozenset[tuple[str, int]]:
        """(title, person) that need not be reached once somebody else has answered."""
        return self.tried | self.overtaken | self.held


@dataclass(frozen=True, slots=True)
class Due:
    """A page that had to come: `due_at` if nothing had gone wrong; `came_at` None: never. `copies`: beyond the first."""

    title: str
    person: int
    due_at: float
    came_at: float | None
    copies: int

    @property
    def delay_s(self) -> float:
        """Seconds late, 0 if never (that is `skipped`, not late)."""
        return 0.0 if self.came_at is None else max(0.0, self.came_at - self.due_at)


def judge(seen: Evidence) -> tuple[list[Finding], list[Due]]:
    """All violations as (kind, subject, what), and every page that was due."""
    due = pages_due(seen)
    found = [*_opened(seen), *_paged(seen, due), *_answered(seen)]
    found += _written(seen.journal) + _steps(seen.journal) + _doubled(seen)
    found += [Finding("stuck", what, f"{count} left") for what, count in seen.left.items() if count]
    return found, due


def pages_due(seen: Evidence) -> list[Due]:
    """The first page of every accepted alert; a later one if it came, or if nobody ever asked for an end of it."""
    received: dict[tuple[str, int], list[float]] = defaultdict(list)
    for page in seen.pages:
        received[page.title, page.person].append(page.at)
    due = []
    for title, accepted_at in seen.accepted.items():
        due_at = accepted_at
        for person, wait_s in enumerate(seen.waits_s):
            came = sorted(received[title, person])
            excused = title in seen.acks and (title, person) in seen.excused
            if came or (not excused and (person == 0 or title not in seen.acks)):
                due.append(Due(title, person, due_at, came[0] if came else None, max(0, len(came) - 1)))
            due_at += wait_s
    return due


def _opened(seen: Evidence) -> list[Finding]:
    opened = Counter(row.event.title for row in seen.journal if isinstance(row.event, e.Triggered))
    found = [Finding("lost", title, "opened no incident") for title in seen.accepted if opened[title] == 0]
    return found + [Finding("split-brain", t, f"opened {opened[t]} incidents") for t in seen.accepted if opened[t] > 1]


def _paged(seen: Evidence, due: Iterable[Due]) -> list[Finding]:
    found = [Finding("skipped", d.title, f"person {d.person} was never paged") for d in due if d.came_at is None]
    reached: dict[str, set[int]] = defaultdict(set)
    for page in seen.pages:
        reached[page.title].add(page.person)
        ack = seen.acks.get(page.title)
        if ack is not None and ack.accepted_at is not None and page.at > ack.accepted_at + IN_FLIGHT_S + HELD_BACK_S:
            late_s = page.at - ack.accepted_at
            found.append(Finding("paged-after-ack", page.title, f"person {page.person}, {late_s:.1f} s after"))
    for title, people in reached.items():
        missing = {p for p in range(max(people)) if (title, p) not in seen.excused} - people
        if missing:
            found.append(Finding("out-of-order", title, f"person {max(people)} was paged, {sorted(missing)} never"))
    return found


def _answered(seen: Evidence) -> list[Finding]:
    found = [
        Finding("unanswered", t, "its acknowledgement was never accepted")
        for t, a in seen.acks.items()
        if a.accepted_at is None
    ]
    return found + [
        Finding("unanswered", t, "nobody was reached who answers") for t in seen.accepted if t not in seen.acks
    ]


def _written(journal: tuple[Row, ...]) -> list[Finding]:
    rows = [{"entity": r.entity, "seq": r.seq, "shard": r.shard, "epoch": r.epoch} for r in journal]
    positions = Positions()
    return [*(f for row in rows for f in positions.follow(row)), *invariants.epochs(rows)]


def _steps(journal: Iterable[Row]) -> list[Finding]:
    courses: dict[str, Course] = defaultdict(Course)
    return [
        Finding(kind, row.entity, what)
        for row in journal
        if row.event is not None
        for kind, what in courses[row.entity].follow(row.event)
    ]


def _doubled(seen: Evidence) -> list[Finding]:
    copies = Counter(page.delivery for page in seen.pages)
    return [f for d, count in copies.items() for f in invariants.doubled(d, count, seen.unknowns.get(d, 0))]
