"""A second opinion on what flaps, from when a line fired and was clear: counted anew for each question."""

from __future__ import annotations

from typing import Any

from domain import events as e
from domain.configuration import Configuration
from domain.flap import Flapping
from simulation.judging.finding import LATE_S

BEGUN = (e.StepStarted, e.LastResortCalled, e.NobodyReachable)


class Flaps:
    """Follows one line."""

    def __init__(self) -> None:
        self._came: list[float] = []
        self._clear_since: float | None = float("-inf")
        self._integration = ""
        self._flaps = False
        self._called = False

    def fires(self, at: float) -> None:
        """An alert fires that did not."""
        if self._clear_since is not None:
            self._came.append(at)
            self._clear_since = None

    def is_clear(self, at: float) -> None:
        """The last one that fired is over at its source."""
        self._clear_since = at

    def follow(self, event: Any, at: float, config: Configuration) -> str:
        """What is wrong with this event, or "". To be asked before the event's alerts are."""
        if isinstance(event, e.Triggered):
            self._integration, self._flaps, self._called = event.integration_id, False, False
        elif isinstance(event, BEGUN):
            self._called = True
        elif isinstance(event, e.FlappingStarted):
            self._flaps = True
            rules = self._rules(config)
            if rules is None or self._cycles(rules, at) < rules.refires:
                return "it is called flapping and is not"
        elif isinstance(event, e.FlappingEnded):
            self._flaps = False
            rules = self._rules(config)
            if rules is not None and self._cycles(rules, at) >= rules.refires / 2:
                return "it flaps on and is not called so"
        elif isinstance(event, e.Resolved):
            return self._resolved(event, at, config)
        return ""

    def _resolved(self, event: e.Resolved, at: float, config: Configuration) -> str:
        flaps, self._flaps, rules = self._flaps, False, self._rules(config)
        if flaps and self._called and event.by == "source" and rules is not None and self._clear_since is not None:
            missing = self._clear_since + rules.settle_s - at
            return f"it flaps and was closed {missing:.0f} s too early" if missing > 0.001 else ""
        return ""

    def looked(self, at: float, config: Configuration) -> str:
        """After a message: whether flapping was noticed."""
        rules = self._rules(config)
        unnoticed = rules is not None and not self._flaps and self._cycles(rules, at) >= rules.refires
        return "it flaps and that was not noticed" if unnoticed else ""

    def may_stay_open(self, at: float, config: Configuration) -> bool:
        """Nothing fires: whether the incident is still to be open."""
        rules, since = self._rules(config), self._clear_since
        return self._flaps and rules is not None and since is not None and at <= since + rules.settle_s + LATE_S

    def _rules(self, config: Configuration) -> Flapping | None:
        integration = config.integrations.get(self._integration)
        return integration.flapping if integration is not None else Flapping()

    def _cycles(self, rules: Flapping, at: float) -> int:
        return len([came for came in self._came if came > at - rules.within_s]) - 1
