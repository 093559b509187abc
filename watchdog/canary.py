"""The canary: a synthetic alert in by the public URL and out as a page, measured from the post to the receipt.

It runs to the contacts of the user "Canary": the built-in outbox, and any test contact an operator gives that user.
Both times are the database's. The canary resolves its incident itself, also when it did not come through.
"""

from __future__ import annotations

import json
import threading
from http.client import HTTPException
from time import monotonic
from typing import Any

import structlog

from watchdog.queries import SQL, Connection, database_now
from watchdog.send import http
from watchdog.settings import Settings

log = structlog.get_logger("sentinel.watchdog")
GIVE_UP_S = 30.0
POLL_S = 0.1
POST_S = 10.0
START_S = 120.0
"""How long hosts may take to start, as in cli/up.py."""

KEEP = "insert into watch.canary (at, seconds, detail) values (to_timestamp(%s), %s, %s) on conflict do nothing"
COUNT = "update watch.canary_bucket set n = n + 1, seconds = seconds + %s where le >= %s"
PRUNE = "delete from watch.canary where at < now() - interval '30 days'"


class Lost(Exception):
    """The canary did not come through; the message says where it stopped."""


def may_fly(seen_well: bool, acting_s: float) -> bool:
    """While an installation starts no canary flies, and none is lost. One that does not come up is told of in the end.

    `seen_well`: whether an audit ever found nothing; `acting_s`: seconds since the audits began.
    """
    return seen_well or acting_s >= START_S


class Canary:
    """One synthetic alert at a time."""

    def __init__(self, settings: Settings, stop: threading.Event) -> None:
        self._url = f"{settings.url}/api/v1/webhooks/generic/{settings.canary_key}"
        self._give_up_s = min(GIVE_UP_S, settings.canary_s)
        self._stop = stop
        self._firing = True
        """Whether its alert may fire: a watchdog that was killed leaves it so, and the next one would open nothing."""

    def run(self, connection: Connection) -> bool:
        """Send one, wait for it, write down how long it took; True if it came through. Raises psycopg.Error.

        One that is cut short because the watchdog is to stop is not written down: it proves nothing.
        """
        began = database_now(connection)
        try:
            if self._firing:
                self._resolve()
                began = database_now(connection)
            seconds, detail = self._fly(connection, began), "received"
        except Lost as lost:
            seconds, detail = None, str(lost)
        try:
            self._resolve()
        except Lost as lost:
            log.warning("canary_not_resolved", why=str(lost), meaning="the next one begins with that")
        if seconds is None and self._stop.is_set():
            return False
        connection.execute(KEEP, [began, seconds, detail])
        connection.execute(PRUNE)
        if seconds is None:
            log.error("canary_lost", why=detail, see="docs/runbook.md#canary-late")
            return False
        connection.execute(COUNT, [seconds, seconds])
        return True

    def _resolve(self) -> None:
        self._post("resolved")
        self._firing = False

    def _fly(self, connection: Connection, began: float) -> float:
        self._firing = True
        line = self._post("firing")
        give_up_at = monotonic() + self._give_up_s
        row: dict[str, Any] = {}
        while monotonic() < give_up_at and not self._stop.is_set():
            row = connection.execute(SQL["pages"], {"entity": f"incident/{line}", "began": began}).fetchone() or {}
            if row["failed"]:
                raise Lost(f"a page failed: {row['failed']}")
            if row["pages"] and row["sent"] == row["pages"]:
                return max(0.0, float(row["sent_at"]) - began)
            self._stop.wait(POLL_S)
        raise Lost(f"taken in; {row.get('pages', 0)} pages ordered, {row.get('sent', 0)} sent")

    def _post(self, status: str) -> str:
        """The incident line the alert fell into. Errors never show the URL: its key is a secret."""
        alert = {"title": "Canary", "status": status, "severity": "info", "dedup_key": "canary"}
        try:
            code, body = http(self._url, json.dumps(alert).encode(), {"Content-Type": "application/json"}, POST_S)
            if code != 202:
                raise Lost(f"the public URL answered {code}")
            return str(json.loads(body)["incident_lines"][0])
        except (OSError, HTTPException, ValueError, LookupError) as error:
            raise Lost(f"the public URL does not answer as Sentinel does: {type(error).__name__}") from error
