"""Many pages for one contact method at once: which go out by themselves, which share a message. Pure.

Published rules, for one person's contact method; everything is counted over the last `within_s` seconds:
  - The first `after` pages go out at once, each by itself. A page counts when it is sent, and no longer if the attempt
    fails: nobody's first page waits because of pages that never arrived.
  - A page of a higher severity than any of those goes out at once whatever came before.
  - The others wait, and go out in one message, the worst first, when the first of them has waited for `hold_s` since it
    was due. Alone, it goes out as if it had never waited.
  - A page that is tried again never waits, nor shares a message: what could not be sent together goes on alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

AFTER = 5
WITHIN_S = 60.0
HOLD_S = 20.0
"""The alarm about unsent pages rings at 30 s (watchdog/audit.py); nobody is to be woken because pages are bundled."""
LONGEST_S = 30.0
"""No page ever waits longer for others; the judge's measure (domain/promises.py), not the rule's."""


class Told(NamedTuple):
    """A page sent, `at` UTC epoch seconds; `rank`: of its severity, a higher one is worse."""

    at: float
    rank: int


class Due(NamedTuple):
    """A page never tried so far, due at `due_at`."""

    id: str
    rank: int
    due_at: float


class Rules(NamedTuple):
    """`after` None: every page goes out by itself."""

    after: int | None = AFTER
    within_s: float = WITHIN_S
    hold_s: float = HOLD_S


class Sorted(NamedTuple):
    """Ids of pages to send now, each by itself; to send now in one message, the worst first. The others wait."""

    alone: tuple[str, ...]
    together: tuple[str, ...]


def sort(told: Sequence[Told], due: Sequence[Due], now: float, rules: Rules) -> Sorted:
    """What of the pages that are due to one contact method goes out now."""
    if rules.after is None:
        return Sorted(tuple(d.id for d in due), ())
    recent = [t for t in told if t.at > now - rules.within_s]
    count, worst = len(recent), max((t.rank for t in recent), default=-1)
    alone: list[str] = []
    later: list[Due] = []
    for page in sorted(due, key=lambda d: (d.due_at, -d.rank, d.id)):
        if count < rules.after or page.rank > worst:
            alone.append(page.id)
            count, worst = count + 1, max(worst, page.rank)
        else:
            later.append(page)
    if not later or now < later[0].due_at + rules.hold_s:
        return Sorted(tuple(alone), ())
    worst_first = tuple(d.id for d in sorted(later, key=lambda d: (-d.rank, d.due_at, d.id)))
    return Sorted((*alone, *worst_first), ()) if len(later) == 1 else Sorted(tuple(alone), worst_first)
