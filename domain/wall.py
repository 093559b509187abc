"""Instants and stretches of time as people read them. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from domain.explain_words import duration
from domain.spans import Span

DAY_S = 86_400.0


def reading(at: float, zone: ZoneInfo) -> str:
    """Mon 2026-03-09 02:10, with seconds where there are any."""
    local = datetime.fromtimestamp(at, zone)
    return local.strftime("%a %Y-%m-%d %H:%M:%S" if local.second else "%a %Y-%m-%d %H:%M")


def stretch(span: Span, zone: ZoneInfo) -> str:
    """Mon 2026-03-09 22:00 to 06:00, with the day where it is another."""
    low, high = (datetime.fromtimestamp(at, zone) for at in span)
    end = high.strftime("%H:%M") if high.date() == low.date() else high.strftime("%a %Y-%m-%d %H:%M")
    return f"{low.strftime('%a %Y-%m-%d %H:%M')} to {end} ({zone.key})"


def stretches(spans: Sequence[Span], zone: ZoneInfo) -> str:
    """The first of them, and how many and how long they are together."""
    first = stretch(spans[0], zone)
    if len(spans) == 1:
        return f"{first}, {long(spans[0][1] - spans[0][0])}"
    return f"{first}, and {len(spans) - 1} more, {long(sum(high - low for low, high in spans))} in all"


def long(seconds: float) -> str:
    """Days from two days on, else hours and minutes."""
    if seconds < 2 * DAY_S:
        return duration(seconds // 60 * 60)
    days = f"{seconds / DAY_S:.1f}".removesuffix(".0")
    return f"{days} days"
