"""Every metric of the gateway. Scraped at /metrics."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client import REGISTRY, Counter, Gauge, Histogram
from prometheus_client.core import HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from storage.watch import Watch

REQUESTS = Counter("sentinel_http_requests_total", "Requests answered", ["route", "status"])
ALERTS = Counter("sentinel_alerts_accepted_total", "Alerts committed to the inbox", ["integration_type"])
PINGS = Counter("sentinel_pings_accepted_total", "Pings of heartbeats committed to the inbox", ["kind"])
COMMIT_SECONDS = Histogram(
    "sentinel_inbox_commit_seconds", "Time of one group commit", buckets=(0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3)
)
BATCH_ROWS = Histogram(
    "sentinel_inbox_batch_rows", "Messages in one group commit", buckets=(1, 3, 10, 30, 100, 300, 1000)
)
WAITING = Gauge("sentinel_inbox_waiting", "Messages accepted over HTTP and not committed yet")
SPOOL_BYTES = Gauge("sentinel_spool_bytes", "Bytes on local disk that the database does not have yet")
SPOOL_AGE = Gauge("sentinel_spool_oldest_seconds", "Age of the oldest message that the database does not have yet")
SPOOL_USABLE = Gauge("sentinel_spool_usable", "1 if alerts can be kept without the database")
AWAY = Gauge("sentinel_database_away_seconds", "For how long the database has not answered this gateway")
BLIND_LINES = Gauge("sentinel_breakglass_lines", "Incident lines paged from memory, without the database")
BLIND_PAGES = Counter("sentinel_breakglass_pages_total", "Attempts to page without the database, by outcome", ["state"])
UNDONE = Gauge("sentinel_inbox_undone", "Messages committed and not processed yet")
UNDONE_AGE = Gauge("sentinel_inbox_oldest_seconds", "Age of the oldest unprocessed message")
OVERDUE = Gauge("sentinel_timers_overdue", "Durable timers whose time has passed by more than five seconds")
SENDS = Gauge("sentinel_sends_live", "Pages not in a final state", ["state"])
DATABASE_UP = Gauge("sentinel_database_up", "1 if the database answered; the gauges below are older if not")
HOSTS = Gauge("sentinel_hosts_alive", "Hosts with a valid lease")
QUARANTINED = Gauge("sentinel_entities_quarantined", "Entities out of service; each needs an operator")
EVENTS = Counter("sentinel_feed_events_total", "Events sent to live consumers")
WATCHDOG_AGE = Gauge("sentinel_watchdog_age_seconds", "Time since the watchdog's last sign of life")
ALARM = Gauge("sentinel_alarm", "What the watchdog finds wrong: how many; docs/runbook.md says what to do", ["check"])
CANARY_SUCCESS = Gauge("sentinel_canary_last_success_timestamp_seconds", "When a canary last came through")
CANARY_THROUGH = Gauge("sentinel_canary_success_ratio", "Canaries of the last 24 hours that came through")
CALENDAR_AGE = Gauge(
    "sentinel_calendar_age_seconds", "Since an imported calendar was last given or confirmed", ["schedule", "calendar"]
)
CALENDAR_STALE = Gauge(
    "sentinel_calendar_stale", "1 if the copy of an imported calendar is older than allowed", ["schedule", "calendar"]
)
DRIFT = Gauge("sentinel_configuration_drift", "Things changed by hand since a tree of configuration was applied")
BREAKER = Gauge(
    "sentinel_breaker_open", "Hosts that do not send to this provider now", ["channel", "provider", "state"]
)

LINT = Gauge(
    "sentinel_lint_findings", "What would keep pages from people: GET /lint says it in words", ["severity", "kind"]
)
LINT_AT = Gauge("sentinel_lint_last_run_timestamp_seconds", "When the configuration was last looked over")
NOT_READY = Gauge("sentinel_shifts_not_ready", "Shifts of the next 7 days whose person could not be paged, and holes")


class CanaryHistogram(Collector):
    """Measured by the watchdog and counted in the database, so that every gateway shows the same."""

    def __init__(self) -> None:
        self.watch: Watch | None = None

    def collect(self) -> Iterable[Metric]:
        """Nothing until the database was read once."""
        if self.watch is not None:
            buckets = [("+Inf" if le == float("inf") else str(le), float(n)) for le, n in self.watch.buckets]
            text = "From a synthetic alert's post to the receipt of its page"
            yield HistogramMetricFamily("sentinel_canary_seconds", text, buckets, self.watch.total_s)


CANARY = CanaryHistogram()
REGISTRY.register(CANARY)
