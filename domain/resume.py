"""What follows when an incident line learns of pages that went out while the database was away. Pure.

    the alerts come     then the page
    after the message   is counted by the step that the alert begins; nobody is paged again
    before it           was ordered again: withdrawn if it is not out yet; later rules and steps still count
    with it             as after, or as before, by the order within the request

Either way the escalation goes on from where it was: waits and the delays of people's rules run from the pages, not
from the return of the database. Learning the same page again changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from domain import events as e
from domain.configuration import Configuration
from domain.draft import Draft
from domain.escalation import LAST_RESORT_EVERY_S, STEP, climb
from domain.incident import Line, Status
from domain.line import position
from domain.outage import OutagePage, PagesSentInOutage, began


def on_outage_pages(line: Line, message: PagesSentInOutage, now: float, config: Configuration, new_id: Any) -> Draft:
    """Learn of the pages; go on from where the escalation was."""
    draft = Draft(line, now, config, new_id)
    known = {mark.page.delivery for mark in line.outage}
    new = [page for page in message.pages if page.delivery not in known]
    for page in new:
        _learn(draft, page, message.source)
    if line.status is Status.TRIGGERED:
        _count_wait(draft, new)
        for user_id in dict.fromkeys(page.user_id for page in new if page.user_id in line.ladders):
            climb(draft, user_id)
    draft.reply = {"learned": len(new)}
    return draft


def _learn(draft: Draft, page: OutagePage, source: str) -> None:
    """Whether it counts: while people are being called, or before the alert that it answers is here.

    A page whose sender did not know the episode belongs to the open incident, else to the next one. A snoozed
    incident wakes in an outage too, but only a sender that knew the episode can have paged for that.
    """
    line = draft.line
    episode = page.episode or line.episode + (not line.open)
    counts = {
        Status.TRIGGERED: episode == line.episode,
        Status.SNOOZED: page.episode == line.episode,
        Status.SUPPRESSED: episode == line.episode,
        Status.ACKNOWLEDGED: False,
        Status.RESOLVED: episode == line.episode + 1,
    }[line.status]
    doubles = _ordered(line, page) if episode == line.episode else None
    known_as = replace(page, episode=episode, at=min(page.at, draft.now))
    draft.add(e.PagedInOutage(episode, known_as, source, counts and doubles is None, doubles, draft.now))
    if doubles and page.state == "accepted":
        draft.withdraw(doubles)


def _ordered(line: Line, page: OutagePage) -> str | None:
    """Delivery id of the same page if this line has ordered it by itself ("": it counted another one)."""
    ladder = line.ladders.get(page.user_id)
    if ladder is None or (page.step, page.round) != position(line) or page.state == "rejected":
        return None
    used = zip(ladder.rules, ladder.ordered, strict=False)  # a ladder of an older version knows no deliveries
    return next((d for rule, d in used if rule.contact_method_id == page.contact_method_id), None)


def _count_wait(draft: Draft, pages: Iterable[OutagePage]) -> None:
    """The current step began when its first page went out; only pages to people being called now say so."""
    line, here = draft.line, position(draft.line)
    started = began(p for p in pages if (p.step, p.round) == here and p.user_id in line.ladders)
    if started is None or line.next_at is None:
        return
    steps = line.policy.steps if line.policy is not None else ()
    wait_s = LAST_RESORT_EVERY_S if line.exhausted or not steps else steps[line.step].wait_s
    until = max(draft.now, started + wait_s)
    if until < line.next_at:
        draft.add(e.WaitCounted(line.episode, line.step, line.round, started, until, draft.now))
        draft.arm(STEP, until)
