"""A heartbeat as it is configured: which job should be heard from, and by when. Pure.

Cron expressions are read on the wall clock of their zone, as Debian's cron does it (the library cronsim): a fixed time
that a change of the clock skips is due at its end, one that occurs twice is due once; `*` follows the clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from domain.alert import Severity
from domain.errors import Invalid
from domain.validation import check_zone

MIN_PERIOD_S, MAX_PERIOD_S = 1.0, 400 * 86_400.0
MIN_GRACE_S, MAX_GRACE_S = 1.0, 31 * 86_400.0
MAX_HEARTBEATS = 10_000


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """Either `period_s` or `cron` with `zone`. `grace_s`: how late it may be, and how long a run may take.

    `policy_id`, `team_id`, `service_id`, `severity`: of its alerts, unless the organisation's routing rules say
    otherwise.
    """

    id: str
    name: str
    grace_s: float
    policy_id: str
    period_s: float | None = None
    cron: str = ""
    zone: str = "UTC"
    team_id: str | None = None
    service_id: str | None = None
    severity: Severity = Severity.CRITICAL

    def due_after(self, at: float) -> float:
        """When it should be heard from next, having been heard from `at` (UTC epoch seconds)."""
        if self.period_s is not None:
            return at + self.period_s
        return next(CronSim(self.cron, datetime.fromtimestamp(at, ZoneInfo(self.zone)))).timestamp()

    def rhythm(self) -> str:
        """In words: "every 3600 s", or the cron expression with its zone."""
        return f"every {self.period_s:g} s" if self.period_s is not None else f"{self.cron} ({self.zone})"


def check_heartbeat(wanted: Heartbeat) -> None:
    """Raise Invalid naming the field for what cannot be expected of a job."""
    if (wanted.period_s is None) == (not wanted.cron):
        raise Invalid("period_s", "Give either a period in seconds or a cron expression, not both and not neither.")
    if wanted.period_s is not None and not MIN_PERIOD_S <= wanted.period_s <= MAX_PERIOD_S:
        raise Invalid("period_s", f"The period must be between {MIN_PERIOD_S:.0f} and {MAX_PERIOD_S:.0f} seconds.")
    if not MIN_GRACE_S <= wanted.grace_s <= MAX_GRACE_S:
        raise Invalid("grace_s", f"The grace must be between {MIN_GRACE_S:.0f} and {MAX_GRACE_S:.0f} seconds.")
    check_zone(wanted.zone, "zone")
    if wanted.cron:
        _check_cron(wanted)


def _check_cron(wanted: Heartbeat) -> None:
    try:
        wanted.due_after(0.0)
    except CronSimError as error:
        raise Invalid("cron", f"This is no cron expression: {str(error).lower()}.") from error
    except StopIteration as error:
        raise Invalid("cron", "No date fits this cron expression within fifty years.") from error
