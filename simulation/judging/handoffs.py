"""Schedules changed hands when they say, to whom they say."""

from __future__ import annotations

from domain.handoff import Looked, ShiftEnded, ShiftStarted
from simulation.judging.alerts import Tell
from simulation.judging.finding import LATE_S, Finding
from simulation.judging.opinion import Opinion
from simulation.outcome import Outcome, Row


def handoffs(entity: str, rows: list[Row], opinion: Opinion, outcome: Outcome, told: Tell) -> None:
    """Judge the journal of one schedule: whoever it shows is on call, from one look to the next."""
    ident = entity.removeprefix("schedule/")
    users: tuple[str, ...] = ()
    for n, row in enumerate(rows):
        match row.event:
            case ShiftStarted(started, _):
                users = started
            case ShiftEnded():
                users = ()
            case Looked():
                until = next((r.at for r in rows[n + 1 :] if isinstance(r.event, Looked)), outcome.scenario.end)
                schedule = outcome.configurations[row.config].schedules.get(ident)
                for at in (row.at, max(row.at, until - LATE_S)):
                    wanted = opinion.on_call(schedule, at) if schedule is not None else ()
                    if users != wanted:
                        what = f"{users or 'nobody'} instead of {wanted or 'nobody'}"
                        told(Finding("hand-off", entity, what, at))
