"""What people write a line each, and what the API makes of it: conditions, labels, hours. Pure.

severity=critical            a label is equal; != not, =~ the pattern fits, !~ it does not
Mon-Fri 22:00-06:00 Europe/Berlin
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MATCHER = re.compile(r"\s*([^=!~\s][^=!~]*?)\s*(=~|!~|!=|=)\s*(.*?)\s*")
HOURS = re.compile(r"\d\d?:\d\d-\d\d?:\d\d")
DAY = re.compile(r"[A-Za-z]{3}(-[A-Za-z]{3})?(,[A-Za-z]{3}(-[A-Za-z]{3})?)*")


class Unclear(ValueError):
    """A line that says nothing we understand; the text is for the person who wrote it."""


def _written(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def matchers(text: str) -> list[dict[str, str]]:
    """As the API takes them. Raises Unclear."""
    found = []
    for line in _written(text):
        parts = MATCHER.fullmatch(line)
        if parts is None:
            raise Unclear(f"{line!r} is no condition; write one a line, like severity=critical or host=~db.*")
        label, op, value = parts.groups()
        if len(value) > 1 and value[0] == value[-1] == '"':
            value = value[1:-1]
        found.append({"label": label, "op": op, "value": value})
    return found


def of_matchers(given: Iterable[Mapping[str, str]]) -> str:
    """The lines that say these conditions."""
    return "\n".join(f"{m['label']}{m['op']}{m['value']}" for m in given)


def labels(text: str) -> dict[str, str]:
    """name=value a line. Raises Unclear."""
    found = {}
    for line in _written(text):
        name, sign, value = line.partition("=")
        if not sign or not name.strip():
            raise Unclear(f"{line!r} is no label; write one a line, like host=db1")
        found[name.strip()] = value.strip()
    return found


def of_labels(given: Mapping[str, str]) -> str:
    """The lines that say these labels."""
    return "\n".join(f"{name}={value}" for name, value in given.items())


def words(text: str) -> list[str]:
    """Names separated by commas or lines."""
    return [word.strip() for line in text.splitlines() for word in line.split(",") if word.strip()]


def windows(text: str) -> list[dict[str, Any]]:
    """Days (left out: every day), hours, and a zone (left out: UTC), a line each. Raises Unclear."""
    return [_window(line) for line in _written(text)]


def _window(line: str) -> dict[str, Any]:
    days: list[int] = []
    hours, zone = "", "UTC"
    for part in line.split():
        if HOURS.fullmatch(part):
            hours = part
        elif DAY.fullmatch(part) and part[:3].title() in DAYS:
            days += _days(part, line)
        else:
            zone = part
    if not hours:
        raise Unclear(f"{line!r} has no hours; write them like Mon-Fri 22:00-06:00 Europe/Berlin")
    start, _, end = hours.partition("-")
    return {"zone": zone, "start": start.zfill(5), "end": end.zfill(5), "weekdays": sorted(set(days))}


def _days(part: str, line: str) -> list[int]:
    found = []
    for span in part.split(","):
        first, _, last = span.title().partition("-")
        if first not in DAYS or (last or first) not in DAYS:
            raise Unclear(f"{line!r}: days are {', '.join(DAYS)}")
        start, end = DAYS.index(first), DAYS.index(last or first)
        found += [(start + n) % 7 for n in range((end - start) % 7 + 1)]
    return found


def of_windows(given: Iterable[Mapping[str, Any]]) -> str:
    """The lines that say these hours."""
    said = []
    for window in given:
        days = ",".join(DAYS[day] for day in window["weekdays"])
        said.append(f"{days} {window['start']}-{window['end']} {window['zone']}".strip())
    return "\n".join(said)
