"""Every accepted alert is in exactly one incident, and each incident is open as long as something in it fires."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from domain import events as e
from domain.alert import AlertEvent
from domain.configuration import Configuration, Integration, Route
from domain.incident import AlertsReceived
from domain.tie_events import AlertsFollowedSplit, AlertsForwarded
from simulation.judging.finding import Finding
from simulation.judging.flapping import Flaps
from simulation.outcome import Outcome, Row

ALERTS = (e.AlertsFired, e.AlertsRepeated, e.AlertsIgnored, e.AlertsResolved)
ACCOUNTED = (*ALERTS, AlertsForwarded, AlertsFollowedSplit)
HUMAN_QUIET_S = 300.0
Tell = Callable[[Finding], None]


def accepted(outcome: Outcome, told: Tell) -> None:
    """Each message is journalled once and wholly, in the line its alerts belong to."""
    seen: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for entity, rows in outcome.incidents():
        for row in rows:
            if isinstance(row.event, ACCOUNTED):
                seen[row.cause][entity] += len(_keys(row.event))
    belongs = _Belongs(outcome)
    for cause, taken in outcome.taken.items():
        if not taken.events:
            continue
        counted = sum(seen[cause].values()) if cause in seen else 0
        if counted < taken.events:
            told(Finding("lost", taken.entity, f"{taken.events - counted} of {taken.events} alerts", taken.at))
        elif counted > taken.events or len(seen[cause]) > 1:
            told(Finding("doubled-alert", taken.entity, f"{counted} instead of {taken.events} alerts", taken.at))
        apart = outcome.apart.get(taken.entity)
        for event in taken.message.events:
            if apart is not None:
                if event.dedup_key not in apart:
                    told(Finding("split-group", taken.entity, f"{event.dedup_key!r} was never split off", taken.at))
                continue
            why = belongs.wrong(taken.message, event, taken.entity, taken.at)
            if why:
                told(Finding("split-group", taken.entity, why, taken.at))


class _Belongs:
    """One line per group of alerts, and one group per line."""

    def __init__(self, outcome: Outcome) -> None:
        changes = outcome.scenario.changes
        self._times = [c.at for c in changes]
        self._configs: list[Configuration] = [outcome.scenario.configuration, *(c.configuration for c in changes)]
        self._line_of: dict[tuple[str, ...], str] = {}
        self._group_of: dict[str, tuple[str, ...]] = {}

    def wrong(self, message: AlertsReceived, event: AlertEvent, entity: str, at: float) -> str:
        config = self._configs[bisect_right(self._times, at)]
        integration = config.integrations.get(message.integration_id)
        if integration is None:  # of a heartbeat, which are all their own, or raised by hand
            if not message.integration_id.startswith("heartbeat/"):
                return ""
            own = (message.integration_id, message.policy_id)
            return "it is in another line than its heartbeat" if self._line_of.setdefault(own, entity) != entity else ""
        if config.routes or not all(_plain(route) for route in integration.routes):
            return ""
        group = _group(integration, event)
        if self._line_of.setdefault(group, entity) != entity:
            return f"alert {event.dedup_key!r} is in another line than its group"
        if self._group_of.setdefault(entity, group) != group:
            return f"alert {event.dedup_key!r} is in a line with strangers"
        return ""


def _plain(route: Route) -> bool:
    """What the judge can decide by itself: labels that are equal or not. Of other rules it has no opinion."""
    alike = Route(route.matchers, route.policy_id, route.team_id, route.name, wait_s=route.wait_s)
    return route == alike and route.policy_id is not None and all(m.op in ("=", "!=") for m in route.matchers)


def _group(integration: Integration, event: AlertEvent) -> tuple[str, ...]:
    policy = integration.policy_id
    for route in integration.routes:
        wrong = [m for m in route.matchers if (event.labels.get(m.label, "") == m.value) != (m.op == "=")]
        if not wrong:
            policy = route.policy_id or policy
            break
    if integration.group_window_s and event.starts_at is not None:
        policy = f"{policy} in span {event.starts_at // integration.group_window_s}"
    if integration.group_by:
        return (integration.id, policy, "labels", *(event.labels.get(name, "") for name in integration.group_by))
    if event.group_key is not None and integration.group_by_sender:
        return (integration.id, policy, "group", event.group_key)
    return (integration.id, policy, "alert", event.dedup_key)


class Firing:
    """What fires in one line, followed from messages and journal side by side."""

    def __init__(self, entity: str, outcome: Outcome, told: Tell) -> None:
        self._entity = entity
        self._outcome = outcome
        self._told = told
        self._open = False
        self._firing: dict[str, float | None] = {}
        self._over: dict[tuple[str, float], tuple[float, bool]] = {}
        """Occurrences that ended: when, and whether by hand."""
        self._flaps = Flaps()

    def follow(self, rows: list[Row]) -> None:
        """The whole journal."""
        cause, left = "", dict[str, list[AlertEvent]]()
        for n, row in enumerate(rows):
            if row.cause != cause:
                cause, left = row.cause, _by_key(_events(self._outcome, row.cause))
            config = self._outcome.configurations[row.config]
            self._flapping(self._flaps.follow(row.event, row.at, config), row.at)
            if isinstance(row.event, e.Triggered):
                self._open, self._firing = True, {}
            elif isinstance(row.event, e.Resolved):
                self._resolved(row.event, row.at)
            elif isinstance(row.event, ALERTS):
                for key in _keys(row.event):
                    if left.get(key):
                        self._alert(row.event, left[key].pop(0), row.at)
            last = n + 1 == len(rows) or rows[n + 1].cause != cause
            if last and self._open:
                self._flapping(self._flaps.looked(row.at, config) if _events(self._outcome, cause) else "", row.at)
                quiet = not self._firing and not _truncated(self._outcome, cause)
                if quiet and not self._flaps.may_stay_open(row.at, config):
                    self._say("unresolved", "nothing fires and it stays open", row.at)

    def _resolved(self, event: e.Resolved, at: float) -> None:
        if event.human:
            self._over |= {(k, s): (at, True) for k, s in self._firing.items() if s is not None}
        self._open, self._firing = False, {}

    def _alert(self, event: Any, alert: AlertEvent, at: float) -> None:
        key, starts = alert.dedup_key, alert.starts_at
        if alert.status == "resolved":
            if isinstance(event, e.AlertsIgnored) and key in self._firing and starts == self._firing[key]:
                self._say("unresolved", f"the resolution of {key!r} was ignored", at)
            known = self._firing.pop(key, None) if isinstance(event, e.AlertsResolved) else None
            if not self._firing and isinstance(event, e.AlertsResolved):
                self._flaps.is_clear(at)
            ended = starts if starts is not None else known
            if ended is not None:
                self._over[(key, ended)] = (at, False)
            return
        over = self._over.get((key, starts)) if starts is not None else None
        if isinstance(event, e.AlertsIgnored):
            if over is None or (over[1] and at - over[0] >= HUMAN_QUIET_S):
                self._say("muted", f"{key!r} fires and was ignored: {event.why}", at)
        elif isinstance(event, e.AlertsRepeated):
            if key not in self._firing:
                self._say("muted", f"{key!r} was counted as a repetition and does not fire here", at)
        else:
            if over is not None and not over[1]:
                self._say("reopened", f"{key!r} came late and was taken for new", at)
            self._firing[key] = starts
            self._flaps.fires(at)

    def _flapping(self, why: str, at: float) -> None:
        if why:
            self._say("flapping", why, at)

    def _say(self, kind: str, what: str, at: float) -> None:
        self._told(Finding(kind, self._entity, what, at))


def _keys(event: Any) -> tuple[str, ...]:
    """The alerts that an event of the journal speaks of."""
    match event:
        case e.AlertsFired(_, alerts):
            return tuple(alert.key for alert in alerts)
        case e.AlertsResolved(_, starts):
            return tuple(starts)
    keys: tuple[str, ...] = event.keys
    return keys


def _by_key(events: tuple[AlertEvent, ...]) -> dict[str, list[AlertEvent]]:
    """Alerts of a message by key, in its order: what happens to different keys may be journalled together."""
    found: dict[str, list[AlertEvent]] = defaultdict(list)
    for event in events:
        found[event.dedup_key].append(event)
    return found


def _events(outcome: Outcome, cause: str) -> tuple[AlertEvent, ...]:
    taken = outcome.taken.get(cause)
    return taken.message.events if taken is not None and taken.events else ()


def _truncated(outcome: Outcome, cause: str) -> bool:
    return any(event.truncated for event in _events(outcome, cause))
