"""Shifts of a layer that are written down one by one, while they are being edited. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, TypedDict
from zoneinfo import ZoneInfo

from ui.calendar import instant
from ui.drafts import key

DAY = timedelta(days=1)


class Shift(TypedDict):
    """`start`, `end`: wall clock of the layer, "2026-06-01T09:00". `was_…`: as the API said it, "" for a new one."""

    key: str
    user: str
    start: str
    end: str
    was_start: str
    was_end: str


class Fixed(TypedDict):
    """`source`: the imported calendar that it is of, or "". `kept`: shifts that are not edited, as JSON: those of a

    calendar, and those that are over; `told`: how many, in words.
    """

    shifts: list[Shift]
    source: str
    kept: str
    told: str


def nothing() -> Fixed:
    """Of a layer in which people take turns."""
    return {"shifts": [], "source": "", "kept": "[]", "told": ""}


def clock(at: str, zone: str) -> str:
    """An instant of the API on the clock of the zone, as a browser's field wants it."""
    return f"{datetime.fromisoformat(at).astimezone(ZoneInfo(zone)):%Y-%m-%dT%H:%M}"


def fixed_of(said: Mapping[str, Any], zone: str, today: date) -> Fixed:
    """As the API says it."""
    source = said["source"] or ""
    over = [s for s in said["shifts"] if source or clock(s["end"], zone)[:10] < today.isoformat()]
    coming = [s for s in said["shifts"] if s not in over]
    many = f"{len(over)} shift{'s' if len(over) != 1 else ''}"
    return {
        "shifts": [_shift(s, zone) for s in coming],
        "source": source,
        "kept": json.dumps(over),
        "told": many if source or over else "",
    }


def _shift(said: Mapping[str, Any], zone: str) -> Shift:
    start, end = said["start"], said["end"]
    times = {"start": clock(start, zone), "end": clock(end, zone)}
    return {"key": key(), "user": said["user"], **times, "was_start": start, "was_end": end}  # type: ignore[typeddict-item]


def following(shifts: Sequence[Mapping[str, Any]], today: date) -> Shift:
    """One more, from the end of the last one on and as long; the first one is a day."""
    start, length = datetime(today.year, today.month, today.day, 9), DAY
    if shifts:
        try:
            begun, start = (datetime.fromisoformat(shifts[-1][name]) for name in ("start", "end"))
            length = start - begun if start > begun else DAY
        except ValueError:
            pass  # the last one is not filled in
    times = {"start": f"{start:%Y-%m-%dT%H:%M}", "end": f"{start + length:%Y-%m-%dT%H:%M}"}
    return {"key": key(), "user": "", **times, "was_start": "", "was_end": ""}  # type: ignore[typeddict-item]


def fixed_body(typed: Mapping[str, Any], zone: str) -> dict[str, Any]:
    """As the API wants it: what is edited first, so that a fault is at the same place here and there."""
    shifts = [
        {"user": s["user"], "start": _at(s["start"], s["was_start"], zone), "end": _at(s["end"], s["was_end"], zone)}
        for s in typed["shifts"]
    ]
    return {"shifts": [*shifts, *json.loads(typed["kept"])], "source": typed["source"] or None}


def _at(text: str, was: str, zone: str) -> str:
    """To the second as it was, unless it says something else now. What is no time or no zone the API refuses."""
    try:
        return was if was and clock(was, zone) == text else instant(text, zone).isoformat()
    except (ValueError, KeyError, OSError):
        return was or text


def missing_in(typed: Mapping[str, Any], at: str) -> dict[str, str]:
    """What is not filled in yet, by path. `at`: of the layer's fixed shifts."""
    found: dict[str, str] = {}
    if not typed["source"] and not typed["shifts"] and typed["kept"] == "[]":
        found[f"{at}/shifts"] = "Add a shift: without one the layer has nobody."
    for n, shift in enumerate(typed["shifts"]):
        if not shift["user"]:
            found[f"{at}/shifts/{n}/user"] = "Choose who."
        for name in ("start", "end"):
            if not shift[name]:
                found[f"{at}/shifts/{n}/{name}"] = "Fill in day and time."
    return found
