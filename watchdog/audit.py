"""What is late, counted by indexes alone; and the alarms that follow. Looks at tables only, never asks a host.

docs/runbook.md has a heading for each check: what it means and what to do.
"""

from __future__ import annotations

import structlog
from psycopg.types.json import Jsonb

from watchdog.queries import SQL, Connection, database_now

log = structlog.get_logger("sentinel.watchdog")
LIMITS = {"timers": 30.0, "inbox": 10.0, "sends": 30.0, "shards": 10.0}
"""Seconds of lateness that is not normal any more: a takeover from a killed host takes up to 9 s."""
AGAIN_S = 60.0
"""An alarm that lasts is logged again this often."""


class Audit:
    """`findings`: check -> since when, monotonic seconds; `clean_at`: when an audit last found nothing."""

    def __init__(self, who: str, canary_s: float) -> None:
        self._who = who
        self._canary_s = canary_s
        self._began: float | None = None
        self._told: dict[str, float] = {}
        self.findings: dict[str, float] = {}
        self.clean_at = float("-inf")

    def run(self, connection: Connection, now: float) -> None:
        """One audit; raises the alarms, ends those that are over, and leaves a sign of life. Raises psycopg.Error."""
        if self._began is None:
            self._began = database_now(connection)
        canary = {"canary": 2.5 * self._canary_s + 30.0, "began": self._began}
        counts = connection.execute(SQL["counts"], {**LIMITS, **canary}).fetchone() or {}
        seen = {check: count for check, count in counts.items() if count}
        for check in self.findings.keys() - seen.keys():
            log.info("alarm_over", check=check, lasted_s=round(now - self.findings.pop(check)))
            self._told.pop(check)
        shown = []
        for check, count in seen.items():
            since = self.findings.setdefault(check, now)
            about = {"check": check, "count": count, "for_s": round(now - since)}
            shown.append(about)
            if now - self._told.get(check, float("-inf")) >= AGAIN_S:
                self._told[check] = now
                log.error("alarm", **about, see=f"docs/runbook.md#{check}")
        if not seen:
            self.clean_at = now
        connection.execute(SQL["beat"], {"who": self._who, "findings": Jsonb(shown)})
