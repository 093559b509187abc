"""Instants, days and stretches of time on the clock of a zone, and what is drawn of a schedule's days. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo


def window(first: date, days: int, zone: str) -> tuple[datetime, datetime]:
    """From the midnight that begins `first` to the one after `days` days, by the clock of the zone."""
    place = ZoneInfo(zone)
    last = first + timedelta(days=days)
    return datetime(first.year, first.month, first.day, tzinfo=place), datetime(
        last.year, last.month, last.day, tzinfo=place
    )


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


def drawing(
    lines: Mapping[str, Any], users: Sequence[Mapping[str, Any]], first: date, count: int, zone: str, today: date
) -> dict[str, Any]:
    """A schedule's `count` days from `first` on, as the gateway says a calendar (gateway/schemas/live.py).

    `lines`: as the API previews them; `users`: as it lists them.
    """
    starts = [window(first + timedelta(days=n), 1, zone)[0] for n in range(count + 1)]
    ordered = sorted(users, key=lambda user: (user["name"], user["id"]))
    return {
        "zone": zone,
        "today": today.isoformat(),
        "month": None,
        "days": [
            {"day": (first + timedelta(days=n)).isoformat(), "start": starts[n].isoformat()} for n in range(count)
        ],
        "end": starts[-1].isoformat(),
        "people": [{"id": user["id"], "name": user["name"], "place": n} for n, user in enumerate(ordered)],
        "lines": {kind: lines[kind] for kind in ("shifts", "gaps", "layers", "temporaries", "overrides")},
        "everyone": [],
    }


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
