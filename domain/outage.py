"""Pages that went out while the database was away, as an incident line learns of them afterwards. Pure.

Whoever paged without the database (a host from memory, a gateway by break-glass) records each page locally and
tells the line with one `PagesSentInOutage` when the database is back. From then on such a page *counts*: the step it
belongs to does not page the same person by the same contact method again, and the step's wait runs from the page,
not from the return. A page whose outcome is unknown is sent again, with words that say so.

A page counts for one position (episode, step, round) only, once, and for ten minutes after it was learned: what was
learned and never taken up must not silence a later incident. In doubt a person is paged twice.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

PageState = Literal["accepted", "rejected", "unknown"]

LAST_RESORT = -1
"""`step` of a page to the last resort."""
COUNTS_S = 600.0
"""The alerts that a page answers are replayed within this time of the page's own record, or it counts no more."""
MAX_MARKS = 200
"""Pages remembered per line; more than this in one outage of one incident are only on the timeline."""


@dataclass(frozen=True, slots=True)
class OutagePage:
    """One page sent without the database. `at`: when its sending began, UTC epoch seconds.

    `delivery`: its idempotency key at the provider, also what makes it known here only once. `episode` 0: the
    sender did not know it; then it is the incident that is open, or the next one. `state`: `unknown` when the
    provider's answer was lost.
    """

    delivery: str
    user_id: str
    contact_method_id: str
    channel: str
    at: float
    state: PageState = "accepted"
    detail: str = ""
    episode: int = 0
    step: int = 0
    round: int = 0
    provider_id: str = ""
    subject: str = ""


@dataclass(frozen=True, slots=True)
class PagesSentInOutage:
    """To an incident line: these pages went out without the database. `source` names who sent them, for people."""

    pages: tuple[OutagePage, ...]
    source: str


@dataclass(frozen=True, slots=True)
class OutageMark:
    """A page as the line remembers it. `counts` False: taken up, overtaken or only remembered as known."""

    page: OutagePage
    learned_at: float
    counts: bool


Marks = tuple[OutageMark, ...]


def counting(marks: Marks, episode: int, step: int, round_: int, now: float) -> list[OutagePage]:
    """Pages that stand for this position now, earliest first; those that were certainly not sent are none."""
    found = [
        m.page
        for m in marks
        if m.counts
        and now - m.learned_at <= COUNTS_S
        and (m.page.episode, m.page.step, m.page.round) == (episode, step, round_)
        and m.page.state != "rejected"
    ]
    return sorted(found, key=lambda p: p.at)


def began(pages: Iterable[OutagePage]) -> float | None:
    """When the first of these that surely arrived was sent."""
    return min((p.at for p in pages if p.state == "accepted"), default=None)


def learned(marks: Marks, page: OutagePage, at: float, counts: bool) -> Marks:
    """With one page more; the oldest go first."""
    return (*marks, OutageMark(page, at, counts))[-MAX_MARKS:]


def taken_up(marks: Marks, delivery: str) -> Marks:
    """The page with this delivery id was counted, or sent again: it counts no more."""
    return tuple(replace(m, counts=False) if m.page.delivery == delivery else m for m in marks)


def retired(marks: Marks) -> Marks:
    """A human acted, or the incident is over: nothing learned so far counts any more."""
    return tuple(replace(m, counts=False) for m in marks)
