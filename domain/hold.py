"""An incident for which nobody is paged for now: how it becomes so, is looked at again, and is let go. Pure.

    opens, covered (domain/noise.py)      suppressed: nobody is called, `hold` is armed
    hold, or the configuration changed    looked at: still covered, armed anew; else released
    an alert fires anew in it             looked at at once
    released                              escalation starts from the first step

Law: whoever is suppressed has a `hold` timer, due at the latest when the cover ends, and never later than LOOK_S from
the last look. So whatever fails to say that a silence was taken back (a message, another gateway, a restored backup),
the incident finds out by itself. An incident that has called somebody, or that a human had, never becomes suppressed:
a silence or maintenance that is made later does not mute what people are being paged for.
"""

from __future__ import annotations

from typing import Any

from domain import events as e
from domain.configuration import Configuration
from domain.draft import Draft
from domain.escalation import HOLD, LATE_S, begin
from domain.incident import Cover, Line, Status
from domain.noise import cover

LOOK_S = 300.0
"""How often a suppressed incident is looked at when nothing happens."""
FIRST_LOOK_S = 30.0
"""The first time sooner: what covers it may have been taken back while the incident opened."""
NEWS = (e.AlertsFired, e.GroupTruncated)
"""What may make an incident page that was covered before."""


def start(draft: Draft, wait_s: float) -> None:
    """The incident has opened: call the first step, unless nobody is to be paged. `wait_s`: time it is given."""
    if wait_s > 0:
        draft.add(e.TimeGiven(draft.line.episode, draft.now + wait_s, draft.now))
    found = cover(draft.config, draft.line, draft.now)
    if found is None:
        begin(draft)
    else:
        _suppress(draft, found, FIRST_LOOK_S if found.ids else LOOK_S)


def look_at_news(draft: Draft, wait_s: float) -> None:
    """Alerts came to a suppressed incident; those that fire anew can be given `wait_s` at most."""
    fired, given = any(isinstance(event, e.AlertsFired) for event in draft.events), draft.line.wait_until
    if fired and given is not None and draft.now + wait_s < given:
        draft.add(e.TimeGiven(draft.line.episode, draft.now + wait_s, draft.now))
    if any(isinstance(event, NEWS) for event in draft.events):
        _look(draft, 0.0)


def on_hold(line: Line, due_at: float, now: float, config: Configuration, new_id: Any) -> Draft:
    """The `hold` timer is due."""
    draft = Draft(line, now, config, new_id)
    if line.status is Status.SUPPRESSED:
        _look(draft, now - due_at)
        if not draft.events:
            draft.add(e.SuppressionChecked(line.episode, now))
            _arm(draft, LOOK_S)
    return draft


def on_look_again(line: Line, now: float, config: Configuration, new_id: Any) -> Draft:
    """The configuration has changed; the armed timer stays where nothing changes for this incident."""
    draft = Draft(line, now, config, new_id)
    if line.status is Status.SUPPRESSED:
        _look(draft, 0.0)
    return draft


def _look(draft: Draft, late_s: float) -> None:
    """Nothing is added where it is covered as before."""
    found = cover(draft.config, draft.line, draft.now)
    if found is None:
        _release(draft, late_s)
    elif found != draft.line.held:
        _suppress(draft, found, LOOK_S)


def _suppress(draft: Draft, found: Cover, within_s: float) -> None:
    draft.add(e.Suppressed(draft.line.episode, found, draft.now))
    _arm(draft, within_s)


def _arm(draft: Draft, within_s: float) -> None:
    held = draft.line.held
    latest = draft.now + within_s
    draft.arm(HOLD, latest if held is None else min(held.until, latest))


def _release(draft: Draft, late_s: float) -> None:
    late = late_s if late_s > LATE_S else 0.0
    draft.disarm(HOLD)
    draft.add(e.Released(draft.line.episode, _why(draft), draft.now, late))
    begin(draft, late_s)


def _why(draft: Draft) -> str:
    held = draft.line.held
    if held is not None and draft.now >= held.until:
        return f"it was {held.by}, and that is over"
    if any(isinstance(event, NEWS) for event in draft.events):
        return "an alert fires in it that nothing suppresses"
    return f"it was {held.by if held is not None else 'suppressed'}, and that was taken back or changed"
