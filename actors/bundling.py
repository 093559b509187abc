"""Which pages may wait for others to the same person, and how bad each is; the rule itself is domain/storm.py."""

from __future__ import annotations

from collections.abc import Sequence

from domain.alert import Severity
from domain.storm import AFTER, HOLD_S, Due, Rules, Sorted, Told, sort
from runtime.bundles import Bundling, Together
from runtime.store import OutboxRow

BY_THEMSELVES = ("webhook", "outbox")
"""Machines read each page; the outbox page lists them, and calls nobody."""
RANKS = {severity.value: severity.rank for severity in Severity}


def rules(after: int = AFTER, last_resort_after_s: float = 60.0) -> Rules:
    """`after` 0: nothing waits. `last_resort_after_s`: when the watchdog takes an unsent page for a failure of ours."""
    return Rules(after or None, hold_s=min(HOLD_S, last_resort_after_s / 2))


def bundling(together: Together, chosen: Rules) -> Bundling:
    """For the registry of a host."""

    def sorted_(told: Sequence[tuple[float, int]], due: Sequence[tuple[str, int, float]], now: float) -> Sorted:
        return sort([Told(*t) for t in told], [Due(*d) for d in due], now, chosen)

    return Bundling(key, rank, sorted_, together)


def key(row: OutboxRow) -> str:
    """The person's contact method. "" for what never waits.

    That is: other effects than pages, machines, the last resort, and incidents whose acknowledgement has lapsed.
    """
    why = row.body.get("why", {})
    if row.kind != "page" or row.channel in BY_THEMSELVES or why.get("last_resort") or why.get("lapsed"):
        return ""
    return f"{row.body.get('user_id', '')}/{row.body.get('contact_method_id', '')}"


def rank(row: OutboxRow) -> int:
    """Of the incident's severity when the page was ordered; one that this program does not know is the worst."""
    return RANKS.get(str(row.body.get("severity", "")), max(RANKS.values()))
