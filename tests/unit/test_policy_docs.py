"""The worked example of docs/policies.md is what happens."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from domain.alert import AlertEvent, Severity
from domain.destination import Destination
from domain.events import AcknowledgementLapsed, AcknowledgerReminded
from domain.incident import Acknowledge, AddNote, Unacknowledge
from domain.people import ContactMethod
from domain.policy import STANDARD
from domain.policy_checks import check_policy
from domain.quorum import standing
from domain.schedule import Layer, Rotation, Schedule
from gateway.schemas.policies import PolicyInput
from tests.unit.desk import T0, Desk, organisation, person

DOC = (Path(__file__).parents[2] / "docs" / "policies.md").read_text()
WATCHED, SHOP = (json.loads(part.partition("```")[0]) for part in DOC.split("```json\n")[1:])
EXAMPLE = PolicyInput.model_validate(SHOP)
BERLIN = ZoneInfo("Europe/Berlin")
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def rows(heading: str) -> list[list[str]]:
    table = DOC.partition(heading)[2].partition("\n\n")[0]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.strip().splitlines()[1:]]


def told(event: Any) -> str:
    at = f"{datetime.fromtimestamp(event.at, BERLIN):%H:%M}" if hasattr(event, "at") else ""
    match type(event).__name__:
        case "StepStarted":
            return f"{' '.join(event.users)} {at}" if event.users else ""
        case "LastResortCalled":
            return f"last resort {at}"
        case "MajorDeclared":
            return f"major {event.severity.value}"
        case "Resolved":
            return f"resolved {at}"
    return ""


CASES = rows("| alerts at once | labels | severity | at | what happens |\n")


def test_the_example_has_its_rows() -> None:
    assert len(CASES) == 5


@pytest.mark.parametrize(("many", "labels", "severity", "at", "happens"), CASES)
def test_an_incident_of_the_example_does_what_the_page_says(
    many: str, labels: str, severity: str, at: str, happens: str
) -> None:
    config = organisation(users=(person("ada"), person("ben"), person("cleo"), person("boss")))
    policy = EXAMPLE.to_domain("p", 1, STANDARD)
    check_policy(policy, config)
    desk = Desk(replace(config, policies={"p": policy}))
    day, clock = at.split()
    hours, minutes = map(int, clock.split(":"))
    monday = datetime(2026, 3, 2, tzinfo=BERLIN)
    desk.now = (monday + timedelta(days=DAYS.index(day), hours=hours, minutes=minutes)).timestamp()
    carried = dict(pair.split("=") for pair in labels.split())
    desk.alerts(*(AlertEvent(f"k{n}", "firing", "t", Severity(severity), labels=carried) for n in range(int(many))))
    desk.wait(3_600)
    assert ", ".join([text for event in desk.events if (text := told(event))][: happens.count(",") + 1]) == happens


WATCH = rows("| at | comes | and then |\n")
BY_DAY = Schedule(
    "s", "Shop", "Europe/Berlin", (Layer("all", Rotation("hour", 12, "2026-03-02T08:00:00", ("ada", "ben"))),)
)
FRIDAY = datetime(2026, 3, 6, tzinfo=BERLIN)


def watched() -> Desk:
    """The policy of the example, through the wire's model and the checks that saving does."""
    steps = [
        {"targets": [{"kind": "schedule", "id": "s"}], "wait_s": 300},
        {"targets": [{"kind": "user", "id": "cleo"}], "wait_s": 900},
    ]
    given = PolicyInput.model_validate({"name": "Shop", "steps": steps, "vigil": WATCHED})
    config = organisation(users=(person("ada"), person("ben"), person("cleo"), person("boss")))
    config = replace(config, schedules={"s": BY_DAY})
    policy = given.to_domain("p", 1, STANDARD)
    check_policy(policy, config)
    return Desk(replace(config, policies={"p": policy}))


