"""The worked example of docs/notifications.md is what happens."""

from __future__ import annotations

import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest

from domain import storm
from domain.alert import Severity
from domain.people import ContactMethod, NotificationRule, User
from domain.policy import Step
from domain.quiet import check_quiet_hours
from domain.together import Told, words
from domain.window import Window
from gateway.schemas.people import QuietHours, Rules
from tests.unit.desk import Desk, organisation, person, user

DOC = (Path(__file__).parents[2] / "docs" / "notifications.md").read_text()
EXAMPLE: dict[str, Any] = json.loads(DOC.partition("```json\n")[2].partition("```")[0])
BERLIN = ZoneInfo(EXAMPLE["zone"])


def table(head: str) -> list[list[str]]:
    lines = DOC.partition(f"{head}\n")[2].partition("\n\n")[0].splitlines()[1:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


ROWS = table("| step | incident opens | pages |")
STORM = table("| after | become due | go out |")


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


def test_the_tables_were_found() -> None:
    assert len(ROWS) >= 4
    assert len(STORM) >= 8


def test_the_storm_of_the_example_goes_out_as_it_says() -> None:
    """Second by second; what is sent is what the table has for that second, and nothing at any other."""
    rows = {int(after.removesuffix(" s")): (due, out) for after, due, out in STORM}
    told: list[storm.Told] = []
    waiting: dict[str, tuple[storm.Due, Told]] = {}
    for second in range(max(rows) + 60):
        due, wanted = rows.get(second, ("", ""))
        if due:
            many, severity, service = re.fullmatch(r"(\d+) (\w+) in (\w+)", due).groups()  # type: ignore[union-attr]
            rank = Severity(severity).rank
            for n in range(int(many)):
                ident = f"{second}-{n:02}"
                waiting[ident] = storm.Due(ident, rank, second), Told(ident, "it is down", Severity(severity), service)
        alone, together = storm.sort(told, [d for d, _ in waiting.values()], second, storm.Rules())
        out = [words([waiting[i][1] for i in together], "http://x").subject] if together else []
        out += [f"{len(alone)} by {'itself' if len(alone) == 1 else 'themselves'}"] if alone else []
        assert out == ([wanted] if wanted else []), second
        told += [storm.Told(second, waiting.pop(i)[0].rank) for i in (*alone, *together)]
    assert not waiting
