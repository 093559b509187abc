"""Auto-resolve after silence: an incident of whose alerts nothing is heard for long is over. Off by default. Pure.

For senders that repeat what fires and never say that it is over. Dangerous for all others: a sender that breaks down is
as silent as one that is well, and then nobody is paged any more. So it says who resolved the incident and why, what is
repeated after it opens a new one at once, it never happens from memory while the database is away, and after a time
in which we could not hear ourselves the whole time begins anew.
"""

from __future__ import annotations

from typing import Any

from domain import events as e
from domain.configuration import Configuration
from domain.draft import Draft
from domain.escalation import LATE_S, UNHEARD, resolve
from domain.incident import Line

BY = "auto"
HEARD = (e.AlertsFired, e.AlertsRepeated)


def listen(draft: Draft) -> None:
    """Alerts were taken: begin the time anew if something fires. A time that was changed counts from the next on."""
    after_s = _after_s(draft.config, draft.line)
    if after_s is not None and draft.line.open and any(isinstance(event, HEARD) for event in draft.events):
        draft.arm(UNHEARD, draft.now + after_s)


def on_unheard(line: Line, due_at: float, now: float, config: Configuration, new_id: Any) -> Draft:
    """The time is over and nothing was heard."""
    draft = Draft(line, now, config, new_id)
    after_s = _after_s(config, line)
    if after_s is None or not line.open:
        return draft
    if now - due_at > LATE_S:
        draft.add(e.AutoResolvePostponed(line.episode, now + after_s, now))
        draft.arm(UNHEARD, now + after_s)
        return draft
    why = f"no firing of its alerts was heard for {after_s / 60:g} min, as its integration is set"
    resolve(draft, BY, why, human=False)
    return draft


def _after_s(config: Configuration, line: Line) -> float | None:
    integration = config.integrations.get(line.integration_id)
    return integration.auto_resolve_s if integration is not None else None
