"""The worked example of docs/routing.md is what happens."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from domain.configuration import Configuration, Integration
from domain.grouping import group
from domain.policy import Policy
from domain.route_checks import check_routes, check_service
from domain.template import render
from gateway.schemas.routing import IntegrationInput, RoutingRules, ServiceInput
from integrations.registry import TYPES

DOC = (Path(__file__).parents[2] / "docs" / "routing.md").read_text()
EXAMPLE: dict[str, Any] = json.loads(DOC.partition("```json\n")[2].partition("```")[0])
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def rows(heading: str) -> list[list[str]]:
    table = DOC.partition(heading)[2].partition("\n\n")[0]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[1:]]


def configured() -> tuple[Configuration, Integration]:
    """Everything through the wire's models and the checks that saving does."""
    services = {i: ServiceInput.model_validate(s).to_domain(i) for i, s in EXAMPLE["services"].items()}
    policies = {p: Policy(p, p, 1, ()) for p in ("shop", "databases", "night", "managers")}
    rules = RoutingRules.model_validate({"routes": EXAMPLE["routing_rules"]})
    integration = IntegrationInput.model_validate(EXAMPLE["integration"]).to_domain("i")
    everybody = tuple(route.to_domain() for route in rules.routes)
    config = Configuration(1, policies=policies, services=services, integrations={"i": integration}, routes=everybody)
    for service in services.values():
        check_service(service, config)
    check_routes(config.routes, config)
    check_routes(integration.routes, config)
    return config, integration


def moment(said: str) -> datetime:
    day, clock = said.split()
    hours, minutes = map(int, clock.split(":"))
    monday = datetime(2026, 3, 2, tzinfo=ZoneInfo("Europe/Berlin"))
    return monday + timedelta(days=DAYS.index(day), hours=hours, minutes=minutes)


def test_the_template_of_the_page_renders() -> None:
    text = DOC.partition("```jinja\n")[2].partition("```")[0]
    view = {"alert": {"labels": {"env": "test"}}, "payload": {"values": {"B": 93.256}}}
    assert render(text, view, 200) == "?: 93.3 % (not live)"


CASES = rows("| alert | started (Berlin) | goes to | by |\n")


def test_the_example_has_its_rows() -> None:
    assert len(CASES) == 9


@pytest.mark.parametrize(("alert", "started", "goes_to", "by"), CASES, ids=lambda c: re.sub(r"\W+", "-", c))
def test_an_alert_of_the_example_goes_where_the_page_says(alert: str, started: str, goes_to: str, by: str) -> None:
    labels = dict(pair.split("=") for pair in alert.split())
    values = {"values": {"B": float(labels.pop("B"))}} if "B" in labels else {}
    start = moment(started)
    entry = {"status": "firing", "labels": labels, "startsAt": start.isoformat(), **values}
    body = {"version": "4", "status": "firing", "groupKey": "g", "alerts": [entry]}
    parsed = TYPES["prometheus"].parse({}, json.dumps(body).encode(), 0.0)
    config, integration = configured()
    groups = group(config, integration, parsed.events, start.timestamp() + 20, parsed.payloads)
    assert ", ".join(g.policy_id for g in groups) == goes_to
    assert ", ".join(g.rule for g in groups) == by
    assert [p for g in groups for p in g.problems] == []
