"""Lint and readiness, kept: looked at again when the configuration changes, and every ten minutes because time passes.

A look takes some milliseconds a schedule, in a thread, and never happens because somebody scrapes. What the database is
asked besides is up to ten minutes old in the metrics, and half a minute in answers of the API.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from time import monotonic

from domain.configuration import Configuration
from domain.lint import lint
from domain.lint.ahead import DAY_S, DAYS, Ahead
from domain.lint.finding import Facts, Report
from domain.readiness import coming
from gateway import metrics
from gateway.config_cache import ConfigCache
from gateway.periodic import Periodic
from storage.changes import Sessions
from storage.readiness import facts, facts_then

LOOK_S = 5.0
"""How often it looks whether the configuration has changed; so often at most a changing one is looked at."""
AGAIN_S = 600.0
FRESH_S = 30.0
SOON_DAYS = 7
"""Shifts of so many days are in the metric of those that are not ready."""


class LintWatch:
    """One per gateway. `channels`: channel -> "" or why pages cannot be sent by it. `now`: UTC epoch seconds."""

    def __init__(
        self, sessions: Sessions, config: ConfigCache, channels: Mapping[str, str], now: Callable[[], float]
    ) -> None:
        self._sessions = sessions
        self._config = config
        self._channels = channels
        self._now = now
        self._lock = asyncio.Lock()
        self._report: Report | None = None
        self._facts = Facts()
        self._asked_at = float("-inf")
        self._periodic = Periodic(self._look, "lint", LOOK_S, "the figures of /metrics grow old", at_once=True)

    async def report(self, fresh_s: float = FRESH_S) -> Report:
        """Of the present configuration, up to `fresh_s` old. Raises SQLAlchemyError or OSError."""
        async with self._lock:
            config, now = self._config.current, self._now()
            kept, known = self._report, await self._known(now, fresh_s)
            if kept is not None and kept.version == config.version and now - kept.at < fresh_s:
                return kept
            self._report = await asyncio.to_thread(lint, config, known, now)
            soon = Ahead(config, known, now, SOON_DAYS)
            shifts = await asyncio.to_thread(coming, soon, soon.schedules.values())
            _show(self._report, sum(not shift.ready for shift in shifts))
            return self._report

    async def ahead(self, days: float) -> Ahead:
        """The time ahead, from now on. Raises SQLAlchemyError or OSError."""
        async with self._lock:
            now = self._now()
            return Ahead(self._config.current, await self._known(now, FRESH_S), now, days)

    async def ahead_then(self, config: Configuration, at: float, days: float = DAYS) -> Ahead:
        """What was ahead at a time in the past, by the configuration of then."""
        return Ahead(config, await facts_then(self._sessions, self._channels, at, at + days * DAY_S), at, days)

    async def _known(self, now: float, fresh_s: float) -> Facts:
        if monotonic() - self._asked_at >= fresh_s:
            self._facts = await facts(self._sessions, self._channels, now, now + DAYS * DAY_S)
            self._asked_at = monotonic()
        return self._facts

    async def _look(self) -> None:
        if self._config.loaded:
            await self.report(AGAIN_S)

    def start(self) -> None:
        """Begin looking."""
        self._periodic.start()

    async def stop(self) -> None:
        """End looking."""
        await self._periodic.stop()


def _show(report: Report, not_ready: int) -> None:
    metrics.LINT.clear()
    for (level, kind), count in Counter((f.level, f.kind) for f in report.findings).items():
        metrics.LINT.labels(level, kind).set(count)
    metrics.LINT_AT.set(report.at)
    metrics.NOT_READY.set(not_ready)
