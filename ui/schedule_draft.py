"""A schedule while it is being edited, and what the API makes of it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, TypedDict

from ui.drafts import Window, key, number, raw, unraw, window, window_body
from ui.fixed_draft import Fixed, fixed_body, fixed_of, missing_in, nothing

UNITS = {"hour": "hours", "day": "days", "week": "weeks", "month": "months", "custom": "hand-offs on weekdays"}
KINDS = [("rotation", "People take turns"), ("fixed", "Shifts are written down one by one")]
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


class Going(TypedDict):
    """Somebody takes no turn that begins in this time (`stand_in`: who does, or ""), or has a place only in it."""

    key: str
    user: str
    start: str
    end: str
    stand_in: str


class Rotation(TypedDict):
    """`unit` "custom": weeks, handed over at `handoffs`. `start`: wall clock, "2026-01-05T09:00"."""

    unit: str
    every: str
    start: str
    users: list[Person]
    handoffs: list[Turn]
    absences: list[Going]
    terms: list[Going]


class Layer(TypedDict):
    """`key` is of this editing only. `kind`: "rotation" or "fixed"; the other one is kept while this is edited."""

    key: str
    name: str
    zone: str
    since: str
    until: str
    together: bool
    rotation: Rotation
    windows: list[Window]
    kind: str
    fixed: Fixed
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


def going(said: Mapping[str, Any] | None = None) -> Going:
    """One more absence or term; nobody's yet, or as the API says it."""
    known = said or {}
    return {
        "key": key(),
        "user": known.get("user", ""),
        "start": clock(known.get("start")),
        "end": clock(known.get("end")),
        "stand_in": known.get("stand_in") or "",
    }


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
        "kind": "rotation",
        "fixed": nothing(),
        "raw": "",
    }


def schedule_of(said: Mapping[str, Any], names: Mapping[str, str], today: date) -> Schedule:
    """As the API says it."""
    layers = [_layer(layer, names, today, said["zone"]) for layer in said["layers"]]
    return {"name": said["name"], "zone": said["zone"], "team_id": said["team_id"] or "", "layers": layers}


def _layer(said: Mapping[str, Any], names: Mapping[str, str], today: date, zone: str) -> Layer:
    layer = fresh_layer(said["name"], today)
    layer["zone"], layer["together"], layer["raw"] = said["zone"] or "", said["together"], raw(said)
    layer["since"], layer["until"] = clock(said["since"]), clock(said["until"])
    layer["windows"] = [window(w) for w in said["windows"]]
    fixed, turns = said["fixed"], said["rotation"]
    if fixed is not None:
        layer["kind"], layer["fixed"] = "fixed", fixed_of(fixed, said["zone"] or zone, today)
    if turns is not None:
        layer["rotation"] = {
            "unit": "custom" if turns["handoffs"] else turns["unit"],
            "every": str(turns["every"]),
            "start": clock(turns["start"]),
            "users": [person(user, names) for user in turns["users"]],
            "handoffs": [turn(h["weekday"], h["time"]) for h in turns["handoffs"]],
            "absences": [going(a) for a in turns["absences"]],
            "terms": [going(t) for t in turns["terms"]],
        }
    return layer


def body(draft: Mapping[str, Any]) -> dict[str, Any]:
    """As the API wants it."""
    layers = [_layer_body(layer, draft["zone"]) for layer in draft["layers"]]
    return {"name": draft["name"], "zone": draft["zone"], "team_id": draft["team_id"] or None, "layers": layers}


def _layer_body(layer: Mapping[str, Any], zone: str) -> dict[str, Any]:
    kept, turns = unraw(layer["raw"]), layer["kind"] == "rotation"
    return {
        **kept,
        "name": layer["name"],
        "zone": layer["zone"] or None,
        "since": layer["since"] or None,
        "until": layer["until"] or None,
        "together": layer["together"],
        "windows": [window_body(w) for w in layer["windows"]],
        "rotation": _rotation_body(layer["rotation"], kept.get("rotation") or {}) if turns else None,
        "fixed": None if turns else fixed_body(layer["fixed"], layer["zone"] or zone),
    }


def _rotation_body(turns: Mapping[str, Any], kept: Mapping[str, Any]) -> dict[str, Any]:
    custom = turns["unit"] == "custom"
    handoffs = [{"weekday": int(h["weekday"]), "time": h["time"]} for h in turns["handoffs"]] if custom else []
    here = [person["id"] for person in turns["users"]]
    # Those of somebody who takes no turns any more would be refused, and mean nothing.
    away = [a for a in turns["absences"] if not a["user"] or a["user"] in here]
    terms = [t for t in turns["terms"] if not t["user"] or t["user"] in here]
    return {
        **kept,
        "unit": "week" if custom else turns["unit"],
        "every": number(turns["every"]),
        "start": turns["start"],
        "users": here,
        "handoffs": handoffs,
        "absences": [{**_going_body(a), "stand_in": a["stand_in"] or None} for a in away],
        "terms": [{**_going_body(t), "start": t["start"] or None} for t in terms],
    }


def _going_body(typed: Mapping[str, Any]) -> dict[str, Any]:
    return {"user": typed["user"], "start": typed["start"], "end": typed["end"] or None}


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
        if layer["kind"] == "fixed":
            found |= missing_in(layer["fixed"], f"/layers/{n}/fixed")
            continue
        if not layer["rotation"]["users"]:
            found[f"/layers/{n}/rotation/users"] = NOBODY
        for kind in ("absences", "terms"):
            for k, one in enumerate(layer["rotation"][kind]):
                if not one["user"]:
                    found[f"/layers/{n}/rotation/{kind}/{k}/user"] = "Choose who."
                if kind == "absences" and not one["start"]:
                    found[f"/layers/{n}/rotation/{kind}/{k}/start"] = "Fill in day and time."
        if layer["rotation"]["unit"] == "custom" and not layer["rotation"]["handoffs"]:
            found[f"/layers/{n}/rotation/handoffs"] = "Add the weekdays and times at which the next one takes over."
    return found
