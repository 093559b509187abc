"""`python -m watchdog`: watch until SIGTERM or SIGINT. A child of `sentinel up`, or a container of its own.

Several may run against one database; one of them acts, by an advisory lock that ends with its session, and the server
ends a session that is silent (a frozen process).
"""

from __future__ import annotations

import faulthandler
import os
import platform
import signal
import sys
import threading
from http.client import HTTPException
from time import monotonic
from typing import Any

import psycopg
import structlog
from psycopg.rows import dict_row

from watchdog.audit import Audit
from watchdog.canary import Canary, may_fly
from watchdog.last_resort import LastResort
from watchdog.queries import SQL, Connection
from watchdog.send import http
from watchdog.settings import Settings, SettingsInvalid

log = structlog.get_logger("sentinel.watchdog")
TICK_S = 2.0
STUCK_S = 30.0
"""A round that lasts longer ends the process with its stack traces; `sentinel up` starts it again."""
LOCK = 7_733_004
DEADMAN_S = 10.0
ENDING_S = 5.0
"""For a canary under way to be called back when this ends."""


class Watchdog:
    """Two threads: this one audits and pages; the other flies the canary and pings."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._stop = threading.Event()
        self._audit = Audit(f"{platform.node()}/{os.getpid()}", settings.canary_s)
        self._last_resort = LastResort(settings)
        self._connection: Connection | None = None
        self._acting_since: float | None = None
        """Monotonic seconds since when this one sees the tables without a break; None: it does not act now."""
        self._seen_well = False
        """Whether an audit of this process ever found nothing: before that the hosts may just be starting."""

    def run(self) -> None:
        """Until told to stop."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._stop.set())
        flying = threading.Thread(target=self._fly, daemon=True, name="canary")
        flying.start()
        while not self._stop.is_set():
            faulthandler.dump_traceback_later(STUCK_S, exit=True)
            try:
                self._round(monotonic())
            except psycopg.Error as error:
                self._lost(error)
            self._stop.wait(TICK_S)
        faulthandler.cancel_dump_traceback_later()
        flying.join(ENDING_S)

    def _round(self, now: float) -> None:
        if self._connection is None:
            self._connection = self._connect()
        if self._acting_since is None:
            row = self._connection.execute(f"select pg_try_advisory_lock({LOCK}) as ours").fetchone()
            if not row or not row["ours"]:
                return
            log.info("watching", url=self._settings.url)
            self._acting_since = now
        self._audit.run(self._connection, now)
        self._seen_well = self._seen_well or self._audit.clean_at == now
        # Right after a start or an outage everything is late: the hosts get the same time to catch up.
        if now - self._acting_since >= self._settings.last_resort_after_s:
            self._last_resort.run(self._connection, now)

    def _lost(self, error: psycopg.Error) -> None:
        """Say so, and begin anew with the next round. Gateways page on their own meanwhile."""
        why = f"{type(error).__name__}: {error}".splitlines()[0]
        log.error("alarm", check="database-away", why=why, see="docs/runbook.md#database-away")
        if self._connection is not None:
            self._connection.close()
        self._connection, self._acting_since, self._audit.clean_at = None, None, float("-inf")

    def _connect(self) -> Connection:
        where: dict[str, Any] = {
            "connect_timeout": 3,
            "tcp_user_timeout": 5000,
            "application_name": "sentinel-watchdog",
        }
        connection = psycopg.connect(self._settings.database_url, autocommit=True, row_factory=dict_row, **where)
        connection.execute(SQL["limits"])
        return connection

    # -- the canary's thread -------------------------------------------------------------------------------

    def _fly(self) -> None:
        canary, pause = Canary(self._settings, self._stop), TICK_S  # the first one as soon as everything runs
        while not self._stop.wait(pause):
            since = self._acting_since
            if since is None or not may_fly(self._seen_well, monotonic() - since):
                continue
            pause = self._settings.canary_s
            try:
                with self._connect() as connection:
                    through = canary.run(connection)
            except psycopg.Error as error:
                log.warning("canary_grounded", why=type(error).__name__, meaning="the database does not answer")
            except Exception as error:
                log.critical("canary_broke", why=repr(error), meaning="a defect: no ping until it is repaired")
            else:
                clean = monotonic() - self._audit.clean_at <= 5 * TICK_S
                if not self._settings.deadman_url:
                    self._note_ping(None)
                elif through and clean:
                    self._note_ping(self._ping())

    def _note_ping(self, why: str | None) -> None:
        """For gateways to show; the ping itself depends on no table."""
        try:
            with self._connect() as connection:
                connection.execute(SQL["pinged"], {"why": why})
        except psycopg.Error as error:
            log.warning("ping_not_noted", why=type(error).__name__)

    def _ping(self) -> str:
        """Tell the outside that all is well; "" or why it could not. The URL is a secret: it is not logged."""
        try:
            status, _ = http(self._settings.deadman_url, None, {}, DEADMAN_S)
            why = "" if status < 300 else f"answered {status}"
        except (OSError, HTTPException, ValueError) as error:
            why = type(error).__name__
        if why:
            log.error("deadman_ping_failed", why=why, see="docs/runbook.md#deadman-ping-failed")
        return why


def main() -> int:
    """Exit status 1 if the environment cannot be used."""
    p = structlog.processors
    steps: list[Any] = [p.add_log_level, p.TimeStamper(fmt="iso", utc=True), p.JSONRenderer()]
    structlog.configure(processors=steps, logger_factory=structlog.WriteLoggerFactory(sys.stderr))
    try:
        settings = Settings.from_env()
    except SettingsInvalid as error:
        sys.stderr.write(f"watchdog: {error}\n")
        return 1
    Watchdog(settings).run()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
