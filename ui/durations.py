"""Lengths of time as people say and type them, such as "20 s", "5 min" or "1 h 30 min"; the API has seconds. Pure."""

from __future__ import annotations

import re
from typing import Any

HINT = "such as 20 s, 5 min, 1 h; a number alone is minutes"
_UNITS = {"d": 86_400, "h": 3_600, "min": 60, "s": 1}
_NAMES = {"m": "min", "minute": "min", "mins": "min", "sec": "s", "second": "s", "hour": "h", "day": "d"}
_PART = re.compile(r"(\d+(?:[.,]\d+)?)\s*([a-z]*)\s*")


def words(seconds: float | None) -> str:
    """In units that leave whole numbers: 90 is "1 min 30 s". None is ""."""
    if seconds is None:
        return ""
    left, said = seconds, []
    for unit, size in _UNITS.items():
        count = left if unit == "s" else left // size
        left -= count * size
        if count > 0:
            said.append(f"{count:g} {unit}")
    return " ".join(said) or "0 s"


def seconds(text: str) -> Any:
    """Of what was typed; None of nothing. What is no length of time is left for the API to refuse."""
    typed, total, at = text.strip().lower(), 0.0, 0
    if not typed:
        return None
    while at < len(typed):
        part = _PART.match(typed, at)
        unit = _unit(part[2]) if part is not None else ""
        if part is None or not unit:
            return text
        total, at = total + float(part[1].replace(",", ".")) * _UNITS[unit], part.end()
    return int(total) if total.is_integer() else total


def _unit(name: str) -> str:
    """One of _UNITS, or ""."""
    known = _NAMES.get(name, name) if name in _UNITS or name in _NAMES else _NAMES.get(name.removesuffix("s"), "")
    return known if name else "min"
