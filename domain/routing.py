"""Where an alert goes: the organisation's rules, then the integration's, in order; the first that applies decides.

    a rule applies          all its matchers, severities, expression and windows hold
    a rule that goes on     sends the alert there in addition; it never takes it away from anywhere
    no rule applies         the integration's default route, always
    an expression fails     its rule does not apply, and the incident's timeline says so

An alert that resolves must find the incident that its firing opened. Labels are the same then, severity and payload
perhaps not, so a resolution goes to every line in which the firing can be. Windows look at when the alert started, so a
repetition after the window's end is no new incident; only whom to call is decided by now.

Rules with an equality matcher are found by index, the others (at most MAX_SCANNED, see domain/route_checks.py) are
looked at each time. Exactly what looking at each rule in its order gives: test_the_index_changes_nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from domain.alert import AlertEvent, Severity
from domain.configuration import Configuration, Grouping, Integration, Matcher, Route
from domain.errors import Invalid
from domain.expression import Failed, View, expression
from domain.holidays import asked
from domain.matcher import holds
from domain.pattern import BadPattern
from domain.payload import bounded, described
from domain.spans import Opening
from domain.window import Window

DEFAULT = "default route"
_KEPT = 1_000


@dataclass(frozen=True, slots=True)
class Destination:
    """`line`: what tells lines of the same grouping apart; `rule`: why it goes there, for people.

    `route`: that rule, None for the default route.
    """

    policy_id: str
    team_id: str | None
    service_id: str | None
    severity: Severity | None
    grouping: Grouping
    line: str
    rule: str
    route: Route | None = None
    wait_s: float = 0.0
    """Time to resolve by itself before anybody is paged."""


@dataclass(frozen=True, slots=True)
class Routed:
    """`problems`: rules that could not be asked, for the timeline."""

    destinations: tuple[Destination, ...]
    problems: tuple[str, ...] = ()


class Subject:
    """One alert as rules look at it; what only some rules need is made when the first one asks."""

    def __init__(self, event: AlertEvent, default: Severity, payload: Any, at: float) -> None:
        self.event = event
        self.at = at
        self.severity = event.severity or default
        self._default = default
        self._payload = payload
        self.problems: dict[str, None] = {}

    @cached_property
    def view(self) -> View:
        """For expressions."""
        return View(described(self.event, self._default), bounded(self._payload))


class Rules:
    """An ordered list of routes, made ready for being asked often."""

    def __init__(self, routes: Sequence[Route]) -> None:
        self._routes = tuple(routes)
        self._indexed: dict[tuple[str, str], list[int]] = {}
        self._scanned: list[int] = []
        self.windowed = any(route.windows for route in routes)
        common = Counter(pair for route in routes for pair in _equalities(route))
        for n, route in enumerate(self._routes):
            pairs = _equalities(route)
            if pairs:
                self._indexed.setdefault(min(pairs, key=common.__getitem__), []).append(n)
            else:
                self._scanned.append(n)

    def matching(self, labels: Mapping[str, str]) -> Iterable[tuple[int, Route]]:
        """Routes whose matchers hold, with their numbers, in their order."""
        found = self._scanned
        for pair in labels.items():
            more = self._indexed.get(pair)
            if more is not None:
                found = found + more if found else more
        for n in sorted(found):
            route = self._routes[n]
            if all(_holds(matcher, labels) for matcher in route.matchers):
                yield n, route


def _equalities(route: Route) -> list[tuple[str, str]]:
    """What an alert must have for the route to apply; "" is also the value of a missing label, so no index finds it."""
    return [(m.label, m.value) for m in route.matchers if m.op == "=" and m.value]


def _holds(matcher: Matcher, labels: Mapping[str, str]) -> bool:
    try:
        return holds(matcher, labels)
    except BadPattern:  # refused when saved; a pattern that nobody can ask matches nothing
        return False


_ready: dict[int, tuple[tuple[Route, ...], Rules]] = {}
"""By identity: a loaded configuration never changes, and comparing thousands of rules takes longer than routing."""


def rules(routes: tuple[Route, ...]) -> Rules:
    """The routes made ready, once."""
    known = _ready.get(id(routes))
    if known is not None and known[0] is routes:
        return known[1]
    made = Rules(routes)
    if len(_ready) >= _KEPT:
        _ready.clear()
    _ready[id(routes)] = (routes, made)
    return made


def prepare(config: Configuration) -> None:
    """Have all rules of a configuration ready before it is used, expressions compiled, and forget all others."""
    lists = [config.routes, *(i.routes for i in config.integrations.values())]
    made = {id(routes): (routes, rules(routes)) for routes in lists if routes}
    for routes in lists:
        for ready in routes:
            with suppress(Invalid):  # refused when saved; asked all the same, it fails with its reason
                if ready.expression:
                    expression(ready.expression)
    _ready.clear()
    _ready.update(made)


def unruled(config: Configuration, integration: Integration) -> Destination | None:
    """Where every alert of an integration goes for which there are no rules; None if there are some."""
    ruled = integration.routes or (config.routes and integration.organisation_routes)
    return None if ruled else _default(config, integration, "")


def everywhere(config: Configuration, integration: Integration) -> list[Destination]:
    """Everywhere that alerts of an integration can go, whatever is in them."""
    routes = (*(config.routes if integration.organisation_routes else ()), *integration.routes)
    return [_default(config, integration), *(_destination(config, integration, chosen, "") for chosen in routes)]


def route(config: Configuration, integration: Integration, event: AlertEvent, payload: Any, at: float) -> Routed:
    """Where the alert goes. `payload`: what its sender sent for it, or None. `at`: now, UTC epoch seconds."""
    lists = [config.routes] if config.routes and integration.organisation_routes else []
    if integration.routes:
        lists.append(integration.routes)
    ready = [(whose, rules(routes)) for whose, routes in zip(_names(lists, config), lists, strict=True)]
    started = event.starts_at if event.starts_at is not None else at
    subject = Subject(event, integration.default_severity, payload, started)
    if event.status == "resolved":
        return Routed(tuple(_wherever(config, integration, ready, subject)))
    found = _decided(config, integration, ready, subject)
    if started != at and any(r.windowed for _, r in ready):
        now = _decided(config, integration, ready, _moved(subject, at))[-1]
        found[-1] = replace(found[-1], policy_id=now.policy_id, team_id=now.team_id, rule=now.rule, route=now.route)
    return Routed(tuple(found), tuple(subject.problems))


def _names(lists: list[tuple[Route, ...]], config: Configuration) -> list[str]:
    return ["organisation rule" if routes is config.routes else "rule" for routes in lists]


def _moved(subject: Subject, at: float) -> Subject:
    moved = Subject(subject.event, subject._default, subject._payload, at)
    moved.problems = subject.problems
    return moved


def _decided(
    config: Configuration, integration: Integration, ready: list[tuple[str, Rules]], subject: Subject
) -> list[Destination]:
    """Where it goes in addition, then where it goes."""
    found: list[Destination] = []
    for whose, ordered in ready:
        for n, candidate in ordered.matching(subject.event.labels):
            name = _named(whose, n, candidate)
            if not _in_time(candidate.windows, subject.at) or not _content_holds(candidate, subject, name):
                continue
            found.append(_destination(config, integration, candidate, name))
            if not candidate.goes_on:
                return found
    return [*found, _default(config, integration)]


def _wherever(
    config: Configuration, integration: Integration, ready: list[tuple[str, Rules]], subject: Subject
) -> Iterable[Destination]:
    """Everywhere a firing with these labels can have gone."""
    known_start = subject.event.starts_at is not None
    for whose, ordered in ready:
        for n, candidate in ordered.matching(subject.event.labels):
            if known_start and not _in_time(candidate.windows, subject.at):
                continue
            yield _destination(config, integration, candidate, _named(whose, n, candidate))
            sure = not (candidate.severities or candidate.expression or (candidate.windows and not known_start))
            if sure and not candidate.goes_on:
                return
    yield _default(config, integration)


def _in_time(windows: tuple[Window, ...], at: float) -> bool:
    return not windows or any(opening.holds(at) for opening in map(_opening, windows) if opening is not None)


@lru_cache(maxsize=4_096)
def _opening(window: Window) -> Opening | None:
    """None for a zone that this machine does not know: the rule does not apply, and the default route catches."""
    try:
        return Opening((window,), ZoneInfo(window.zone), asked(()))
    except (KeyError, ValueError, OSError):
        return None


def _content_holds(candidate: Route, subject: Subject, name: str) -> bool:
    if candidate.severities and subject.severity not in candidate.severities:
        return False
    if not candidate.expression:
        return True
    try:
        return expression(candidate.expression).holds(subject.view)
    except (Failed, Invalid) as error:
        subject.problems[f"{name} was passed over, its expression failed: {error}"] = None
        return False


def _named(whose: str, n: int, candidate: Route) -> str:
    return f"{whose} {n + 1}" + (f" ({candidate.name})" if candidate.name else "")


def _destination(config: Configuration, integration: Integration, chosen: Route, name: str) -> Destination:
    return _to(config, integration, chosen.service_id, chosen, name)


def _default(config: Configuration, integration: Integration, name: str = DEFAULT) -> Destination:
    return _to(config, integration, integration.service_id, None, name)


def _to(
    config: Configuration, integration: Integration, service_id: str | None, chosen: Route | None, name: str
) -> Destination:
    service = config.services.get(service_id) if service_id is not None else None
    policy_id, team_id = (chosen.policy_id, chosen.team_id) if chosen is not None else (None, None)
    policy = policy_id or (service.policy_id if service is not None else None) or integration.policy_id
    team = team_id or (service.team_id if service is not None else None) or integration.team_id
    line = policy if service is None else f"{policy}@{service.id}"
    return Destination(
        policy_id=policy,
        team_id=team,
        service_id=service.id if service is not None else None,
        severity=chosen.severity if chosen is not None else None,
        grouping=(chosen.grouping if chosen is not None else None) or integration.grouping,
        line=line,
        rule=name,
        route=chosen,
        wait_s=integration.wait_s if chosen is None or chosen.wait_s is None else chosen.wait_s,
    )
