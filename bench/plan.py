"""`python -m bench.plan`: plan one alert over 5,000 routing rules, from the rules to the first call of the last resort.

Writes bench/results/plan.md and .json. The organisation: 50 policies of four steps (the 12-layer schedule of
bench.schedules, two people, a wait, four people), people with two rules each, a last resort; nothing is remembered of an
alert, only of the configuration. The baseline in the same run is routing and grouping alone. The goal is 1 ms median.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from bench.measuring import machine
from bench.routing import RULES, alerts, by_label, spent
from bench.schedules import PEOPLE, schedule
from domain.alert import AlertEvent
from domain.configuration import Configuration, Integration
from domain.enrichment import prepare, taken_in
from domain.people import ContactMethod, NotificationRule, User
from domain.plan import plan
from domain.plan_warnings import warnings
from domain.policy import Policy, Step, Target
from gateway.api.planned import answer
from integrations.base import Parsed

RESULTS = Path(__file__).parent / "results"


def person(name: str) -> User:
    """SMS at once, e-mail after two minutes."""
    contacts = (
        ContactMethod(f"{name}-s", name, "sms", "", "+491"),
        ContactMethod(f"{name}-e", name, "email", "", "a@b"),
    )
    return User(
        name,
        name,
        "",
        "Europe/Berlin",
        contacts,
        (NotificationRule(f"{name}-s", 0.0), NotificationRule(f"{name}-e", 120.0)),
    )


def policy(n: int, repeat: int) -> Policy:
    """Four steps."""

    def users(*numbers: int) -> tuple[Target, ...]:
        return tuple(Target("user", PEOPLE[k % len(PEOPLE)]) for k in numbers)

    steps = (
        Step((Target("schedule", "bench"),), 300.0),
        Step(users(n, n + 1), 300.0),
        Step((), 120.0),
        Step(users(n + 2, n + 3, n + 4, n + 5), 600.0),
    )
    return Policy(f"p{n}", f"P{n}", 1, steps, repeat)


def configured(repeat: int = 0) -> tuple[Configuration, Integration]:
    """The organisation."""
    integration = Integration("i", "I", "prometheus", "p0", routes=by_label(RULES))
    config = Configuration(
        1,
        users={name: person(name) for name in PEOPLE},
        schedules={"bench": replace(schedule())},
        policies={f"p{n}": policy(n, repeat) for n in range(50)},
        integrations={"i": integration},
        last_resort=(Target("user", PEOPLE[0]),),
    )
    prepare(config)
    return config, integration


def main() -> None:
    """Some seconds."""
    events = alerts()

    def at(event: AlertEvent) -> float:
        return event.starts_at or 0.0

    config, integration = configured()
    thrice, again = configured(2)

    def with_warnings(event: AlertEvent) -> object:
        found = plan(config, integration, [event], at(event))
        return [warnings(config, one) for one in found]

    example = plan(config, integration, events[:1], at(events[0]))[0]
    longer = plan(thrice, again, events[:1], at(events[0]))[0]
    figures = {
        "routing and grouping alone": spent(lambda e: taken_in(config, integration, [e], at(e)), events),
        f"plan: {len(example.moments)} events, {len(example.pages)} pages": spent(
            lambda e: plan(config, integration, [e], at(e)), events
        ),
        "plan and its warnings": spent(with_warnings, events),
        f"plan of a policy taken three times: {len(longer.moments)} events, {len(longer.pages)} pages": spent(
            lambda e: plan(thrice, again, [e], at(e)), events[:1_000]
        ),
        "the whole answer of POST /plan": spent(
            lambda e: answer(config, integration, Parsed((e,)), at(e)).model_dump_json(), events[:500]
        ),
    }
    on = machine(" (one used)")
    (RESULTS / "plan.json").write_text(json.dumps({"machine": on, **figures}, indent=1) + "\n")
    lines = [
        f"# One alert planned over {RULES:,} routing rules",
        "",
        f"`python -m bench.plan`; {on}. Microseconds an alert.",
        "",
    ]
    lines += ["| what | figure |", "| --- | --- |"]
    lines += [f"| {name} | {', '.join(f'{k} {v:,.0f}' for k, v in value.items())} |" for name, value in figures.items()]
    (RESULTS / "plan.md").write_text("\n".join(lines) + "\n")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
