"""How a heartbeat stands, and apply(beat, event): the only way it changes. Pure; the rules are in heartbeat.py."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from domain import beat_events as e
from domain.beat_events import Alarm, Run
from domain.replacing import replace

RUNS_KEPT = 50


@dataclass(frozen=True, slots=True)
class Beat:
    """Times in UTC epoch seconds. `since`: from when the next ping counts (the last finish, or arming).

    `due_at`, `deadline`: when a ping is expected, and when its absence is an alert. `patient`: the deadline was moved
    once already. `alarms`: where the alert of the present absence went. `last_down_at`: of any absence so far.
    """

    armed: bool = False
    paused: bool = False
    since: float | None = None
    due_at: float | None = None
    deadline: float | None = None
    patient: bool = False
    pings: int = 0
    last_ping_at: float | None = None
    last_ping: e.Kind | None = None
    exit_code: int | None = None
    said: str = ""
    started_at: float | None = None
    runs: tuple[Run, ...] = ()
    down_since: float | None = None
    why: str = ""
    alarms: tuple[Alarm, ...] = ()
    last_down_at: float = 0.0

    @property
    def expecting(self) -> bool:
        """True while an absence would be an alert."""
        return self.armed and not self.paused and self.down_since is None


def apply(beat: Beat, event: Any) -> Beat:
    """The heartbeat after the event."""
    match event:
        case e.Heard():
            return _heard(beat, event)
        case e.Expected(since, due_at, deadline, patient):
            return replace(beat, since=since, due_at=due_at, deadline=deadline, patient=patient)
        case e.Waited(until):
            return replace(beat, deadline=until, patient=True)
        case e.Down(_, why, since, alarms):
            return replace(beat, down_since=since, last_down_at=since, why=why, alarms=alarms, **_nothing_due())
        case e.FailedAgain(why):
            return replace(beat, why=why)
        case e.Recovered():
            return replace(beat, down_since=None, why="", alarms=())
        case e.Armed():
            return replace(beat, armed=True, paused=False, started_at=None)
        case e.Paused():
            return replace(beat, paused=True, started_at=None, **_nothing_due())
        case e.Forgotten():
            return Beat()
    return beat


def _nothing_due() -> dict[str, Any]:
    return {"due_at": None, "deadline": None, "patient": False}


def _heard(beat: Beat, event: e.Heard) -> Beat:
    """Whatever is heard first arms it."""
    runs = beat.runs if event.run is None else (*beat.runs, event.run)[-RUNS_KEPT:]
    return replace(
        beat,
        armed=True,
        pings=beat.pings + 1,
        last_ping_at=event.at,
        last_ping=event.kind,
        exit_code=event.exit_code,
        said=event.said,
        started_at=event.at if event.kind == "start" else None,
        runs=runs,
    )


def shown(beat: Beat) -> dict[str, Any]:
    """The read-model row: all but where alerts went, times in UTC epoch seconds."""
    return {
        "armed": beat.armed,
        "paused": beat.paused,
        "due_at": beat.due_at,
        "deadline": beat.deadline,
        "patient": beat.patient,
        "pings": beat.pings,
        "last_ping_at": beat.last_ping_at,
        "last_ping": beat.last_ping,
        "exit_code": beat.exit_code,
        "said": beat.said,
        "started_at": beat.started_at,
        "down_since": beat.down_since,
        "why": beat.why,
        "runs": [_run(run) for run in beat.runs],
        "lines": [alarm.line for alarm in beat.alarms],
    }


def _run(run: Run) -> dict[str, Any]:
    return {"started_at": run.started_at, "ended_at": run.ended_at, "ok": run.ok, "exit_code": run.exit_code}
