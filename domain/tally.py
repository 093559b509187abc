"""The alerts of one request, gathered by what became of them: one event for many alerts, not one for each.

A group may have tens of thousands of alerts. An event for each would copy the incident's alerts as often, and fill the
journal with rows that all say the same. An alert that comes twice in a request is looked at again only
after what came before it is written, so that the order within one alert is kept.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from domain import events as e
from domain.draft import Draft
from domain.incident import AlertState
from domain.line import firing


@dataclass(slots=True)
class _Gathered:
    fired: dict[str, AlertState] = field(default_factory=dict)
    repeated: list[str] = field(default_factory=list)
    resolved: dict[str, float | None] = field(default_factory=dict)
    ignored: dict[str, dict[str, float | None]] = field(default_factory=dict)
    """Why -> key -> occurrence to remember as over, if any."""
    seen: set[str] = field(default_factory=set)


class Tally:
    """Gathers until `flush`, which adds the events to the draft."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self._now = _Gathered()

    @property
    def members(self) -> int:
        """Alerts of the incident, the gathered ones included."""
        return (len(self._draft.line.alerts) if self._draft.line.open else 0) + len(self._now.fired)

    def settle(self, key: str) -> None:
        """Call before deciding on an alert: what the request said of it before is then in the draft's line."""
        if key in self._now.seen:
            self.flush()

    def fired(self, alert: AlertState) -> None:
        """It fires, and did not before."""
        self._now.fired[alert.key] = alert
        self._now.seen.add(alert.key)

    def repeated(self, key: str) -> None:
        """It still fires."""
        self._now.repeated.append(key)
        self._now.seen.add(key)

    def resolved(self, key: str, starts_at: float | None) -> None:
        """It fires no more."""
        self._now.resolved[key] = starts_at
        self._now.seen.add(key)

    def ignored(self, key: str, why: str, resolved_start: float | None = None) -> None:
        """It changes nothing; with `resolved_start` that occurrence is remembered as over."""
        self._now.ignored.setdefault(why, {})[key] = resolved_start
        self._now.seen.add(key)

    def flush(self) -> None:
        """Add what was gathered, and begin anew."""
        draft, episode, found = self._draft, self._draft.line.episode, self._now
        self._now = _Gathered()
        if found.fired:
            alerts = tuple(found.fired.values())
            worst = max([*alerts, *firing(draft.line)], key=lambda a: a.severity.rank).severity
            draft.add(e.AlertsFired(episode, alerts, worst, draft.now))
        if found.repeated:
            draft.add(e.AlertsRepeated(episode, tuple(found.repeated), draft.now))
        if found.resolved:
            rest = [a.severity for a in firing(draft.line) if a.key not in found.resolved]
            severity = max(rest, key=lambda s: s.rank) if rest else draft.line.severity
            draft.add(e.AlertsResolved(episode, found.resolved, severity, draft.now))
        for why, keys in found.ignored.items():
            over = {key: starts_at for key, starts_at in keys.items() if starts_at is not None}
            draft.add(e.AlertsIgnored(episode, tuple(keys), why, draft.now, over))
