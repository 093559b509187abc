"""How the health of a part is said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "warning", "bad"]
WORST: tuple[State, ...] = ("ok", "warning", "bad")


@dataclass(frozen=True, slots=True)
class Part:
    """`key` is stable, for machines. `runbook`: the heading of docs/runbook.md to read, "" if nothing is wrong."""

    key: str
    name: str
    state: State
    text: str
    runbook: str


def span(seconds: float) -> str:
    """A duration for people: "8 s", "12 min", "3 h", "4 days"."""
    for limit, unit, name in ((100, 1, " s"), (6_000, 60, " min"), (172_800, 3_600, " h")):
        if seconds < limit:
            return f"{seconds / unit:.0f}{name}"
    return f"{seconds / 86_400:.0f} days"
