"""A schedule while it is being edited, and what the API makes of it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, TypedDict

from ui.drafts import Window, key, number, raw, unraw, window, window_body

UNITS = {"hour": "hours", "day": "days", "week": "weeks", "month": "months", "custom": "hand-offs on weekdays"}
LISTS = ("users", "weekdays")
NOBODY = "Add at least one person: a rotation of nobody leaves the place to the layers below."


class Turn(TypedDict):
    """A hand-off of a rotation of the unit "custom"."""

    key: str
    weekday: str
    time: str


class Person(TypedDict):
    """Whose turn it is, in order."""

    key: str
    id: str
    name: str


class Rotation(TypedDict):
    """`unit` "custom": weeks, handed over at `handoffs`. `start`: wall clock, "2026-01-05T09:00"."""

    unit: str
    every: str
    start: str
    users: list[Person]
    handoffs: list[Turn]
    absences: list[str]
    terms: list[str]


class Layer(TypedDict):
    """`key` is of this editing only. `fixed`: how many fixed shifts, in words; then it has no rotation."""

    key: str
    name: str
    zone: str
    since: str
    until: str
    together: bool
    rotation: Rotation
    windows: list[Window]
    fixed: str
    raw: str


class Schedule(TypedDict):
    """The lowest layer first, as the API has them."""

    name: str
    zone: str
    team_id: str
    layers: list[Layer]


def clock(text: str | None) -> str:
    """A local time as a browser's field wants it."""
    return (text or "").removesuffix(":00") if (text or "").count(":") == 2 else text or ""


def person(ident: str, names: Mapping[str, str]) -> Person:
    """One more turn of this person."""
    return {"key": key(), "id": ident, "name": names.get(ident, ident)}


def turn(weekday: int = 0, time: str = "09:00") -> Turn:
    """One more hand-off in the week."""
    return {"key": key(), "weekday": str(weekday), "time": time}


def fresh_layer(name: str, today: date) -> Layer:
    """Weekly, from this week's Monday nine o'clock on."""
    monday = today - timedelta(days=today.weekday())
    turns: Rotation = {
        "unit": "week",
        "every": "1",
        "start": f"{monday.isoformat()}T09:00",
        "users": [],
        "handoffs": [],
        "absences": [],
        "terms": [],
    }
    return {
        "key": key(),
        "name": name,
        "zone": "",
        "since": "",
        "until": "",
        "together": False,
        "rotation": turns,
        "windows": [],
        "fixed": "",
        "raw": "",
    }


def schedule_of(said: Mapping[str, Any], names: Mapping[str, str], today: date) -> Schedule:
    """As the API says it."""
    layers = [_layer(layer, names, today) for layer in said["layers"]]
    return {"name": said["name"], "zone": said["zone"], "team_id": said["team_id"] or "", "layers": layers}


def _layer(said: Mapping[str, Any], names: Mapping[str, str], today: date) -> Layer:
    layer = fresh_layer(said["name"], today)
    layer["zone"], layer["together"], layer["raw"] = said["zone"] or "", said["together"], raw(said)
    layer["since"], layer["until"] = clock(said["since"]), clock(said["until"])
    layer["windows"] = [window(w) for w in said["windows"]]
    fixed, turns = said["fixed"], said["rotation"]
    if fixed is not None:
        many = len(fixed["shifts"])
        layer["fixed"] = f"{many} shift{'s' if many != 1 else ''}, {'imported' if fixed['source'] else 'written down'}"
    if turns is not None:
        layer["rotation"] = {
            "unit": "custom" if turns["handoffs"] else turns["unit"],
            "every": str(turns["every"]),
            "start": clock(turns["start"]),
            "users": [person(user, names) for user in turns["users"]],
            "handoffs": [turn(h["weekday"], h["time"]) for h in turns["handoffs"]],
            "absences": [_absence(a, names) for a in turns["absences"]],
            "terms": [f"{names.get(t['user'], t['user'])}: {_span(t)}" for t in turns["terms"]],
        }
    return layer


def _span(said: Mapping[str, Any]) -> str:
    return " ".join(f"{word} {clock(said[k])}" for word, k in (("from", "start"), ("to", "end")) if said[k])


def _absence(said: Mapping[str, Any], names: Mapping[str, str]) -> str:
    instead = f", {names.get(said['stand_in'], said['stand_in'])} stands in" if said["stand_in"] else ""
    return f"{names.get(said['user'], said['user'])} away {_span(said)}{instead}"


def body(draft: Mapping[str, Any]) -> dict[str, Any]:
    """As the API wants it."""
    layers = [_layer_body(layer) for layer in draft["layers"]]
    return {"name": draft["name"], "zone": draft["zone"], "team_id": draft["team_id"] or None, "layers": layers}


def _layer_body(layer: Mapping[str, Any]) -> dict[str, Any]:
    kept = unraw(layer["raw"])
    return {
        **kept,
        "name": layer["name"],
        "zone": layer["zone"] or None,
        "since": layer["since"] or None,
        "until": layer["until"] or None,
        "together": layer["together"],
        "windows": [window_body(w) for w in layer["windows"]],
        "rotation": None if layer["fixed"] else _rotation_body(layer["rotation"], kept.get("rotation") or {}),
    }


def _rotation_body(turns: Mapping[str, Any], kept: Mapping[str, Any]) -> dict[str, Any]:
    custom = turns["unit"] == "custom"
    handoffs = [{"weekday": int(h["weekday"]), "time": h["time"]} for h in turns["handoffs"]] if custom else []
    here = [person["id"] for person in turns["users"]]
    return {
        **kept,
        "unit": "week" if custom else turns["unit"],
        "every": number(turns["every"]),
        "start": turns["start"],
        "users": here,
        "handoffs": handoffs,
        # Of somebody who takes no turns any more they would be refused; with them they come back.
        "absences": [a for a in kept.get("absences", []) if a["user"] in here],
        "terms": [t for t in kept.get("terms", []) if t["user"] in here],
    }


def missing(draft: Mapping[str, Any]) -> dict[str, str]:
    """What is not filled in yet, by path; while there is something, asking the API for a preview is no use."""
    found: dict[str, str] = {}
    if not draft["name"].strip():
        found["/name"] = "Give it a name."
    if not draft["layers"]:
        found["/layers"] = "Add a layer: without one nobody is ever on call."
    for n, layer in enumerate(draft["layers"]):
        if not layer["name"].strip():
            found[f"/layers/{n}/name"] = "Give it a name."
        if layer["fixed"]:
            continue
        if not layer["rotation"]["users"]:
            found[f"/layers/{n}/rotation/users"] = NOBODY
        if layer["rotation"]["unit"] == "custom" and not layer["rotation"]["handoffs"]:
            found[f"/layers/{n}/rotation/handoffs"] = "Add the weekdays and times at which the next one takes over."
    return found
