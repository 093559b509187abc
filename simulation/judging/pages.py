"""Every page ordered was sent, withdrawn for a reason, or recorded as failed; none started for a quiet incident."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections import defaultdict

from domain import events as e
from domain.device import DeliverySucceeded
from domain.promises import unpaged
from runtime.invariants import after_halt, doubled
from simulation.judging.alerts import Tell
from simulation.judging.finding import LATE_S, Finding
from simulation.outcome import Delivery, Outcome, Row

UNDER_WAY_S = 120.0
"""At the end of a run a page this young may still be on its way."""


def pages(
    entity: str,
    rows: list[Row],
    quiet: list[tuple[float, int]],
    spared: list[tuple[str, float, int]],
    outcome: Outcome,
    told: Tell,
) -> None:
    """Judge the pages of one line; `quiet`: instants and positions of its halts, `spared`: of those for one user."""
    failed = {row.event.delivery for row in rows if isinstance(row.event, e.PageFailed)}
    halts: dict[str, list[tuple[float, int]]] = {}
    for user, at, seq in spared:
        insort(halts.setdefault(user, list(quiet)), (at, seq), key=_position)
    for row in rows:
        if not isinstance(row.event, e.Paged):
            continue
        own = halts.get(row.event.user_id, quiet)
        n = bisect_right(own, row.seq, key=_position)
        halt = own[n][0] if n < len(own) else None
        delivery = outcome.deliveries.get(row.event.delivery)
        if delivery is None:
            told(Finding("never-paged", entity, f"the page to {row.event.user_id} was not even queued", row.at))
            continue
        young = row.at > outcome.scenario.end - UNDER_WAY_S
        for kind, what in _wrong(delivery, halt, delivery.id in failed, young):
            told(Finding(kind, entity, f"page to {delivery.user} by {delivery.channel}: {what}", row.at))


def _position(halt: tuple[float, int]) -> int:
    return halt[1]


def _wrong(delivery: Delivery, halt: float | None, failed: bool, young: bool) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    if why := unpaged(delivery.state, halted=halt is not None, told=failed, young=young):
        found.append(("never-paged", why))
    for at in delivery.attempts:
        found += [(f.kind, f.what) for f in after_halt(delivery.id, at, halt, 0.0)]
    found += [(f.kind, f.what) for f in doubled(delivery.id, len(delivery.reached), delivery.unknowns)]
    return found


def receipts(outcome: Outcome, told: Tell) -> None:
    """What providers report of a page is known to its contact method, once, however often and late they do.

    Of a page that was given up, its outcome unknown, its provider may say afterwards that it arrived.
    """
    known: dict[str, list[bool]] = defaultdict(list)
    for entity, rows in outcome.journals.items():
        for row in rows if entity.startswith("device/") else ():
            known[row.event.delivery].append(isinstance(row.event, DeliverySucceeded))
    for delivery in outcome.deliveries.values():
        heard, first = known[delivery.id], min(delivery.receipts, default=outcome.scenario.end)
        if len(heard) > len(set(heard)):
            told(Finding("doubled", delivery.entity, f"one page to {delivery.user} counts as {len(heard)}", first))
        elif not heard and first < outcome.scenario.end - LATE_S:
            told(Finding("lost", delivery.entity, f"the report on a page to {delivery.user} is not known", first))
