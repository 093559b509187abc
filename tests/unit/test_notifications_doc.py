"""The worked example of docs/notifications.md is what happens."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from domain.people import ContactMethod, NotificationRule, User
from domain.policy import Step
from domain.quiet import check_quiet_hours
from domain.window import Window
from gateway.schemas.people import QuietHours, Rules
from tests.unit.desk import Desk, organisation, person, user

DOC = (Path(__file__).parents[2] / "docs" / "notifications.md").read_text()
EXAMPLE: dict[str, Any] = json.loads(DOC.partition("```json\n")[2].partition("```")[0])
BERLIN = ZoneInfo(EXAMPLE["zone"])
TABLE = DOC.partition("| step | incident opens | pages |\n")[2].partition("\n\n")[0].splitlines()[1:]
ROWS = [[cell.strip() for cell in line.strip("|").split("|")] for line in TABLE]


def ada() -> User:
    """Through the wire's models and the checks that saving does."""
    rules = Rules.model_validate(EXAMPLE["rules"]).model_dump()
    windows = QuietHours.model_validate(EXAMPLE["quiet_hours"]).model_dump()["windows"]
    quiet = msgspec.convert(windows, tuple[Window, ...])
    check_quiet_hours(quiet, {})
    contacts = [
        ContactMethod(name, "ada", channel, name, "x", verified=name in EXAMPLE["verified"])
        for name, channel in EXAMPLE["contacts"].items()
    ]
    urgent, normal = (msgspec.convert(rules[u], tuple[NotificationRule, ...]) for u in ("urgent", "normal"))
    return User("ada", "Ada", "ada@x", EXAMPLE["zone"], tuple(contacts), urgent, normal, quiet_hours=quiet)


@pytest.mark.parametrize(("step", "opens", "pages"), ROWS)
def test_each_row_of_the_example_is_what_happens(step: str, opens: str, pages: str) -> None:
    policy = (Step((user("ada"),), 7_200.0, important=step == "important"),)
    desk = Desk(organisation(policy, users=(ada(), person("boss"))))
    hour, minute = map(int, opens.split(":"))
    desk.now = datetime(2026, 3, 3, hour, minute, tzinfo=BERLIN).timestamp()
    desk.fire()
    got = []
    for _ in range(7_200):
        got += [f"{datetime.fromtimestamp(desk.now, BERLIN):%H:%M} {p.contact_method_id}" for p in desk.pages]
        desk.pages.clear()
        desk.wait(1.0)
    assert ", ".join(got) == pages


def test_the_table_was_found() -> None:
    assert len(ROWS) >= 4
