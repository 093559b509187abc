"""What is late, counted by indexes alone; and the alarms that follow. Looks at tables only, never asks a host.

docs/runbook.md has a heading for each check: what it means and what to do.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import psycopg
import structlog
from psycopg.types.json import Jsonb

log = structlog.get_logger("sentinel.watchdog")
TIMERS_S, INBOX_S, SENDS_S, SHARDS_S = 30.0, 10.0, 30.0, 10.0
"""Lateness that is not normal any more: a takeover from a killed host takes up to 9 s."""
AGAIN_S = 60.0
"""An alarm that lasts is logged again this often."""

COUNTS = """
select
  (select count(*) from rt.timer t where t.due_at < now() - make_interval(secs => %(timers)s)
      and not exists (select from rt.quarantine q where q.entity = t.entity)) as "timers-overdue",
  (select count(*) from rt.inbox i where i.done_at is null and i.received_at < now() - make_interval(secs => %(inbox)s)
      and not exists (select from rt.quarantine q where q.entity = i.entity)) as "inbox-unprocessed",
  (select count(*) from rt.outbox where state in ('pending', 'sending', 'unknown')
      and due_at < now() - make_interval(secs => %(sends)s)
      and (state <> 'sending' or claim_until < now() - make_interval(secs => %(sends)s))) as "pages-unsent",
  (select count(*) from rt.shard s left join rt.host h on h.id = s.owner
    where s.id < 256 and coalesce(h.expires_at < now() - make_interval(secs => %(shards)s), true)) as "shards-unowned",
  (select count(*) from rt.quarantine) as "entities-quarantined",
  (select count(*) from watch.state where now() - coalesce((select max(at) from watch.canary where seconds is not null),
      to_timestamp(%(began)s)) > make_interval(secs => %(canary)s)) as "canary-late"
"""
BEAT = """
insert into watch.state (id, who, beat_at, findings) values (1, %s, now(), %s)
on conflict (id) do update set who = excluded.who, beat_at = excluded.beat_at, findings = excluded.findings
"""


@dataclass(frozen=True, slots=True)
class Finding:
    """`since`: monotonic seconds when it was first seen."""

    check: str
    count: int
    since: float


class Audit:
    """`findings` after the last audit; `clean_at`: monotonic seconds of the last one that found nothing."""

    def __init__(self, who: str, canary_s: float) -> None:
        self._who = who
        self._canary_s = canary_s
        self._began: float | None = None
        self._told: dict[str, float] = {}
        self.findings: dict[str, Finding] = {}
        self.clean_at = float("-inf")

    def run(self, connection: psycopg.Connection[dict[str, Any]], now: float) -> None:
        """One audit; raises the alarms, ends those that are over, and leaves a sign of life. Raises psycopg.Error."""
        if self._began is None:
            row = connection.execute("select extract(epoch from now())::float8 as now").fetchone() or {"now": 0.0}
            self._began = float(row["now"])
        limits = {"timers": TIMERS_S, "inbox": INBOX_S, "sends": SENDS_S, "shards": SHARDS_S}
        canary = {"canary": 2.5 * self._canary_s + 30.0, "began": self._began}
        counts = connection.execute(COUNTS, {**limits, **canary}).fetchone() or {}
        seen = {check: count for check, count in counts.items() if count}
        for check in [c for c in self.findings if c not in seen]:
            lasted = now - self.findings.pop(check).since
            log.info("alarm_over", check=check, lasted_s=round(lasted))
        for check, count in seen.items():
            known = self.findings.get(check)
            self.findings[check] = Finding(check, count, known.since if known else now)
            self._tell(self.findings[check], now)
        if not self.findings:
            self.clean_at = now
        shown = [{"check": f.check, "count": f.count, "for_s": round(now - f.since)} for f in self.findings.values()]
        connection.execute(BEAT, [self._who, Jsonb(shown)])

    def _tell(self, finding: Finding, now: float) -> None:
        if now - self._told.get(finding.check, float("-inf")) < AGAIN_S and finding.since != now:
            return
        self._told[finding.check] = now
        about = {"check": finding.check, "count": finding.count, "for_s": round(now - finding.since)}
        log.error("alarm", **about, see=f"docs/runbook.md#{finding.check}")


def monotonic() -> float:
    """Seconds that no change of the clock moves."""
    return time.monotonic()
