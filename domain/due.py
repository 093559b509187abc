"""A durable timer of an incident line is due: which rules it belongs to. Pure."""

from __future__ import annotations

from typing import Any

from domain.acknowledged import on_vigil
from domain.configuration import Configuration
from domain.draft import Draft
from domain.escalation import HOLD, SETTLE, UNHEARD, VIGIL, on_timer
from domain.flapping import on_settle
from domain.hold import on_hold
from domain.incident import Line
from domain.unheard import on_unheard


def on_due(line: Line, name: str, due_at: float, now: float, config: Configuration, new_id: Any) -> Draft:
    """Decide on one timer, by its name."""
    if name == HOLD:
        return on_hold(line, due_at, now, config, new_id)
    if name == UNHEARD:
        return on_unheard(line, due_at, now, config, new_id)
    if name == SETTLE:
        return on_settle(line, now, config, new_id)
    if name == VIGIL:
        return on_vigil(line, now, config, new_id)
    return on_timer(line, name, due_at, now, config, new_id)
