"""A schedule's days as bars on a line: where each begins and ends, in percent of the window. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, TypedDict
from zoneinfo import ZoneInfo

COLOURS = 8


class Bar(TypedDict):
    """`left` and `width` in CSS percent; `tone` a CSS class: a person's, or that of a gap."""

    left: str
    width: str
    text: str
    title: str
    tone: str


class Row(TypedDict):
    """One line of the calendar. `kind`: final, layer, temporary or override."""

    name: str
    kind: str
    bars: list[Bar]


class Day(TypedDict):
    """One column's head."""

    left: str
    width: str
    text: str
    tone: str


def window(first: date, days: int, zone: str) -> tuple[datetime, datetime]:
    """From the midnight that begins `first` to the one after `days` days, by the clock of the zone."""
    place = ZoneInfo(zone)
    last = first + timedelta(days=days)
    return datetime(first.year, first.month, first.day, tzinfo=place), datetime(
        last.year, last.month, last.day, tzinfo=place
    )


def _percent(at: datetime, start: datetime, end: datetime) -> float:
    whole = end.timestamp() - start.timestamp()
    return 100 * min(max(at.timestamp() - start.timestamp(), 0.0), whole) / whole


def _placed(begin: datetime, finish: datetime, start: datetime, end: datetime) -> dict[str, str]:
    left = _percent(begin, start, end)
    return {"left": f"{left:.3f}%", "width": f"{_percent(finish, start, end) - left:.3f}%"}


def days(first: date, count: int, zone: str, today: date) -> list[Day]:
    """The heads; days of 23 and 25 hours are as wide as they are long."""
    start, end = window(first, count, zone)
    found: list[Day] = []
    for n in range(count):
        begin, finish = window(first + timedelta(days=n), 1, zone)
        tone = "today" if begin.date() == today else "weekend" if begin.weekday() >= 5 else ""
        text = begin.strftime("%a %d") if n and begin.day > 1 else begin.strftime("%a %d %b")
        found.append({**_placed(begin, finish, start, end), "text": text, "tone": tone})  # type: ignore[typeddict-item]
    return found


def rows(preview: Mapping[str, Any], names: Mapping[str, str], start: datetime, end: datetime, zone: str) -> list[Row]:
    """The final line with its gaps, then what it is made of. `preview`: as the API answers it."""
    place = ZoneInfo(zone)
    people = sorted(names, key=lambda ident: names[ident])

    def bar(item: Mapping[str, Any], who: str, tone: str, where: str) -> Bar:
        begin, finish = (datetime.fromisoformat(item[k]).astimezone(place) for k in ("start", "end"))
        title = f"{who}, {begin:%a %d %b %H:%M} to {finish:%a %d %b %H:%M} {zone}{where}"
        return {**_placed(begin, finish, start, end), "text": who, "title": title, "tone": tone}  # type: ignore[typeddict-item]

    def shifts(items: Sequence[Mapping[str, Any]]) -> list[Bar]:
        found = []
        for item in items:
            user = item["user_id"]
            tone = f"person p{people.index(user) % COLOURS}" if user in names else "person"
            found.append(bar(item, names.get(user, user), tone, f", {item['source'].replace(':', ' ', 1)}"))
        return found

    gaps = [bar(gap, "nobody", "gap", "") for gap in preview["gaps"]]
    lines: list[Row] = [{"name": "On call", "kind": "final", "bars": shifts(preview["shifts"]) + gaps}]
    lines += [{"name": line["name"], "kind": "layer", "bars": shifts(line["shifts"])} for line in preview["layers"]]
    for line in preview["temporaries"]:
        lines.append({"name": f"{line['name']} (temporary)", "kind": "temporary", "bars": shifts(line["shifts"])})
    changes = []
    for change in preview["overrides"]:
        who = names.get(change["user_id"] or "", "nobody")
        other = f" instead of {names.get(change['instead_of'], change['instead_of'])}" if change["instead_of"] else ""
        changes.append(bar(change, f"{change['kind']}: {who}{other}", "override", ""))
    if changes:
        lines.append({"name": "Overrides", "kind": "override", "bars": changes})
    return lines


def instant(text: str, zone: str) -> datetime:
    """What somebody typed as a wall clock of the zone ("2026-03-09T02:10"). Raises ValueError."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))