def comes(desk: Desk, what: str, fired: int) -> int:
    """Play a row; answers how many alerts have fired by then."""
    words = what.split()
    match words:
        case [many, severity, "in", "cluster", cluster]:
            keys = range(fired, fired + int(many))
            labels = {"cluster": cluster}
            desk.alerts(
                *(
                    AlertEvent(f"k{n}", "firing", "t", Severity(severity), labels=labels, starts_at=desk.now)
                    for n in keys
                )
            )
            return fired + int(many)
        case [who, "acknowledges"]:
            desk.do(Acknowledge(1, who.capitalize(), "", who))
        case [who, "writes", "a", "note"]:
            desk.do(AddNote(1, who.capitalize(), "still on it"))
        case _:
            assert not words, f"the test cannot play {what!r}"
    return fired


def happened(desk: Desk) -> str:
    """What became of it, and forget it."""
    said = [f"rings ({event.reason})" for event in desk.events if isinstance(event, AcknowledgementLapsed)]
    said += [f"{event.user_id} is reminded" for event in desk.events if isinstance(event, AcknowledgerReminded)]
    said += [f"calls {' and '.join(desk.called())}"] if desk.pages else []
    desk.events.clear()
    desk.pages.clear()
    return ", ".join(said)


def test_the_watched_incident_rings_when_the_page_says_and_at_no_other_minute() -> None:
    assert len(WATCH) >= 15
    wanted = {at: (what, then) for at, what, then in WATCH}
    desk, fired = watched(), 0
    for minute in range(18 * 60, 23 * 60 + 54):
        at = FRIDAY + timedelta(minutes=minute)
        if fired:
            desk.wait(at.timestamp() - desk.now)
        desk.now = at.timestamp()
        what, then = wanted.get(f"{at:%H:%M}", ("", ""))
        fired = comes(desk, what, fired)
        assert happened(desk) == then, f"{at:%H:%M}"


def test_the_example_of_several_people_is_what_happens() -> None:
    body = DOC.partition("```several\n")[2].partition("```")[0]
    policy = PolicyInput.model_validate(json.loads(body)).to_domain("p", 1, STANDARD)
    config = organisation(users=(person("ada"), person("ben"), person("cleo"), person("boss")))
    check_policy(policy, config)
    desk, commands = (
        Desk(replace(config, policies={"p": policy})),
        {"acknowledges": Acknowledge, "takes": Unacknowledge},
    )
    table = rows("| minute | what somebody does | who is called then | it is |\n")
    assert len(table) == 6
    for n, (minute, does, called, state) in enumerate(table):
        before = len(desk.pages)
        desk.wait(int(minute) * 60 - (int(table[n - 1][0]) * 60 if n else 0))
        if n == 0:
            desk.fire()
        elif does:
            user, verb, *_ = does.split()
            desk.do(commands[verb](1, user, "", user))
        assert " ".join(desk.called()[before:]) == called
        assert f"{desk.line.status.value}, {standing(desk.line)}" == state


HAPPENS = rows("| what happens | minute: who is called |\n")


def test_the_example_of_destinations_has_its_rows() -> None:
    assert len(HAPPENS) == 3


@pytest.mark.parametrize(("what", "calls"), HAPPENS)
def test_the_example_of_destinations_is_what_happens(what: str, calls: str) -> None:
    policy = PolicyInput.model_validate(json.loads(DOC.partition("```destinations\n")[2].partition("```")[0]))
    config = organisation(users=(person("ada"), person("cleo"), person("boss")))
    there = {i: Destination(i, i, ContactMethod(i, i, "webhook", i, "https://x.org/")) for i in ("restart", "room")}
    config = replace(config, destinations=there)
    check_policy(policy.to_domain("p", 1, STANDARD), config)
    desk = Desk(replace(config, policies={"p": policy.to_domain("p", 1, STANDARD)}))
    desk.fire()
    failing = what.split()[3] if "fails" in what else None
    for n in range(12):
        for page in [p for p in desk.pages if p.user_id == failing]:
            desk.fail(page)
            failing = None
        if n:
            desk.wait(60)
    steps = [(x, at) for x, at in zip(desk.events, desk.at, strict=True) if type(x).__name__ == "StepStarted"]
    seen = [(int((at - T0) // 60), x.users) for x, at in steps]
    assert ", ".join(f"{minute}: {' '.join(users)}" for minute, users in seen) == calls
