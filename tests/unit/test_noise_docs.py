"""The worked example of docs/noise.md is what happens."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from domain.alert import AlertEvent
from domain.grouping import group
from domain.noise_checks import check_maintenance, check_silence
from domain.route_checks import check_noise, check_routes
from domain.service import Service
from gateway.schemas.noise import MaintenanceInput, SilenceInput
from gateway.schemas.routing import IntegrationInput
from tests.unit.desk import Desk, organisation

DOC = (Path(__file__).parents[2] / "docs" / "noise.md").read_text()
EXAMPLE: dict[str, Any] = json.loads(DOC.partition("```json\n")[2].partition("```")[0])
TABLE = DOC.partition("| at (UTC) | alert | incident | people paged |\n")[2].partition("\n\n")[0]
CASES = [[cell.strip() for cell in line.strip("|").split("|")] for line in TABLE.splitlines()[1:]]


def instant(clock: str) -> float:
    return datetime.fromisoformat(f"2026-03-02T{clock}:00").replace(tzinfo=UTC).timestamp()


def desk_at(clock: str) -> Desk:
    """Everything through the wire's models and the checks that saving does."""
    integration = IntegrationInput.model_validate(EXAMPLE["integration"]).to_domain("i")
    services = {name: Service(name, name) for name in ("reports", "storage")}
    config = replace(organisation(), services=services, integrations={"i": integration})
    check_routes(integration.routes, config)
    check_noise(integration.wait_s, integration.auto_resolve_s)
    made = [
        SilenceInput.model_validate(s).to_domain(f"s{n}", "Ada", instant("07:00"))
        for n, s in enumerate(EXAMPLE["silences"])
    ]
    for silence in made:
        check_silence(silence, config, instant("07:00"))
    works = [MaintenanceInput.model_validate(m).to_domain(m["name"], "Ada", 0.0) for m in EXAMPLE["maintenance"]]
    for work in works:
        check_maintenance(work, config, instant("07:00"))
    desk = Desk(replace(config, silences=tuple(made), maintenance=tuple(works)))
    desk.now = instant(clock)
    return desk


def fire(desk: Desk, alert: str) -> None:
    labels = dict(pair.split("=") for pair in alert.split())
    service = labels.pop("service", None)
    event = AlertEvent("a", "firing", alert, labels=labels, starts_at=desk.now)
    (found,) = group(desk.config, desk.config.integrations["i"], [event], desk.now)
    assert found.to is not None
    desk.alerts(event, service_id=service, wait_s=found.to.wait_s)


@pytest.mark.parametrize(("at", "alert", "incident", "paged"), CASES, ids=lambda c: re.sub(r"\W+", "-", c))
def test_an_alert_of_the_example_becomes_what_the_page_says(at: str, alert: str, incident: str, paged: str) -> None:
    desk = desk_at(at)
    fire(desk, alert)
    until = desk.line.held.until if desk.line.held is not None else None
    said = f"{desk.line.status}" + (f" until {datetime.fromtimestamp(until, UTC):%H:%M}" if until is not None else "")
    assert (said, ", ".join(u.capitalize() for u in desk.called())) == (incident, paged)


def test_what_still_fires_at_the_end_of_its_silence_escalates_from_there() -> None:
    desk = desk_at("08:30")
    fire(desk, "alertname=DiskFull cluster=blue severity=critical")
    for clock, called in (("11:59", []), ("12:00", ["ada"]), ("12:05", ["ada", "ben"])):
        desk.wait(instant(clock) - desk.now)
        assert desk.called() == called
    assert len(CASES) == 8
