"""A small organisation and a way to play an incident line by hand, without runtime."""

from __future__ import annotations

from typing import Any

from domain.alert import AlertEvent, Severity
from domain.alerts import on_alerts
from domain.commands import on_command
from domain.configuration import Configuration, Integration
from domain.draft import Draft, PageOrder
from domain.due import on_due
from domain.escalation import on_page_failed, on_turn
from domain.hold import on_look_again
from domain.incident import AlertsReceived, Line
from domain.line import apply
from domain.notices import Notice
from domain.outage import OutagePage, PagesSentInOutage
from domain.people import ContactMethod, NotificationRule, User
from domain.policy import Policy, Step, Target
from domain.resume import on_outage_pages
from domain.round_robin import TurnGiven

T0 = 1_800_000_000.0


def person(name: str, contacts: int = 1, rules: tuple[NotificationRule, ...] = ()) -> User:
    methods = tuple(ContactMethod(f"{name}-{n}", name, "outbox", f"c{n}", "") for n in range(contacts))
    return User(name, name.capitalize(), f"{name}@example.org", contacts=methods, urgent=rules)


def user(name: str) -> Target:
    return Target("user", name)


def organisation(
    steps: tuple[Step, ...] | None = None,
    repeat: int = 0,
    users: tuple[User, ...] = (person("ada"), person("ben"), person("boss")),
    last_resort: tuple[Target, ...] = (user("boss"),),
) -> Configuration:
    chosen = steps or (Step((user("ada"),), 300.0), Step((user("ben"),), 300.0))
    return Configuration(
        version=1,
        users={u.id: u for u in users},
        policies={"p": Policy("p", "Primary", 3, chosen, repeat)},
        integrations={"i": Integration("i", "Monitoring", "generic", "p", default_severity=Severity.ERROR)},
        last_resort=last_resort,
    )


class Desk:
    """Keeps line, timers and pages as the runtime would."""

    def __init__(self, config: Configuration | None = None) -> None:
        self.config = config or organisation()
        self.line = Line()
        self.now = T0
        self.timers: dict[str, float] = {}
        self.pages: list[PageOrder] = []
        self.withdrawn: list[str] = []
        self.notices: list[Notice] = []
        self.events: list[Any] = []
        self.at: list[float] = []
        """When each event happened."""
        self._decisions = 0

    def _new_id(self, n: int | str) -> str:
        return f"{self._decisions}/{n}"

    def _take(self, draft: Draft) -> list[Any]:
        self._decisions += 1
        folded = self.line
        for event in draft.events:
            folded = apply(folded, event)
        assert folded == draft.line, "the state must be the fold of the events"
        self.line = folded
        for name, at in draft.timers.items():
            if at is None:
                self.timers.pop(name, None)
            else:
                self.timers[name] = at
        self.pages += draft.pages
        self.notices += draft.notices
        self.withdrawn += draft.withdrawn
        self.events += draft.events
        self.at += [self.now] * len(draft.events)
        return list(draft.events)

    def alerts(self, *events: AlertEvent, **more: Any) -> list[Any]:
        message = AlertsReceived("i", events, None, "p", self.now, **more)
        return self._take(on_alerts(self.line, message, self.now, self.config, self._new_id))

    def fire(self, key: str = "disk", starts_at: float | None = T0, **more: Any) -> list[Any]:
        return self.alerts(AlertEvent(key, "firing", f"{key} is bad", starts_at=starts_at, **more))

    def clear(self, key: str = "disk", starts_at: float | None = T0) -> list[Any]:
        return self.alerts(AlertEvent(key, "resolved", f"{key} is bad", starts_at=starts_at))

    def do(self, command: Any) -> list[Any]:
        return self._take(on_command(self.line, command, self.now, self.config, self._new_id))

    def fail(self, page: PageOrder, reason: str = "no route") -> list[Any]:
        draft = Draft(self.line, self.now, self.config, self._new_id)
        on_page_failed(self.line, page.episode, page.delivery, page.user_id, "outbox", reason, draft)
        return self._take(draft)

    def learn(self, *pages: OutagePage) -> list[Any]:
        message = PagesSentInOutage(pages, "host h1")
        return self._take(on_outage_pages(self.line, message, self.now, self.config, self._new_id))

    def look_again(self) -> list[Any]:
        return self._take(on_look_again(self.line, self.now, self.config, self._new_id))

    def give_turn(self, name: str, step: int, round_: int = 0) -> list[Any]:
        """The answer to a round-robin step."""
        given = TurnGiven(self.line.episode, step, round_, name)
        return self._take(on_turn(self.line, given, self.now, self.config, self._new_id))

    def wait(self, seconds: float) -> None:
        """Let time pass; timers fire in order, each exactly when due."""
        until = self.now + seconds
        while self.timers and min(self.timers.values()) <= until:
            name = min(self.timers, key=lambda n: (self.timers[n], n))
            due = self.timers.pop(name)
            self.now = max(self.now, due)
            self._take(on_due(self.line, name, due, self.now, self.config, self._new_id))
        self.now = until

    def called(self) -> list[str]:
        """Who was paged, in order."""
        return [p.user_id for p in self.pages]

    def kinds(self) -> list[str]:
        return [type(e).__name__ for e in self.events]
