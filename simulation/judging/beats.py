"""Heartbeats, judged from their pings: what should have been noticed, when, and what not.

When a job is expected next is asked of the product (`Heartbeat.due_after`); the rest is thought of anew.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from domain import beat_events as b
from domain.alert import AlertEvent
from domain.expected import Heartbeat
from simulation.judging.finding import LATE_S, Finding
from simulation.outcome import Outcome, Row

EARLY_S = 0.001
REPEAT_S = 3_600.0
Tell = Callable[[Finding], None]


def heard(outcome: Outcome, told: Tell) -> None:
    """Every ping is in the journal of its heartbeat, once."""
    sent = Counter(f"heartbeat/{ping.heartbeat_id}" for ping in outcome.scenario.pings)
    for entity, many in sent.items():
        known = sum(isinstance(row.event, b.Heard) for row in outcome.journals.get(entity, ()))
        if known != many:
            told(Finding("lost", entity, f"{many} pings were sent, {known} are in the journal", outcome.scenario.end))


class Beats:
    """One heartbeat, walked again from its journal."""

    def __init__(self, entity: str, outcome: Outcome, told: Tell) -> None:
        self._entity = entity
        self._outcome = outcome
        self._told = told
        self._at = 0.0
        self._finished: float | None = None
        """When it was last heard to have finished, or to begin with."""
        self._running: float | None = None
        self._down: float | None = None
        self._said_at = 0.0
        """When its alert was last said to fire."""
        self._owed: tuple[str, type] | None = None

    def follow(self, rows: list[Row]) -> None:
        """The whole journal, then the end of the run."""
        found = self._outcome.scenario.configuration.heartbeats.get(self._entity.partition("/")[2])
        if found is None:
            return
        alerts: Counter[tuple[str, float]] = Counter((a.status, a.starts_at or 0.0) for a in self._alerts())
        for row in rows:
            self._at = row.at
            self._owes(row)
            if not isinstance(row.event, b.Down | b.Repeated):
                self._noticed(found)
            self._event(found, row.event, row, alerts)
        self._at = self._outcome.scenario.end
        self._noticed(found)

    def _alerts(self) -> list[AlertEvent]:
        """What incident lines were told of it."""
        return self._outcome.told_by.get(self._entity, [])

    def _event(self, found: Heartbeat, event: Any, row: Row, alerts: Counter[tuple[str, float]]) -> None:
        match event:
            case b.Heard(kind="start", at=at):
                self._finished = at if self._finished is None else self._finished
                self._running = at
            case b.Heard(kind="success", at=at):
                if self._down is not None:
                    self._owed = row.cause, b.Recovered
                self._finished, self._running = at, None
            case b.Heard(kind="fail"):
                self._running = None
                if self._down is None:
                    self._owed = row.cause, b.Down
            case b.Down():
                self._alarmed(found, event, row, alerts)
            case b.Repeated() | b.FailedAgain():
                if row.at > self._said_at + REPEAT_S + LATE_S:
                    self._say("late", "it is down, and that was not said for more than an hour")
                self._said_at = row.at
            case b.Recovered(_, since):
                if alerts["resolved", since] != 1:
                    self._say("unresolved", f"its end was told {alerts['resolved', since]} times")
                self._down = None

    def _alarmed(self, found: Heartbeat, event: b.Down, row: Row, alerts: Counter[tuple[str, float]]) -> None:
        deadline = self._deadline(found)
        if event.cause != "failed" and (deadline is None or row.at < deadline - EARLY_S):
            self._say("early", "it is called missing before its time")
        if event.cause != "failed" and deadline is not None and row.at > deadline + LATE_S:
            self._say("late", f"its absence was noticed {row.at - deadline:.0f} s late")
        if not alerts["firing", event.since]:
            self._say("lost", "it is down and no incident line was told")
        self._down, self._said_at, self._running = event.since, row.at, None

    def _deadline(self, found: Heartbeat) -> float | None:
        """When its absence is to be noticed; None while nothing is expected."""
        if self._finished is None or self._down is not None:
            return None
        due = found.due_after(self._finished)
        return (due if self._running is None else min(due, self._running)) + found.grace_s

    def _noticed(self, found: Heartbeat) -> None:
        """Nothing that is overdue may go unnoticed."""
        deadline = self._deadline(found)
        if deadline is not None and self._at > deadline + LATE_S:
            self._say("late", f"its absence should have been noticed {self._at - deadline:.0f} s ago")
            self._finished = self._running = None
        if self._down is not None and self._at > self._said_at + REPEAT_S + LATE_S:
            self._say("late", "it is down, and that was not said for more than an hour")
            self._said_at = self._at

    def _owes(self, row: Row) -> None:
        if self._owed is not None:
            cause, wanted = self._owed
            if row.cause != cause or not isinstance(row.event, wanted):
                self._say(
                    "unresolved" if wanted is b.Recovered else "lost", f"a ping should have led to {wanted.__name__}"
                )
            self._owed = None

    def _say(self, kind: str, what: str) -> None:
        self._told(Finding(kind, self._entity, what, self._at))
