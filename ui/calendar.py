"""A schedule's days as bars on a line: where each begins and ends, in percent of the window. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, TypedDict
from zoneinfo import ZoneInfo

COLOURS = 8
QUARTER_S = 900
Span = tuple[datetime, datetime]


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


class Cell(TypedDict):
    """A day of a month. `bars`: who is on call in it, and gaps; of a Bar only text, title and tone count."""

    text: str
    tone: str
    bars: list[Bar]


class Week(TypedDict):
    """Monday to Sunday."""

    days: list[Cell]


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


def month_of(day: date) -> tuple[date, int]:
    """The Monday on or before the first of the month, and how many days from there its last week ends."""
    first = day.replace(day=1)
    monday = first - timedelta(days=first.weekday())
    after = (first + timedelta(days=31)).replace(day=1)
    return monday, -(-(after - monday).days // 7) * 7


def next_month(day: date, by: int) -> date:
    """The first of the month so many later."""
    months = day.year * 12 + day.month - 1 + by
    return date(months // 12, months % 12 + 1, 1)


def month(preview: Mapping[str, Any], names: Mapping[str, str], shown: date, zone: str, today: date) -> list[Week]:
    """Weeks of the month of `shown`: who is on call on each day, in their order, and whether there is a gap in it."""
    monday, count = month_of(shown)
    cells: list[Cell] = []
    for n in range(count):
        day = monday + timedelta(days=n)
        start, end = window(day, 1, zone)
        inside = {kind: [i for i in preview[kind] if _overlap(i, start, end)] for kind in ("shifts", "gaps")}
        line = rows({**inside, "layers": [], "temporaries": [], "overrides": []}, names, start, end, zone)[0]
        seen: dict[str, Bar] = {}
        for bar in line["bars"]:
            seen.setdefault(bar["text"], bar)
        tone = "today" if day == today else "" if day.month == shown.month else "other"
        text = str(day.day) if day.day > 1 else f"{day.day} {day:%b}"
        cells.append({"text": text, "tone": tone, "bars": list(seen.values())})
    return [{"days": cells[n : n + 7]} for n in range(0, count, 7)]


def _overlap(item: Mapping[str, Any], start: datetime, end: datetime) -> bool:
    return datetime.fromisoformat(item["start"]) < end and datetime.fromisoformat(item["end"]) > start


def everyone(lines: Sequence[Mapping[str, Any]], names: Mapping[str, str], zone: str, of: Span) -> list[Row]:
    """The final lines of schedules beside each other, as the API's timeline has them. `of`: from and to."""
    nothing: dict[str, Any] = {"layers": [], "temporaries": [], "overrides": []}
    return [{**rows({**nothing, **line}, names, *of, zone)[0], "name": line["schedule"]} for line in lines]


def drawn(parts: tuple[float, float], of: Span, zone: str) -> tuple[str, str]:
    """What was drawn on a line that shows `of`, as parts of its width: from and to on the clock of the zone, each at
    the nearest quarter of an hour, at least one apart."""
    start, whole = of[0].timestamp(), of[1].timestamp() - of[0].timestamp()
    low, high = (round((start + part * whole) / QUARTER_S) * QUARTER_S for part in parts)
    both = (low, max(high, low + QUARTER_S))
    low_text, high_text = (f"{datetime.fromtimestamp(at, ZoneInfo(zone)):%Y-%m-%dT%H:%M}" for at in both)
    return low_text, high_text


def when(start: str, end: str, zone: str) -> str:
    """From and to on the clock of a zone: "Mon 09 Mar 09:00 – 17:00 Europe/Berlin"."""
    low, high = (datetime.fromisoformat(at).astimezone(ZoneInfo(zone)) for at in (start, end))
    last = f"{high:%H:%M}" if low.date() == high.date() else f"{high:%a %d %b %H:%M}"
    return f"{low:%a %d %b %H:%M} – {last} {zone}"


def cut_off(start: str, end: str, of: tuple[str, str]) -> tuple[bool, bool]:
    """Whether a shift began before the time that was looked at, `of` from and to, and whether it goes on after it."""
    low, high, first, last = map(datetime.fromisoformat, (start, end, *of))
    return low <= first, high >= last


def coming(start: str, end: str, zone: str, of: tuple[str, str]) -> str:
    """A shift of the time that was looked at, whose beginning and end are not known where that cuts it off."""
    begun, goes_on = cut_off(start, end, of)
    if not begun:
        return when(start, end, zone) + (" and longer" if goes_on else "")
    last = datetime.fromisoformat(end).astimezone(ZoneInfo(zone))
    return "now, for longer than this" if goes_on else f"now, until {last:%a %d %b %H:%M} {zone}"


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


def next_change(moments: Iterable[str | None], at: str) -> tuple[str, float]:
    """The first of these moments (ISO) after `at`, and in how many seconds it is; "" and 0 if there is none."""
    later = sorted(
        (m for m in moments if m and datetime.fromisoformat(m) > datetime.fromisoformat(at)), key=datetime.fromisoformat
    )
    return (
        (later[0], (datetime.fromisoformat(later[0]) - datetime.fromisoformat(at)).total_seconds())
        if later
        else ("", 0.0)
    )


def instant(text: str, zone: str) -> datetime:
    """What somebody typed as a wall clock of the zone ("2026-03-09T02:10"). Raises ValueError."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))
