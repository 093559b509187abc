"""The worked example of docs/heartbeats.md is what happens."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from domain.beat import Beat, shown
from domain.configuration import Configuration
from domain.expected import check_heartbeat
from domain.heartbeat import Turn
from domain.policy import Policy
from gateway.pings import read
from gateway.schemas.heartbeats import HeartbeatInput, HeartbeatState

DOC = (Path(__file__).parents[2] / "docs" / "heartbeats.md").read_text()
BERLIN = ZoneInfo("Europe/Berlin")


def rows() -> list[list[str]]:
    table = DOC.partition("| when | what | status | due | alert |\n")[2].partition("\n\n")[0]
    return [[cell.strip() for cell in line.strip().strip("|").split(" | ")] for line in table.splitlines()[1:]]


def moment(said: str) -> float:
    _, day, clock = said.split()
    hours, minutes = map(int, clock.split(":"))
    found = datetime(2026, 3, int(day), hours, minutes, tzinfo=BERLIN)
    assert f"{found:%a %d %H:%M}" == said
    return found.timestamp()


class Job:
    """Keeps a heartbeat and its timers as the runtime would."""

    def __init__(self, config: Configuration) -> None:
        self.config = config
        self.beat = Beat()
        self.timers: dict[str, float] = {}
        self.said: list[str] = []

    def turn(self, now: float) -> Turn:
        return Turn("h", self.beat, self.config, now)

    def take(self, turn: Turn) -> None:
        self.beat = turn.beat
        for name, at in turn.timers.items():
            self.timers.pop(name, None)
            if at is not None:
                self.timers[name] = at
        for _, message in turn.tell:
            (event,) = message.events
            self.said.append(event.title if event.status == "firing" else "resolved")

    def pass_until(self, until: float) -> None:
        while self.timers and min(self.timers.values()) <= until:
            name = min(self.timers, key=lambda n: self.timers[n])
            due = self.timers.pop(name)
            turn = self.turn(due)
            turn.due(name, due)
            self.take(turn)


def test_the_backup_of_the_example_does_what_the_page_says() -> None:
    body: dict[str, Any] = json.loads(DOC.partition("```json\n")[2].partition("```")[0])
    heartbeat = HeartbeatInput.model_validate(body).to_domain("h")
    check_heartbeat(heartbeat)
    job = Job(Configuration(1, policies={"p": Policy("p", "p", 1, ())}, heartbeats={"h": heartbeat}))
    table = rows()
    assert len(table) == 16
    for when, what, status, due, alert in table:
        now = moment(when)
        job.pass_until(now - 1)
        job.said.clear()
        job.pass_until(now)
        turn = job.turn(now)
        match what:
            case "arm":
                turn.arm("Ada")
            case "pause":
                turn.pause("Ada")
            case _ if what.startswith("/"):
                turn.ping(read(what[1:], now, ""))
        job.take(turn)
        state = HeartbeatState.of(shown(job.beat), now)
        seen = "-" if state.due_at is None else f"{state.due_at.astimezone(BERLIN):%a %d %H:%M}"
        assert (when, state.status, seen, job.said[-1:] or ["-"]) == (when, status, due, [alert])
    state = HeartbeatState.of(shown(job.beat), moment("Tue 31 09:00"))
    assert [timedelta(seconds=r.duration_s) for r in state.runs] == [timedelta(minutes=50), timedelta(minutes=20)]
    assert state.typical_duration_s == 3000.0
