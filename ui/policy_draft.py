"""An escalation policy while it is being edited, and what the API makes of it. Pure.

What the API says of a step and this page does not know comes back as it was (`raw`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict

from ui import durations
from ui.drafts import Window, key, number, raw, unraw, window, window_body

WHO = {"on_call": "who is on call", "next": "who is on call next", "all_layers": "everybody in its layers"}
OPS = {"=": "is", "!=": "is not", "=~": "fits", "!~": "does not fit"}
LISTS = ("severities", "weekdays")


class Target(TypedDict):
    """Whom a step calls. `name`: of the user, team or schedule."""

    key: str
    kind: str
    id: str
    who: str
    name: str


class Matcher(TypedDict):
    """A condition on a label."""

    key: str
    label: str
    op: str
    value: str


class When(TypedDict):
    """Conditions, all of which must hold. `within_s` as typed."""

    windows: list[Window]
    severities: list[str]
    matchers: list[Matcher]
    more_than: str
    within_s: str


class Step(TypedDict):
    """`wait_s` as typed. `conditional`: `when` counts."""

    key: str
    targets: list[Target]
    wait_s: str
    important: bool
    round_robin: bool
    major: bool
    severity: str
    resolve: bool
    conditional: bool
    when: When
    raw: str


class Vigil(TypedDict):
    """When an acknowledgement stops to count. `of`: whose it is, see VIGILS. Times as typed; "": never."""

    of: str
    grows_by: str
    label: str
    severity: bool
    timeout_s: str
    remind_before_s: str
    shift_end: bool
    raw: str


class Policy(TypedDict):
    """`repeat` and `required_acknowledgements`: as typed."""

    name: str
    team_id: str
    repeat: str
    required_acknowledgements: str
    steps: list[Step]
    vigil: Vigil
    raw: str


VIGILS = {
    "organisation": "as the organisation's default says",
    "own": "by what this policy says",
    "off": "never: an acknowledgement counts until it is taken back",
}
NEW_VIGIL: Vigil = {
    "of": "organisation",
    "grows_by": "3",
    "label": "",
    "severity": True,
    "timeout_s": "4 h",
    "remind_before_s": "30 min",
    "shift_end": True,
    "raw": "",
}


def fresh_step() -> Step:
    """Five minutes, for nobody yet."""
    nothing: When = {"windows": [], "severities": [], "matchers": [], "more_than": "", "within_s": ""}
    return {
        "key": key(),
        "targets": [],
        "wait_s": "5 min",
        "important": True,
        "round_robin": False,
        "major": False,
        "severity": "",
        "resolve": False,
        "conditional": False,
        "when": nothing,
        "raw": "",
    }


def fresh_policy() -> Policy:
    """One step."""
    return {
        "name": "",
        "team_id": "",
        "repeat": "0",
        "required_acknowledgements": "1",
        "steps": [fresh_step()],
        "vigil": {**NEW_VIGIL},
        "raw": "",
    }


def target(kind: str, ident: str, name: str, who: str = "on_call") -> Target:
    """One more to call."""
    return {"key": key(), "kind": kind, "id": ident, "who": who, "name": name}


def matcher(label: str = "", op: str = "=", value: str = "") -> Matcher:
    """One more condition on a label."""
    return {"key": key(), "label": label, "op": op, "value": value}


def policy_of(said: Mapping[str, Any], names: Mapping[str, str]) -> Policy:
    """As the API says it. `names`: of users, teams and schedules by id."""
    return {
        "name": said["name"],
        "team_id": said["team_id"] or "",
        "repeat": str(said["repeat"]),
        "required_acknowledgements": str(said["required_acknowledgements"]),
        "steps": [_step(step, names) for step in said["steps"]],
        "vigil": vigil_of(said["vigil"]),
        "raw": raw({k: v for k, v in said.items() if k not in ("id", "version")}),
    }


def _step(said: Mapping[str, Any], names: Mapping[str, str]) -> Step:
    when = said["when"]
    step = fresh_step()
    step["targets"] = [target(t["kind"], t["id"], names.get(t["id"], t["id"]), t["who"]) for t in said["targets"]]
    step["wait_s"], step["severity"] = durations.words(said["wait_s"]), said["severity"] or ""
    step["important"], step["round_robin"] = said["important"], said["round_robin"]
    step["major"], step["resolve"] = said["major"], said["resolve"]
    step["conditional"], step["raw"] = when is not None, raw(said)
    if when is not None:
        step["when"] = {
            "windows": [window(w) for w in when["windows"]],
            "severities": list(when["severities"]),
            "matchers": [matcher(m["label"], m["op"], m["value"]) for m in when["matchers"]],
            "more_than": "" if when["more_than"] is None else str(when["more_than"]),
            "within_s": durations.words(when["within_s"]) if when["more_than"] is not None else "",
        }
    return step


def vigil_of(said: Mapping[str, Any] | str | None) -> Vigil:
    """As the API says it."""
    if said is None:
        return {**NEW_VIGIL, "of": "off"}
    if isinstance(said, str):
        return {**NEW_VIGIL, "of": said}
    return {
        "of": "own",
        "grows_by": "" if said["grows_by"] is None else f"{said['grows_by']:g}",
        "label": said["label"],
        "severity": said["severity"],
        "timeout_s": durations.words(said["timeout_s"]),
        "remind_before_s": durations.words(said["remind_before_s"]),
        "shift_end": said["shift_end"],
        "raw": raw(said),
    }


def body(draft: Mapping[str, Any]) -> dict[str, Any]:
    """As the API wants it."""
    return {
        **unraw(draft["raw"]),
        "name": draft["name"],
        "team_id": draft["team_id"] or None,
        "repeat": number(draft["repeat"]),
        "required_acknowledgements": number(draft["required_acknowledgements"]),
        "steps": [_step_body(step) for step in draft["steps"]],
        "vigil": vigil_body(draft["vigil"]),
    }


def _step_body(step: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **unraw(step["raw"]),
        "targets": [{k: t[k] for k in ("kind", "id", "who")} for t in step["targets"]],
        "wait_s": durations.seconds(step["wait_s"]) or 0,
        "important": step["important"],
        "round_robin": step["round_robin"],
        "major": step["major"],
        "severity": (step["severity"] or None) if step["major"] else None,
        "resolve": step["resolve"],
        "when": _when_body(step["when"], unraw(step["raw"]).get("when") or {}) if step["conditional"] else None,
    }


def _when_body(when: Mapping[str, Any], kept: Mapping[str, Any]) -> dict[str, Any]:
    more = when["more_than"].strip()
    return {
        **kept,
        "windows": [window_body(w) for w in when["windows"]],
        "severities": when["severities"],
        "matchers": [{k: m[k] for k in ("label", "op", "value")} for m in when["matchers"]],
        "more_than": number(more) if more else None,
        "within_s": (durations.seconds(when["within_s"]) or 0) if more else 0,
    }


def vigil_body(vigil: Mapping[str, Any]) -> Any:
    """As the API wants it."""
    if vigil["of"] != "own":
        return None if vigil["of"] == "off" else vigil["of"]
    return {
        **unraw(vigil["raw"]),
        "grows_by": number(vigil["grows_by"]) if vigil["grows_by"].strip() else None,
        "label": vigil["label"],
        "severity": vigil["severity"],
        "timeout_s": durations.seconds(vigil["timeout_s"]),
        "remind_before_s": durations.seconds(vigil["remind_before_s"]),
        "shift_end": vigil["shift_end"],
    }


def missing(draft: Mapping[str, Any]) -> dict[str, str]:
    """What is not filled in yet, by path."""
    found: dict[str, str] = {}
    if not draft["name"].strip():
        found["/name"] = "Give it a name."
    if not draft["steps"]:
        found["/steps"] = "Add a step: without one nobody is called but the last resort."
    return found
