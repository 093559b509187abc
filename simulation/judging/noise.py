"""A second opinion on whether nobody is to be paged for an incident: asked alert by alert, with nothing prepared."""

from __future__ import annotations

import re
from collections.abc import Mapping

from domain import events as e
from domain.configuration import Configuration, Maintenance, Silence
from domain.incident import AlertsReceived
from domain.matcher import Matcher
from domain.tie_events import SplitOff
from simulation.judging.turns import is_open
from simulation.outcome import Row, Taken

LOOK_S = 300.0
"""What is suppressed is looked at this often."""
OVER = (e.Released, e.Acknowledged, e.Snoozed, e.Resolved, e.Reassigned, e.Escalated)
NOTED = frozenset(
    {
        e.Triggered,
        e.AlertsFired,
        e.AlertsResolved,
        SplitOff,
        e.GroupTruncated,
        e.Suppressed,
        e.SuppressionChecked,
        *OVER,
    }
)


class Noise:
    """One incident line, followed event by event."""

    def __init__(self) -> None:
        self._firing: dict[str, Mapping[str, str]] = {}
        self._opened: e.Triggered | None = None
        self._given = 0.0
        self._truncated = False
        self.looked_at: float | None = None
        """When it was last looked at, while it is suppressed."""
        self.until = 0.0
        self.fresh = False
        """It opened, and was neither suppressed nor escalated yet."""

    def note(self, row: Row, taken: Taken | None) -> None:
        """Before the event is judged."""
        match row.event:
            case e.Triggered():
                self._opened, self._firing, self._given = row.event, {}, float("inf")
                self.fresh, self._truncated = True, False
            case e.AlertsFired(alerts=alerts):
                self._firing |= {a.key: a.labels for a in alerts}
                said = getattr(taken.message, "alerts", taken.message) if taken is not None else None
                if isinstance(said, AlertsReceived):  # to this line, or given back to it
                    self._given = min(self._given, row.at + said.wait_s)
            case e.AlertsResolved(starts=starts):
                self._firing = {k: v for k, v in self._firing.items() if k not in starts}
            case SplitOff(keys=keys):
                self._firing = {k: v for k, v in self._firing.items() if k not in keys}
            case e.GroupTruncated(omitted=omitted):
                self._truncated = omitted > 0
            case e.Suppressed(cover=cover):
                self.looked_at, self.until, self.fresh = row.at, cover.until, False
            case e.SuppressionChecked():
                self.looked_at = row.at
            case event if isinstance(event, OVER):
                self.looked_at, self.fresh = None, False

    def unseen_s(self, at: float) -> float:
        """How long it has been left alone too long at an instant, in seconds; 0 or less if it has not."""
        return 0.0 if self.looked_at is None else at - min(self.until, self.looked_at + LOOK_S)

    def covered(self, config: Configuration, at: float) -> bool:
        """Whether nobody is to be paged for it at an instant."""
        if self._opened is None:
            return False
        if at < self._given or any(self._maintained(work, config, at) for work in config.maintenance):
            return True
        if self._truncated or not self._firing:
            return False
        active = [s for s in config.silences if s.starts_at <= at < s.ends_at and self._within(s)]
        return all(any(_fits(s, labels) for s in active) for labels in self._firing.values())

    def _within(self, silence: Silence) -> bool:
        opened = self._opened
        wanted = (silence.integration_id, silence.service_id, silence.team_id)
        given = (opened.integration_id, opened.service_id, opened.team_id) if opened is not None else ()
        return all(w in (None, g) for w, g in zip(wanted, given, strict=True))

    def _maintained(self, work: Maintenance, config: Configuration, at: float) -> bool:
        if self._opened is None or at < work.starts_at or (work.ends_at is not None and at >= work.ends_at):
            return False
        named = {*work.integration_ids, *work.service_ids}
        if named and named.isdisjoint({self._opened.integration_id, self._opened.service_id}):
            return False
        holidays = tuple(config.holidays.values())
        return not work.windows or any(is_open(w, w.zone, holidays, at) for w in work.windows)


def _fits(silence: Silence, labels: Mapping[str, str]) -> bool:
    return all(_holds(m, labels.get(m.label, "")) for m in silence.matchers)


def _holds(matcher: Matcher, value: str) -> bool:
    equal = re.fullmatch(matcher.value, value) is not None if "~" in matcher.op else value == matcher.value
    return equal == (matcher.op in ("=", "=~"))
