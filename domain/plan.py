"""What would happen: an alert played on virtual time, while nobody answers, by the very functions that page. Pure.

There is no second implementation here. Rules and words of the integration say where the alert goes (domain/enrichment,
domain/routing, domain/grouping), `on_alerts` and `on_due` decide as for a real alert, and each timer that they arm
comes when it is due. A new kind of step, condition or event is in the plan by itself: what is told of an event is its
sentence on the timeline. test_plan.py holds it against the simulator, which runs the actors.

It ends when the last resort, called for the first time, would be called again; a page held longer is not in it.
What it cannot know: who answers, which provider fails, and what is changed until then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from domain import events as e
from domain.alert import AlertEvent
from domain.alerts import on_alerts
from domain.configuration import Configuration, Integration
from domain.draft import Draft, PageOrder
from domain.due import on_due
from domain.enrichment import group_title, taken_in
from domain.escalation import on_turn
from domain.grouping import Group, received
from domain.incident import Line
from domain.people import NotificationRule
from domain.round_robin import TurnGiven

HORIZON_S = 30 * 86_400.0
"""A plan that is longer is cut: what is due in a month is planned with another configuration."""
MOMENTS = 300
"""So many things happen in a plan at most: 50 steps, taken six times."""
PAGES = 2_000
"""So many pages are in a plan at most, give or take those of one step."""
TURNS = 3_000
"""So many timers come at most: an incident under a silence looks every five minutes, for ten days."""


@dataclass(frozen=True, slots=True)
class PlannedPage:
    """One page, ordered at `at`. `rule`: which of the person's rules, from 0. `channel` None: the address is gone."""

    at: float
    contact_method_id: str
    channel: str | None
    rule: int


@dataclass(slots=True)
class Called:
    """A person called upon at `at`, with their rules as frozen then and the pages that follow from them.

    `unverified`: contact methods that are used although nobody has proved them.
    """

    user_id: str
    urgency: str
    at: float
    rules: tuple[NotificationRule, ...]
    unverified: tuple[str, ...] = ()
    pages: list[PlannedPage] = field(default_factory=list)


@dataclass(slots=True)
class Moment:
    """Something that happens, and whom it calls. `event`: one of domain/events.py."""

    at: float
    event: Any
    called: list[Called] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Plan:
    """One incident. `line` is its state right after the alerts, `last` at the end of the plan.

    `opens`: False where the alerts open nothing (they resolve). `complete`: False if it was cut.
    """

    group: Group
    at: float
    opens: bool
    line: Line
    last: Line
    moments: tuple[Moment, ...]
    complete: bool

    @property
    def pages(self) -> list[tuple[str, PlannedPage]]:
        """(user id, page), by time."""
        found = [(c.user_id, page) for m in self.moments for c in m.called for page in c.pages]
        return sorted(found, key=lambda p: p[1].at)


def plan(
    config: Configuration,
    integration: Integration,
    events: Sequence[AlertEvent],
    at: float,
    payloads: Sequence[Any] = (),
    sent_title: str = "",
) -> list[Plan]:
    """What would become of the alerts of one request at `at` (UTC epoch seconds), one plan per incident.

    `payloads`: what was sent for each, or none; `sent_title`: the sender's words for its group.
    """
    title = group_title(integration, sent_title)
    groups = taken_in(config, integration, events, at, payloads)
    return [planned(config, integration.id, found, at, title) for found in groups]


def planned(config: Configuration, integration_id: str, found: Group, at: float, title: str = "") -> Plan:
    """The plan of one group of alerts, for which nothing is open yet."""
    playing = _Playing(config, at)
    playing.take(on_alerts(Line(), received(integration_id, found, title, at), at, config, playing.new_id))
    line = playing.line
    complete = playing.play(at + HORIZON_S)
    return Plan(found, at, line.episode > 0, line, playing.line, tuple(playing.moments), complete)


class _Playing:
    """Keeps line and timers as the runtime would."""

    def __init__(self, config: Configuration, at: float) -> None:
        self.line = Line()
        self.moments: list[Moment] = []
        self._caller = Moment(at, None)
        self._config = config
        self._timers: dict[str, float] = {}
        self._calls: dict[str, Called] = {}
        self._ids = 0
        self._pages = 0

    def new_id(self, name: int | str) -> str:
        """Nobody sees these ids; they must only differ."""
        self._ids += 1
        return f"plan:{self._ids}"

    def play(self, end: float) -> bool:
        """Let everything happen that is due before `end`; False if that, MOMENTS, PAGES or TURNS cut it."""
        for _ in range(TURNS):
            if not self._timers:
                return True
            name = min(self._timers, key=self._timers.__getitem__)  # of those due together the one armed first
            due = self._timers[name]
            if self.line.exhausted and self.line.next_at is not None and due >= self.line.next_at:
                return True
            if due > end or len(self.moments) >= MOMENTS or self._pages >= PAGES:
                return False
            del self._timers[name]
            self.take(on_due(self.line, name, due, due, self._config, self.new_id))
        return False

    def take(self, draft: Draft) -> None:
        """What was decided happens."""
        self.line = draft.line
        ordered = {order.delivery: order for order in draft.pages}
        for event in draft.events:
            self._tell(event, draft.now, ordered)
        for name, at in draft.timers.items() if draft.events else ():
            self._timers.pop(name, None)
            if at is not None:
                self._timers[name] = max(at, draft.now)
        for event in draft.events:
            if isinstance(event, e.TurnAsked):  # whose turn it will be nobody knows: the plan takes the first
                turn = TurnGiven(event.episode, event.step, event.round, event.users[0])
                self.take(on_turn(self.line, turn, draft.now, self._config, self.new_id))

    def _tell(self, event: Any, now: float, ordered: dict[str, PageOrder]) -> None:
        match event:
            case e.PersonCalled(_, user_id, urgency, rules, at, _, unverified):
                call = self._calls[user_id] = Called(user_id, urgency, at, rules, unverified)
                self._caller.called.append(call)
            case e.Paged(_, delivery, user_id, contact_method_id, _, rule) if delivery in ordered:
                contact = ordered[delivery].contact
                channel = contact.channel if contact is not None else None
                self._pages += 1
                self._calls[user_id].pages.append(PlannedPage(now, contact_method_id, channel, rule))
            case e.SuppressionChecked() | e.Paged():  # nothing is new; withdrawn by the decision that ordered it
                pass
            case _:
                self.moments.append(Moment(now, event))
                if not hasattr(event, "user_id"):  # what happens to one person calls nobody else
                    self._caller = self.moments[-1]
