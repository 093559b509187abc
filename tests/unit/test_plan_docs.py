"""The worked example of docs/plan.md is what the commands say."""

from __future__ import annotations

import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from cli import lint as linting
from cli import plan as planning
from cli import who
from domain.alert import Severity
from domain.configuration import Configuration
from domain.lint import lint
from domain.lint.ahead import Ahead
from domain.lint.finding import Exercised, Facts
from domain.people import ContactMethod, NotificationRule, User
from domain.policy import STANDARD, Target
from domain.policy_checks import check_policy
from domain.readiness import coming
from domain.validation import check_schedule
from domain.wall import reading
from gateway.schemas.policies import PolicyInput
from gateway.schemas.routing import IntegrationInput
from gateway.schemas.schedules import ScheduleInput
from tests.unit.desk import T0

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "plan.md").read_text()
EXAMPLE: dict[str, Any] = json.loads(re.findall(r"```json example\n(.*?)```", TEXT, re.DOTALL)[0])


def block(name: str) -> list[str]:
    (found,) = re.findall(rf"```text {name}\n(.*?)```", TEXT, re.DOTALL)
    return str(found).splitlines()


def person(ident: str, given: dict[str, Any]) -> User:
    contacts = tuple(
        ContactMethod(f"{ident}-{n}", ident, c["channel"], "", c["address"]) for n, c in enumerate(given["contacts"])
    )
    urgent = tuple(NotificationRule(f"{ident}-{r['contact']}", r["delay_s"]) for r in given.get("urgent", ()))
    return User(ident, given["name"], "", given.get("zone", "UTC"), contacts, urgent)


def configured() -> Configuration:
    """Everything through the wire's models and the checks that saving does."""
    schedules = {i: ScheduleInput.model_validate(s).to_domain(i) for i, s in EXAMPLE["schedules"].items()}
    policies = {i: PolicyInput.model_validate(p).to_domain(i, 1, STANDARD) for i, p in EXAMPLE["policies"].items()}
    config = Configuration(
        version=1,
        users={i: person(i, u) for i, u in EXAMPLE["users"].items()},
        schedules=schedules,
        policies=policies,
        integrations={"i": IntegrationInput.model_validate(EXAMPLE["integration"]).to_domain("i")},
        last_resort=tuple(Target(**t) for t in EXAMPLE["last_resort"]),
    )
    for schedule in schedules.values():
        check_schedule(schedule, config.users)
    for policy in policies.values():
        check_policy(policy, config)
    return config


def test_who_says_what_the_page_says() -> None:
    question = who.Question("Shop", False, "2026-03-09T08:55", "")
    assert who.told(configured(), question, T0) == block("who")


def test_plan_page_says_what_the_page_says() -> None:
    alert = planning.Alert("Cart: 12 % errors", Severity.CRITICAL, ("env=prod-eu", "service=cart"))
    question = planning.Question("Grafana", None, alert, "2026-03-09T08:55", "Europe/Berlin", False)
    assert planning.told(planning.planned(configured(), question, T0), ZoneInfo(question.zone)) == block("plan")


AT = datetime(2026, 3, 9, 8, 55, tzinfo=ZoneInfo("Europe/Berlin")).timestamp()
FACTS = Facts(heard={}, exercised={"shop": Exercised(AT, 1)})


def badges() -> list[str]:
    config = configured()
    found = coming(Ahead(config, FACTS, AT, 14), config.schedules.values())
    zone = ZoneInfo("Europe/Berlin")
    return [
        f"{reading(s.start, zone)}  {s.user}: {'ready' if s.ready else 'NOT READY'}"
        + "".join(f"; {r.text}" for r in s.remarks)
        for s in found
    ]


def test_lint_says_what_the_page_says() -> None:
    assert linting.told(lint(configured(), FACTS, AT), "info") == block("lint")
    assert badges() == block("badges")


def test_the_page_has_every_kind_of_finding_and_of_warning() -> None:
    named = re.compile(r'(?:about_\w+\(|Finding\(|_about\(integration,)\s*"(\w+)"')
    files = (ROOT / "domain" / "lint").glob("*.py")
    kinds = {kind for file in files for kind in named.findall(file.read_text())}
    assert len(kinds) > 15
    assert {kind for kind in kinds if f"`{kind}`" not in TEXT} == set()
    warned = set(re.findall(r'PlanWarning\(\s*"(\w+)"', (ROOT / "domain" / "plan_warnings.py").read_text()))
    assert {kind for kind in warned if f"`{kind}`" not in TEXT} == set()
