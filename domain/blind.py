"""An incident line as a gateway plays it while the database is away: with the same rules, without its past. Pure.

What is not known is taken for the worse: a line not seen in this outage has nothing open, so a firing alert pages.
Its incident has the episode UNKNOWN, whose id means "the line's present incident" to everybody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from domain.incident import UNKNOWN, Line
from domain.line import position

NOTICE = (
    "Sent without the database, which is away: an incident for this may be open already, or acknowledged by somebody, "
    "and cannot be looked up. Acknowledging works and counts. You may be paged for it again when the database is back."
)


def unseen() -> Line:
    """A line of which nothing is known."""
    return Line(episode=UNKNOWN - 1)


def renumbered(line: Line) -> Line:
    """A closed line, so that its next incident is UNKNOWN too; an open one as it is."""
    return line if line.open else replace(line, episode=UNKNOWN - 1)


def labelled(body: Mapping[str, Any], line: Line) -> dict[str, Any]:
    """The body of a page, saying that it was sent blind, and at which step and round of `line` (domain/outage.py)."""
    step, round_ = position(line)
    why = {**body.get("why", {}), "step": step, "round": round_, "without_database": True}
    return {**body, "text": f"{body['text']}\n\n{NOTICE}", "why": why}
