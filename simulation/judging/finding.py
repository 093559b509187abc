"""One violation, and how late is late."""

from __future__ import annotations

from dataclasses import dataclass

LATE_S = 10.0
"""More than an upgrade's pause and a queue of turns can explain."""


@dataclass(frozen=True, slots=True)
class Finding:
    """`kind` as in the table of this package; `at` virtual UTC epoch seconds."""

    kind: str
    entity: str
    what: str
    at: float
