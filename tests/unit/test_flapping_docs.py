"""The worked example of docs/flapping.md is what happens."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from domain.alert import Severity
from domain.configuration import Configuration
from domain.flap import Flapping
from domain.incident import Acknowledge
from gateway.api.timeline import sentence
from gateway.schemas.routing import IntegrationInput
from tests.unit.desk import T0, Desk, organisation

DOC = (Path(__file__).parents[2] / "docs" / "flapping.md").read_text()


def rows() -> list[list[str]]:
    table = DOC.partition("| minute | what | incident | pages so far | timeline |\n")[2].partition("\n\n")[0]
    return [[cell.strip() for cell in line.strip()[1:-1].split("|")] for line in table.splitlines()[1:]]


def configured() -> Configuration:
    """The integration of the example, through the wire's model."""
    body: dict[str, Any] = json.loads(DOC.partition("```json\n")[2].partition("```")[0])
    made = IntegrationInput.model_validate({"name": "I", "type": "generic", "policy_id": "p", **body}).to_domain("i")
    assert made.flapping == Flapping()
    config = organisation()
    return replace(config, integrations={"i": made})


def test_the_example_is_what_happens() -> None:
    desk, table = Desk(configured()), rows()
    assert len(table) == 17
    for minute, what, incident, pages, timeline in table:
        desk.wait(T0 + float(minute) * 60 - desk.now)
        verb, _, how = what.partition(", ")
        match verb:
            case "fires":
                new = desk.fire(starts_at=desk.now, severity=Severity(how))
            case "resolves":
                new = desk.clear(starts_at=None)
            case "acknowledged by ada":
                new = desk.do(Acknowledge(desk.line.episode, "ada"))
            case _:
                new = []
        told = [
            sentence(type(e).__name__, msgspec.to_builtins(e), desk.config) for e in new if "Flap" in type(e).__name__
        ]
        told += [
            sentence(type(e).__name__, msgspec.to_builtins(e), desk.config)
            for e in new
            if type(e).__name__ in ("Settling", "Worsened")
        ]
        here = f"{desk.line.episode} {desk.line.status.value}"
        assert (minute, here, " ".join(desk.called()), told) == (
            minute,
            incident,
            pages,
            [timeline] if timeline else [],
        )


def test_switched_off_it_resolves_with_its_source() -> None:
    config = configured()
    desk = Desk(replace(config, integrations={"i": replace(config.integrations["i"], flapping=None)}))
    for n in range(8):
        desk.fire(starts_at=T0 + n)
        assert desk.line.flap.since is None
        desk.clear(starts_at=T0 + n)
        assert not desk.line.open and not desk.timers


def test_it_ends_when_it_fires_steadily() -> None:
    desk = Desk(configured())
    for _ in range(4):
        desk.fire(starts_at=desk.now)
        desk.wait(60)
        desk.clear(starts_at=None)
        desk.wait(60)
    assert desk.line.open and "settle" in desk.timers
    desk.fire(starts_at=desk.now)
    assert "settle" not in desk.timers
    desk.wait(3000)
    desk.clear(starts_at=None)
    assert desk.kinds()[-2:] == ["FlappingEnded", "Resolved"] and not desk.line.open
