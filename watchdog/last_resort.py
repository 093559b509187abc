"""The last-resort page, straight from the tables, when the hosts leave one unsent.

Who is called: the organisation's last resort; if none of them can be reached, everybody who can be. Each incident at
most once in ten minutes, several in one message, and never one whose acknowledgement waits in the inbox. The rows that
the outbox page shows are written after the sending: dying in between means a page twice, not a page never.
"""

from __future__ import annotations

import json
import uuid
from concurrent.futures import ThreadPoolExecutor
from itertools import repeat
from typing import Any

import psycopg
import structlog
from cryptography.fernet import InvalidToken
from psycopg.types.json import Jsonb

from watchdog.queries import SQL, Connection
from watchdog.send import Contact, Message, send
from watchdog.settings import Settings

log = structlog.get_logger("sentinel.watchdog")
EVERY_S = 60.0
"""Between two messages: a storm that hits dead hosts is a list of incidents, not a page for each."""
NAMED = 20
CANARY = "015f97bb-72a2-5208-b281-0a263a2f7613"
"""Id of the canary's user and integration, as the first start makes them (storage/canary.py)."""

Row = dict[str, Any]


class LastResort:
    """`run` sends what is due and late; what could not be written down yet is kept for the next run."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._sent_at = float("-inf")
        self._unrecorded: list[Row] = []

    def run(self, connection: Connection, now: float) -> None:
        """Page for every incident that the hosts should have paged for. Raises psycopg.Error."""
        self._record(connection)
        if now - self._sent_at < EVERY_S:
            return
        about = {"after": self._settings.last_resort_after_s, "canary": CANARY}
        if due := connection.execute(SQL["due"], about).fetchall():
            self._sent_at = now
            named, others = self._people(connection)
            if not self._send(due, named) and not self._send(due, others):
                log.critical("last_resort_reached_nobody", incidents=[d["incident"] for d in due[:NAMED]])
            self._record(connection)

    def _people(self, connection: Connection) -> tuple[list[Contact], list[Contact]]:
        groups: tuple[list[Contact], list[Contact]] = ([], [])
        for row in connection.execute(SQL["people"], {"canary": CANARY}):
            try:
                opened = json.loads(self._settings.fernet.decrypt(row.pop("sealed")))
            except InvalidToken:
                log.error("contact_not_opened", contact=row["id"], meaning="sealed with another SENTINEL_SECRET_KEY")
                continue
            secret = opened.get("settings", {}).get("secret", "")
            groups[not row.pop("named")].append(Contact(**row, address=opened["address"], secret=secret))
        return groups

    def _send(self, due: list[Row], contacts: list[Contact]) -> bool:
        """One message to every contact, all at once; True if one of them took it."""
        messages = [self._message(due, contact) for contact in contacts]
        with ThreadPoolExecutor(len(contacts) or 1) as pool:
            outcomes = list(pool.map(send, repeat(self._settings), contacts, messages))
        for contact, message, (state, detail) in zip(contacts, messages, outcomes, strict=True):
            told = {"channel": contact.channel, "state": state, "detail": detail}
            log.warning(
                "last_resort_paged", incident=message.incident_id, incidents=len(due), user=contact.user_id, **told
            )
            inside = told if state == "failed" else {**told, "state": "bundled", "detail": f"inside page {message.id}"}
            self._unrecorded += [_row(d, contact, message) | (told if d is due[0] else inside) for d in due]
        return any(state != "failed" for state, _ in outcomes)

    def _message(self, due: list[Row], contact: Contact) -> Message:
        first, url, rest = due[0], f"{self._settings.url}/incidents", len(due) - NAMED
        listed = [f"- {d['severity']}: {d['title'][:200]}, due {d['since']} UTC, {url}/{d['incident']}" for d in due]
        more = f"- and {rest} more on the outbox page\n" if rest > 0 else ""
        text = (
            "Sentinel's hosts do not do their work, and nobody was called for:\n\n"
            + "\n".join(listed[:NAMED])
            + f"\n{more}\nYou are called because: you are the last resort, and nothing happened for "
            f"{self._settings.last_resort_after_s:.0f} s.\nLook at these alerts at their source now. Then run "
            "`sentinel doctor`; docs/runbook.md#pages-unsent says what to do."
        )
        title = " ".join(first["title"].split())[:80] + (f" (+{len(due) - 1} more)" if len(due) > 1 else "")
        subject = f"[{first['severity']}] Not paged by the hosts: {title}"
        incident = first["incident"]
        return Message(_ident(first, contact), subject, text, f"{url}/{incident}", incident, first["now"])

    def _record(self, connection: Connection) -> None:
        """Write down what was sent. What the database refuses is given up: the next page matters more."""
        rows, self._unrecorded = self._unrecorded, []
        try:
            with connection.cursor() as cursor:
                cursor.executemany(SQL["record"], rows)
        except psycopg.OperationalError:
            self._unrecorded = rows
            raise


def _ident(due: Row, contact: Contact) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"watchdog/{due['incident']}/{contact.id}/{due['now']}"))


def _row(due: Row, contact: Contact, message: Message) -> Row:
    """An outbox row as gateways show it, but for the outcome."""
    who = {"contact_method_id": contact.id, "user_id": contact.user_id, "user_name": contact.name}
    why = {"sentence": "you are the last resort, and the hosts did not page in time; sent by the watchdog"}
    what = {"subject": message.subject, "short": message.subject[:160], "text": message.text, "severity": "critical"}
    body = {"incident_id": due["incident"], **who, "contact_label": contact.label, **what, "why": why}
    return {"id": _ident(due, contact), "entity": due["entity"], "shard": due["shard"], "body": Jsonb(body)}
