"""What follows from messages that tie incident lines to each other, by kind. Pure."""

from __future__ import annotations

from typing import Any

from domain.acknowledged import after_alerts
from domain.configuration import Configuration
from domain.draft import Draft
from domain.incident import Line
from domain.merge import on_answer, on_attach, on_attach_here, on_forwarded, on_merge, on_returned, on_take_in
from domain.split import on_split
from domain.tie_messages import Attach, AttachHere, Forwarded, Merge, Returned, Split, TakeIn, TakeInAnswer

TieMessage = Merge | Split | Attach | TakeIn | TakeInAnswer | Forwarded | Returned | AttachHere


def on_tie(line: Line, message: TieMessage, key: str, now: float, config: Configuration, new_id: Any) -> Draft:
    """Decide on one of them. `key`: of this line. Alerts taken in may be what an acknowledgement does not cover."""
    draft = _decided(line, message, key, now, config, new_id)
    after_alerts(draft)
    return draft


def _decided(line: Line, message: TieMessage, key: str, now: float, config: Configuration, new_id: Any) -> Draft:
    match message:
        case Merge():
            return on_merge(line, message, key, now, config, new_id)
        case Split():
            return on_split(line, message, key, now, config, new_id)
        case Attach():
            return on_attach(line, message, key, now, config, new_id)
        case TakeIn():
            return on_take_in(line, message, now, config, new_id)
        case TakeInAnswer():
            return on_answer(line, message, key, now, config, new_id)
        case Forwarded():
            return on_forwarded(line, message, now, config, new_id)
        case Returned():
            return on_returned(line, message, now, config, new_id)
        case AttachHere():
            return on_attach_here(line, message, now, config, new_id)
