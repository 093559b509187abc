"""A second opinion on whether a step's conditions hold, from the journal alone, written differently from the first."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from domain import events as e
from domain.alert import Severity
from domain.configuration import Configuration
from domain.matcher import Matcher
from domain.policy import Step
from domain.tie_events import SplitOff
from simulation.judging.turns import is_open

KEPT = 100
"""Alerts whose labels an incident keeps."""
NOTED = frozenset({e.Triggered, e.AlertsFired, e.AlertsResolved, SplitOff, e.MajorDeclared})


class Seen:
    """What one incident's journal said of its alerts so far."""

    def __init__(self) -> None:
        self._labels: dict[str, Mapping[str, str]] = {}
        self._burning: dict[str, Severity] = {}
        self._times: list[float] = []
        self._severity = Severity.INFO
        self._least = Severity.INFO

    def note(self, event: Any) -> None:
        """One event more."""
        match event:
            case e.Triggered():
                self._labels, self._burning, self._times = {}, {}, []
                self._severity, self._least = event.severity, Severity.INFO
            case e.AlertsFired(_, alerts, _, at):
                self._labels |= {a.key: a.labels for a in alerts}
                self._burning |= {a.key: a.severity for a in alerts}
                self._times += [at] * len(alerts)
                self._weigh()
            case e.AlertsResolved():
                for key in event.starts:
                    self._burning.pop(key, None)
                self._weigh()
            case SplitOff():
                for key in event.keys:
                    self._burning.pop(key, None)
                self._weigh()
            case e.MajorDeclared() if event.severity is not None:
                self._least = max(self._least, event.severity, key=lambda s: s.rank)

    def _weigh(self) -> None:
        self._severity = max(self._burning.values(), key=lambda s: s.rank, default=self._severity)

    def holds(self, step: Step, config: Configuration, at: float) -> bool | None:
        """Whether the step is to be taken; None where that cannot be told."""
        when = step.when
        if when is None:
            return True
        calendars = tuple(config.holidays.values())
        severity = max(self._severity, self._least, key=lambda s: s.rank)
        recent = [t for t in self._times if t > at - when.within_s]
        checks = [
            not when.severities or severity in when.severities,
            not when.windows or any(is_open(w, w.zone, calendars, at) for w in when.windows),
            when.more_than is None or len(recent) > when.more_than,
        ]
        if not all(checks) or not when.matchers:
            return all(checks)
        fitting = any(all(_fits(m, self._labels[key]) for m in when.matchers) for key in self._burning)
        return True if fitting else None if len(self._labels) > KEPT else False


def _fits(matcher: Matcher, labels: Mapping[str, str]) -> bool:
    found = labels.get(matcher.label) or ""
    same = found == matcher.value if "~" not in matcher.op else re.fullmatch(matcher.value, found) is not None
    return same == (matcher.op[0] == "=")
