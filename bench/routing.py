"""`python -m bench.routing`: one alert through 5,000 routing rules, against asking each rule in its order."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from bench.measuring import machine
from domain.alert import AlertEvent, Severity
from domain.configuration import Configuration, Integration, Matcher, Route, Templates
from domain.enrichment import taken_in
from domain.expression import expression
from domain.grouping import group
from domain.policy import Policy
from domain.routing import prepare
from domain.window import Window

RESULTS = Path(__file__).parent / "results"
RULES, ALERTS = 5_000, 2_000
START = 1_767_225_600.0
NIGHT = (Window("Europe/Berlin", (), "22:00", "06:00"),)


def by_label(count: int) -> tuple[Route, ...]:
    """One rule a service, every fifth for its critical alerts only, every seventh by night."""
    return tuple(
        Route(
            matchers=(Matcher("env", "=", "prod"), Matcher("service", "=", f"service-{n}")),
            policy_id=f"p{n % 50}",
            severities=(Severity.CRITICAL,) if n % 5 == 0 else (),
            windows=NIGHT if n % 7 == 0 else (),
            name=f"service {n}",
        )
        for n in range(count)
    )


def scanned() -> tuple[Route, ...]:
    """The most that no label finds: half of them patterns, half expressions, none of which holds."""
    patterns = tuple(Route((Matcher("service", "=~", f"(old|legacy)-{n}-.*"),), "p1") for n in range(100))
    reading = tuple(
        Route(policy_id="p2", expression=f'has(payload.kind) && payload.kind == "k{n}"') for n in range(100)
    )
    return patterns + reading


def alerts() -> list[AlertEvent]:
    """Spread over all services, with ten labels each."""
    more = {f"label-{n}": f"value-{n}" for n in range(8)}
    return [
        AlertEvent(
            f"k{n}",
            "firing",
            f"Alert {n}",
            Severity.CRITICAL if n % 2 else Severity.WARNING,
            labels={"env": "prod", "service": f"service-{n * 37 % (RULES + 50)}", **more},
            starts_at=START + n,
        )
        for n in range(ALERTS)
    ]


def configured(routes: tuple[Route, ...]) -> tuple[Configuration, Integration]:
    integration = Integration("i", "I", "prometheus", "p0", routes=routes)
    policies = {f"p{n}": Policy(f"p{n}", f"P{n}", 1, ()) for n in range(50)}
    return Configuration(1, policies=policies, integrations={"i": integration}), integration


def spent(ask: Callable[[AlertEvent], object], events: Sequence[AlertEvent]) -> dict[str, float]:
    """Microseconds an alert."""
    taken = []
    for event in events:
        began = time.perf_counter()
        ask(event)
        taken.append((time.perf_counter() - began) * 1e6)
    taken.sort()
    return {"median": statistics.median(taken), "p99": taken[int(len(taken) * 0.99)]}


def grouped(routes: tuple[Route, ...], payload: object = None) -> Callable[[AlertEvent], object]:
    config, integration = configured(routes)
    prepare(config)
    return lambda event: group(config, integration, [event], event.starts_at or START, [payload])


def worded() -> Callable[[AlertEvent], object]:
    """A title, a label, a grouping key and a link made of each alert."""
    templates = Templates(
        title="{{ alert.labels.service }}: {{ payload.values.B | round(1) }} %",
        group_key="{{ alert.labels.site }}/{{ alert.labels.service }}",
        runbook="https://wiki/{{ alert.labels.service | urlencode }}",
        labels={"site": "{{ payload.labels.env | upper }}"},
    )
    integration = Integration("i", "I", "prometheus", "p0", templates=templates)
    config, payload = (
        Configuration(1, integrations={"i": integration}),
        {"values": {"B": 93.26}, "labels": {"env": "eu"}},
    )
    return lambda event: taken_in(config, integration, [event], event.starts_at or START, [payload])


def in_order(routes: tuple[Route, ...]) -> Callable[[AlertEvent], object]:
    """What it would take without the index, for rules with equal labels."""

    def ask(event: AlertEvent) -> object:
        for rule in routes:
            if all(event.labels.get(m.label, "") == m.value for m in rule.matchers):
                return rule
        return None

    return ask


def main() -> None:
    """Some seconds."""
    events, rules = alerts(), by_label(RULES)
    payload = {"values": {"B": 93.2}, "labels": dict(events[0].labels), "annotations": {"summary": "x" * 200}}
    began = time.perf_counter()
    prepare(configured(rules)[0])
    figures: dict[str, dict[str, float]] = {
        "no rules": spent(grouped(()), events),
        f"{RULES:,} rules by label, severity and time": spent(grouped(rules), events),
        f"{RULES:,} rules, and before them the 200 that no label finds": spent(
            grouped(scanned() + rules, payload), events[:500]
        ),
        "no rules, four templates": spent(worded(), events[:500]),
        f"{RULES:,} rules asked in order, without the index": spent(in_order(rules), events[:500]),
    }
    began = time.perf_counter()
    prepare(configured(by_label(RULES))[0])
    figures["making the index"] = {"ms": (time.perf_counter() - began) * 1e3}
    began = time.perf_counter()
    for n in range(1_000):
        expression(f'payload.values.B > {n}.0 && alert.labels.env == "prod"')
    figures["compiling 1,000 expressions"] = {"ms": (time.perf_counter() - began) * 1e3}
    write(figures)


def write(figures: dict[str, dict[str, float]]) -> None:
    """JSON for machines, a table for people."""
    on = machine(" (one used)")
    (RESULTS / "routing.json").write_text(json.dumps({"machine": on, **figures}, indent=1) + "\n")
    lines = [
        "# One alert through routing rules",
        "",
        f"`python -m bench.routing`; {on}. Microseconds an alert",
        "",
    ]
    lines[2] += " unless said otherwise: route, grouping key and incident line."
    lines += ["| what | figure |", "| --- | --- |"]
    lines += [f"| {name} | {', '.join(f'{k} {v:,.1f}' for k, v in value.items())} |" for name, value in figures.items()]
    (RESULTS / "routing.md").write_text("\n".join(lines) + "\n")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
