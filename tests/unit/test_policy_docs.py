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
from domain.policy_checks import check_policy
from gateway.schemas.policies import PolicyInput
from tests.unit.desk import Desk, organisation, person

DOC = (Path(__file__).parents[2] / "docs" / "policies.md").read_text()
EXAMPLE = PolicyInput.model_validate(json.loads(DOC.partition("```json\n")[2].partition("```")[0]))
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
    policy = EXAMPLE.to_domain("p", 1)
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
