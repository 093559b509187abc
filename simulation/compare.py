"""Two runs of the same alerts and the same people under two configurations: what the change would have done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from simulation.report import Load, Report, span


@dataclass(frozen=True, slots=True)
class Comparison:
    """`before`: as configured; `after`: as asked."""

    before: Report
    after: Report

    def json(self) -> dict[str, Any]:
        """As JSON-able values."""
        return {"sentence": sentence(self), "before": self.before.json(), "after": self.after.json()}


def sentence(two: Comparison) -> str:
    """The answer in one line."""
    before, after = two.before, two.after
    parts = [
        _count(after.night_pages - before.night_pages, "night page", "night pages"),
        _count(after.pages - before.pages, "page in all", "pages in all"),
        f"worst acknowledgement {span(after.worst_ack_s)} (was {span(before.worst_ack_s)})",
        f"median {span(after.median_ack_s)} (was {span(before.median_ack_s)})",
        _count(after.last_resort - before.last_resort, "incident at the last resort", "incidents at the last resort"),
        _count(after.unanswered - before.unanswered, "incident nobody answered", "incidents nobody answered"),
    ]
    return ", ".join(part for part in parts if part)


def _count(difference: int, one: str, many: str) -> str:
    if difference == 0:
        return f"as many {many}"
    word = "fewer" if difference < 0 else "more"
    return f"{abs(difference):,} {word} {one if abs(difference) == 1 else many}"


def text(two: Comparison) -> str:
    """The answer, then the people for whom it changes most."""
    heads = "pages before  after   by night before  after   nights before  after"
    lines = [sentence(two), "", f"  {'changes most for':<28} {heads}"]
    nobody = Load("")
    people = sorted(two.before.load.keys() | two.after.load.keys())
    pairs = [(two.before.load.get(u, nobody), two.after.load.get(u, nobody)) for u in people]
    changed = sorted((p for p in pairs if p[0] != p[1]), key=lambda p: -abs(p[0].night_pages - p[1].night_pages))
    for was, now in changed[:10]:
        name = (now.name or was.name)[:28]
        pages, by_night = f"{was.pages:>12}  {now.pages:>5}", f"{was.night_pages:>15}  {now.night_pages:>5}"
        lines.append(f"  {name:<28} {pages}   {by_night}   {was.nights:>13}  {now.nights:>5}")
    if not changed:
        lines.append("  nobody")
    return "\n".join(lines)
