"""A routing rule as a form and in words. Pure; the API checks what comes out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict

from ui import durations
from ui.lines import matchers, of_matchers, of_windows, windows, words

SEVERITIES = ("critical", "error", "warning", "info")
Names = Mapping[str, str]
"""Id -> name of policies, services and teams."""


class Rule(TypedDict):
    """One rule of the list: `number` from 1, the conditions and what follows in words."""

    index: int
    number: int
    name: str
    when: str
    then: str


class Fields(TypedDict):
    """What the form begins with."""

    name: str
    matchers: str
    severities: list[str]
    expression: str
    windows: str
    policy_id: str
    service_id: str
    team_id: str
    severity: str
    grouping: str
    wait_s: str
    goes_on: bool


NOTHING: Fields = {
    "name": "",
    "matchers": "",
    "severities": [],
    "expression": "",
    "windows": "",
    "policy_id": "",
    "service_id": "",
    "team_id": "",
    "severity": "",
    "grouping": "",
    "wait_s": "",
    "goes_on": False,
}


def fields(route: Mapping[str, Any]) -> Fields:
    """The form for a rule as the API answers it."""
    return {
        "name": route["name"],
        "matchers": of_matchers(route["matchers"]),
        "severities": list(route["severities"]),
        "expression": route["expression"],
        "windows": of_windows(route["windows"]),
        "policy_id": route["policy_id"] or "",
        "service_id": route["service_id"] or "",
        "team_id": route["team_id"] or "",
        "severity": route["severity"] or "",
        "grouping": ", ".join(route["grouping"]["labels"]) if route["grouping"] else "",
        "wait_s": "" if route["wait_s"] is None else f"{route['wait_s']:g}",
        "goes_on": route["continue"],
    }


def route(form: Mapping[str, Any], before: Mapping[str, Any] | None) -> dict[str, Any]:
    """The rule that the form says. `before`: what is there, for what the form does not show. Raises ValueError."""
    labels = words(str(form["grouping"]))
    known = (before or {}).get("grouping")
    shown_whole = not known or (known["by_sender"] and known["window_s"] is None)
    grouping = {**(known or {}), "labels": labels} if labels or not shown_whole else None
    return {
        "name": form["name"],
        "matchers": matchers(form["matchers"]),
        "severities": [s for s in SEVERITIES if form.get(f"severity_{s}")],
        "expression": form["expression"].strip(),
        "windows": windows(form["windows"]),
        "policy_id": form["policy_id"] or None,
        "service_id": form["service_id"] or None,
        "team_id": form["team_id"] or None,
        "severity": form["severity"] or None,
        "grouping": grouping,
        "wait_s": float(form["wait_s"]) if str(form["wait_s"]).strip() else None,
        "continue": bool(form.get("goes_on")),
    }


def in_words(routes: list[Mapping[str, Any]], names: Names) -> list[Rule]:
    """The list as it is shown."""
    return [
        {
            "index": n,
            "number": n + 1,
            "name": route["name"] or f"rule {n + 1}",
            "when": _when(route),
            "then": _then(route, names),
        }
        for n, route in enumerate(routes)
    ]


def _when(route: Mapping[str, Any]) -> str:
    said = [f"{m['label']} {m['op']} {m['value'] or '(nothing)'}" for m in route["matchers"]]
    if route["severities"]:
        said.append(f"severity is {' or '.join(route['severities'])}")
    if route["expression"]:
        said.append(f"CEL: {route['expression']}")
    if route["windows"]:
        said.append(f"started {' or '.join(of_windows(route['windows']).splitlines())}")
    return " and ".join(said) or "always"


def _then(route: Mapping[str, Any], names: Names) -> str:
    said = []
    for field, what in (("service_id", "service"), ("policy_id", "policy"), ("team_id", "team")):
        if route[field]:
            said.append(f"{what} {names.get(route[field], 'that is gone')}")
    if route["severity"]:
        said.append(f"becomes {route['severity']}")
    if route["grouping"]:
        said.append(f"one incident for each {', '.join(route['grouping']['labels']) or 'alert'}")
    if route["wait_s"] is not None:
        said.append(f"{durations.words(route['wait_s'])} to resolve by itself" if route["wait_s"] else "pages at once")
    where = ", ".join(said) or "as without it"
    return f"{where}; and goes on with the following rules" if route["continue"] else where
