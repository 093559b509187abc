"""Figures as bars and columns: sizes in CSS percent, tones that differ by pattern as well as by colour, words. Pure.

No chart library: recharts would bring 111 kB of compressed script to draw what twenty lines of CSS draw, and its axes
cannot be read by a screen reader. Each chart has its figures beside it, so that nothing hangs on a colour or a length.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TypedDict

SHOWN = 6
"""Groups with a tone of their own; the others are drawn together."""


class Piece(TypedDict):
    """A part of a bar or column. `size`: of the longest one. `tone`: a CSS class, k0 to k6."""

    size: str
    tone: str
    title: str


class Bar(TypedDict):
    """One line: its name, its pieces, and what they say in words."""

    name: str
    pieces: list[Piece]
    text: str


class Column(TypedDict):
    """One day, week or month. `label` "" where there is no room for it."""

    label: str
    title: str
    text: str
    pieces: list[Piece]


class Key(TypedDict):
    """What a tone stands for."""

    tone: str
    name: str


def duration(seconds: float | None) -> str:
    """For people: "45 s", "12 min", "3.5 h", "4 days"; a dash where there is nothing to measure."""
    if seconds is None:
        return "–"
    for limit, unit, name, digits in (
        (10, 1, "s", 1),
        (100, 1, "s", 0),
        (6_000, 60, "min", 0),
        (172_800, 3_600, "h", 1),
    ):
        if seconds < limit:
            return f"{seconds / unit:.{digits}f} {name}"
    return f"{seconds / 86_400:.1f} days"


def share(part: float | None) -> str:
    """A share from 0 to 1 as a percentage; never "100 %" where something is missing."""
    if part is None:
        return "–"
    percent = 100 * part
    if 99.9 <= percent < 100:
        return "over 99.9 %"
    return f"{percent:.1f} %".replace(".0 %", " %")


def bars(items: Sequence[tuple[str, Sequence[tuple[float, str]], str]]) -> list[Bar]:
    """`items`: name, pieces with what each is, words. A piece's tone is that of its place."""
    longest = max((sum(value for value, _ in pieces) for _, pieces, _ in items), default=0.0)
    return [
        {
            "name": name,
            "text": text,
            "pieces": [
                {"size": _percent(value, longest), "tone": f"k{n}", "title": title}
                for n, (value, title) in enumerate(pieces)
                if value
            ],
        }
        for name, pieces, text in items
    ]


def columns(
    days: Sequence[str], unit: str, series: Sequence[tuple[str, Sequence[int]]]
) -> tuple[list[Column], list[Key]]:
    """One column a unit, the groups on top of each other, and what their tones stand for."""
    shown = _gathered(series)
    totals = [sum(counts[n] for _, counts in shown) for n in range(len(days))]
    highest = max(totals, default=0)
    every = 1 + len(days) // 16
    found: list[Column] = []
    for n, day in enumerate(days):
        named = _named(day, unit)
        told = ", ".join(f"{counts[n]} {name}" for name, counts in shown if counts[n]) or "none"
        found.append(
            {
                "label": named if n % every == 0 else "",
                "title": f"{named}: {told}",
                "text": str(totals[n]) if totals[n] else "",
                "pieces": [
                    {"size": _percent(counts[n], highest), "tone": f"k{k}", "title": f"{named}: {counts[n]} {name}"}
                    for k, (name, counts) in enumerate(shown)
                    if counts[n]
                ],
            }
        )
    return found, [{"tone": f"k{k}", "name": name} for k, (name, _) in enumerate(shown)]


def _gathered(series: Sequence[tuple[str, Sequence[int]]]) -> list[tuple[str, list[int]]]:
    """The largest groups in the order given, then all others as one."""
    kept = sorted(sorted(range(len(series)), key=lambda k: -sum(series[k][1]))[:SHOWN])
    found = [(series[k][0], list(series[k][1])) for k in kept]
    rest = [counts for k, (_, counts) in enumerate(series) if k not in kept]
    if rest:
        found.append((f"{len(rest)} others", [sum(column) for column in zip(*rest, strict=True)]))
    return found


def _named(day: str, unit: str) -> str:
    at = date.fromisoformat(day)
    return at.strftime("%b %Y") if unit == "month" else f"{at.day} {at:%b}"


def _percent(value: float, longest: float) -> str:
    return f"{100 * value / longest:.2f}%" if longest else "0%"
