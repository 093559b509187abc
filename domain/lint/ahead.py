"""What all checks look at: a configuration, facts, and the time ahead, with what several of them need made once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import pairwise
from zoneinfo import ZoneInfo

from domain.configuration import Configuration
from domain.duty import Duty, duties
from domain.lint.finding import Facts, Finding, Level
from domain.notify import usable
from domain.oncall import gaps, shifts
from domain.people import ContactMethod, User
from domain.policy import Policy, Step, Target
from domain.schedule import Schedule, Shift
from domain.spans import Span
from domain.targets import named

DAY_S = 86_400.0
DAYS = 60
"""How far ahead holes are looked for: far enough that somebody can still plan around them."""


class Ahead:
    """From `now` (UTC epoch seconds) on for DAYS days."""

    def __init__(self, config: Configuration, facts: Facts, now: float, days: float = DAYS) -> None:
        self.config = config
        self.facts = facts
        self.now = now
        self.until = now + days * DAY_S
        self._lines: dict[str, list[Shift]] = {}

    def line(self, schedule: Schedule) -> list[Shift]:
        """Its final line in the time ahead."""
        found = self._lines.get(schedule.id)
        if found is None:
            found = self._lines[schedule.id] = shifts(schedule, self.now, self.until)
        return found

    def duties(self, schedule: Schedule) -> list[Duty]:
        """Who is on call from when to when."""
        return duties(self.line(schedule))

    def gaps(self, schedule: Schedule) -> list[Span]:
        """When nobody is."""
        return gaps(schedule, self.now, self.until)

    @cached_property
    def own(self) -> list[Policy]:
        """All policies but the canary's, which calls a machine on purpose."""
        return [policy for policy in self.config.policies.values() if not self._synthetic(policy)]

    @cached_property
    def policies(self) -> list[Policy]:
        """Those in use: an integration, a service or a rule leads to them."""
        config = self.config
        lists = [config.routes, *(i.routes for i in config.integrations.values())]
        used = {route.policy_id for routes in lists for route in routes}
        used |= {service.policy_id for service in config.services.values()}
        used |= {integration.policy_id for integration in config.integrations.values()}
        return [policy for policy in self.own if policy.id in used]

    def _synthetic(self, policy: Policy) -> bool:
        people = {n.user_id for step in policy.steps for n in named(self.config, step.targets, self.now)}
        return bool(people) and all(u in self.config.users and self.config.users[u].synthetic for u in people)

    @cached_property
    def schedules(self) -> dict[str, Schedule]:
        """Those that a policy in use or the last resort calls."""
        return self.named_in(t for targets in self._targets() for t in targets)

    def named_in(self, targets: Iterable[Target]) -> dict[str, Schedule]:
        """The schedules among targets, whatever kind of target calls them."""
        known = self.config.schedules
        return {t.id: known[t.id] for t in targets if t.kind != "user" and t.id in known}

    @cached_property
    def responders(self) -> dict[str, User]:
        """Everybody whom a policy in use or the last resort calls, now or in the time ahead."""
        found = {n.user_id for targets in self._targets() for n in named(self.config, targets, self.now)}
        found |= {shift.user for schedule in self.schedules.values() for shift in self.line(schedule)}
        return {u: user for u, user in self.config.users.items() if u in found and not user.synthetic}

    def _targets(self) -> Iterator[tuple[Target, ...]]:
        for policy in self.policies:
            yield from (step.targets for step in policy.steps)
        yield self.config.last_resort

    def usable(self, user: User | None) -> list[ContactMethod]:
        """Contact methods that pages go to and by which they can really be sent."""
        if user is None or not user.active:
            return []
        return [c for c in usable(user) if not self.facts.channels.get(c.channel)]

    def proved(self, user: User) -> list[ContactMethod]:
        """Verified addresses that exist, as far as anybody knows."""
        usable = self.usable(user)
        return [c for c in usable if c.verified and c.channel != "outbox" and c.id not in self.facts.gone]

    def unreached(self, steps: Iterable[Step], least: int = 1) -> list[Span]:
        """When the steps that call somebody reach fewer than `least` people, ascending."""
        calling = [step for step in steps if step.targets]
        if not calling:
            return []
        edges = {self.now, self.until}
        for schedule in self.named_in(t for step in calling for t in step.targets).values():
            edges |= {edge for shift in self.line(schedule) for edge in (shift.start, shift.end)}
        out: list[Span] = []
        order = sorted(edge for edge in edges if self.now <= edge <= self.until)
        for low, high in pairwise(order):
            if self._reach(calling, low, least):
                continue
            out[-1:] = [(out[-1][0], high)] if out and out[-1][1] == low else [*out[-1:], (low, high)]
        return out

    def _reach(self, calling: Iterable[Step], at: float, least: int) -> bool:
        found = set[str]()
        for n in (n for step in calling for n in named(self.config, step.targets, at)):
            if self.usable(self.config.users.get(n.user_id)):
                found.add(n.user_id)
            if len(found) >= least:
                return True
        return False


def about_user(kind: str, level: Level, user: User, text: str) -> Finding:
    """A finding about a person."""
    return Finding(kind, level, "user", user.id, user.name, text)


def about_policy(kind: str, level: Level, policy: Policy, text: str, span: Span | None = None) -> Finding:
    """A finding about a policy."""
    start, end = span or (None, None)
    return Finding(kind, level, "policy", policy.id, policy.name, text, start, end)


def about_schedule(kind: str, level: Level, schedule: Schedule, text: str, span: Span | None = None) -> Finding:
    """A finding about a schedule."""
    start, end = span or (None, None)
    return Finding(kind, level, "schedule", schedule.id, schedule.name, text, start, end)


def zone_of(schedule: Schedule) -> ZoneInfo:
    """Where its people read the clock."""
    return ZoneInfo(schedule.zone)
