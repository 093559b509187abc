"""What follows from flapping: an incident that comes and goes pages once and stays open until it is quiet. Pure.

    cycles          not flapping              flapping
    many            becomes so                stays so
    half as many    -                         ends: from then on it resolves with its source
    nothing fires   resolves                  stays open; resolves when nothing has fired for `settle_s`
    worse than seen joins, as ever            escalates from the first step again, whoever had it

Laws (tests/property/test_incident_machine.py): the first page of every incident goes, flapping or not; a flapping
incident that becomes worse than anybody was told pages; one that nobody takes goes on escalating, quiet or not. Only
an incident that has begun to call people is kept open: nothing is held back by it that would have been paged.
"""

from __future__ import annotations

from typing import Any

from domain import events as e
from domain.configuration import Configuration
from domain.draft import Draft
from domain.escalation import SETTLE, begin, halt, resolve
from domain.flap import Flapping, cycles
from domain.incident import Line
from domain.line import firing

USUAL = Flapping()
"""For alerts of no stored integration: raised by hand, of heartbeats."""


def rules_of(config: Configuration, line: Line) -> Flapping | None:
    """What counts as flapping in this line; None: nothing does."""
    integration = config.integrations.get(line.integration_id)
    return USUAL if integration is None else integration.flapping


def look(draft: Draft, before: Line) -> None:
    """Alerts came: it becomes flapping, or is so no more. `before`: the line without them."""
    flap, rules = draft.line.flap, rules_of(draft.config, draft.line)
    if before.flap.settles_at is not None and flap.settles_at is None:
        draft.disarm(SETTLE)
    if not draft.line.open:
        return
    many = cycles(flap, rules.within_s, draft.now) if rules is not None else 0
    if flap.since is None and rules is not None and many >= rules.refires:
        draft.add(e.FlappingStarted(draft.line.episode, many, rules.within_s, rules.settle_s, draft.now))
    elif flap.since is not None and (rules is None or 2 * many < rules.refires):
        draft.disarm(SETTLE)
        draft.add(e.FlappingEnded(draft.line.episode, draft.now))


def worsen(draft: Draft) -> None:
    """A flapping incident that is worse than anybody was told must not pass for the one they know."""
    line, seen = draft.line, draft.line.flap.seen
    if line.flap.since is None or seen is None or line.severity.rank <= seen.rank or not firing(line):
        return
    halt(draft)
    draft.add(e.Worsened(line.episode, line.severity, seen, draft.now))
    begin(draft)


def settle(draft: Draft) -> bool:
    """Nothing fires any more. True if the incident stays open for now."""
    line, rules = draft.line, rules_of(draft.config, draft.line)
    if line.flap.since is None or rules is None or not (line.step >= 0 or line.exhausted):
        return False
    if line.flap.settles_at is None:
        until = draft.now + rules.settle_s
        draft.add(e.Settling(line.episode, until, draft.now))
        draft.arm(SETTLE, until)
    return True


def on_settle(line: Line, now: float, config: Configuration, new_id: Any) -> Draft:
    """The `settle` timer is due."""
    draft = Draft(line, now, config, new_id)
    if line.open and line.flap.settles_at is not None and not firing(line):
        resolve(draft, "source", human=False)
    return draft
