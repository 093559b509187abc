"""What happened, line by line, for somebody who must understand a violation."""

from __future__ import annotations

from typing import Any

from domain.calendar import utc
from simulation.judging import Finding
from simulation.outcome import Outcome

LISTED = 60
FIRST = 12
AFTER = 6
"""Lines shown from the beginning, and after the first violation, of a timeline that is too long."""
_DULL = frozenset(
    {"episode", "at", "policy", "alert", "alerts", "rules", "team_id", "note", "delivery", "named", "text_sha256"}
)
_NOTHING: tuple[Any, ...] = (None, "", (), {}, 0.0, False)


def timeline(outcome: Outcome, entity: str, findings: list[Finding]) -> str:
    """Journal, sends and findings of one entity in order of time."""
    lines: list[tuple[float, int, str]] = []
    for row in outcome.journals.get(entity, []):
        shown = {f: getattr(row.event, f) for f in row.event.__dataclass_fields__ if f not in _DULL}
        told = "  ".join(
            f"{name}={value}" for name, value in shown.items() if value not in _NOTHING or name in ("step", "rule")
        )
        lines.append((row.at, len(lines), f"{type(row.event).__name__:<16} {told}"))
    for delivery in outcome.deliveries.values():
        if delivery.entity == entity:
            what = f"{delivery.user} by {delivery.channel}"
            lines += [(at, len(lines), f"{'(sent)':<16} {what}") for at in delivery.attempts]
            lines += [(at, len(lines), f"{'(arrived)':<16} {what}") for at in delivery.reached]
    lines += [(f.at, 10**9, f"VIOLATION {f.kind}: {f.what}") for f in findings if f.entity == entity]
    lines.sort()
    shown_lines = [f"  {utc(at):%Y-%m-%d %H:%M:%S}  {what[:200]}" for at, _, what in lines]
    return "\n".join(_short(shown_lines))


def _short(lines: list[str]) -> list[str]:
    """How it began, and what led to the first violation."""
    if len(lines) <= LISTED:
        return lines
    wrong = next((n for n, line in enumerate(lines) if "VIOLATION" in line), len(lines) - 1)
    last = max(LISTED, min(len(lines), wrong + 1 + AFTER))
    begun, ended = last - (LISTED - FIRST), len(lines) - last
    between = [f"  … {begun - FIRST} more …"] if begun > FIRST else []
    shown = [*lines[:FIRST], *between, *lines[begun:last]]
    return shown if ended == 0 else [*shown, f"  … {ended} more …"]
