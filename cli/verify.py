"""`sentinel verify`: nothing was changed afterwards and every promise held, on the real data in one snapshot.

Read-only, a stream at a time: memory does not grow with the installation. A standby of the database will do.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import groupby
from time import monotonic
from typing import Any

import psycopg
from psycopg.rows import DictRow, dict_row

from actors.verdict import Verdict, excused
from cli.config_check import database_of
from cli.progress import Failed, say
from runtime import invariants
from runtime.invariants import Finding
from runtime.ledger import Chain, Entry, Head
from runtime.queries import load
from storage.settings import Settings

SQL = load("runtime.sql", "verify.sql")
BATCH = 500
"""Entities whose states are held at a time."""
STREAM = 2_000
SHOWN = 20
"""Findings shown of each kind; the rest is counted."""
TELL_EVERY = 200_000


class Verification:
    """Reads everything in one snapshot; findings are counted and the first of each kind shown."""

    def __init__(self, connection: psycopg.Connection[DictRow], kept: Head | None) -> None:
        self._connection = connection
        self._kept = kept
        self.found: Counter[str] = Counter()
        self.rows = 0

    def run(self) -> None:
        """Every part, each said when it is done."""
        self._chain()
        self._part("rows that no entry speaks of", self._strangers())
        self._part("epochs of the shards", invariants.epochs(self._stream("written")))
        self._part("journals, states, timers, pages of every entity", self._entities())
        self._part("sends of every page", self._effects())
        self._part("what was accepted and not processed", self._lost())
        self._part("what waits too long", self._left())

    def _part(self, name: str, findings: Iterable[Finding]) -> None:
        began, before, rows = monotonic(), sum(self.found.values()), self.rows
        for finding in findings:
            self.found[finding.kind] += 1
            if self.found[finding.kind] <= SHOWN:
                say(f"  {finding.kind:<15} {finding.entity}: {finding.what}")
        bad, took_s = sum(self.found.values()) - before, monotonic() - began
        seen = f" ({self.rows - rows} rows, {took_s:.1f} s)" if self.rows > rows else ""
        say(f"{'ok   ' if not bad else 'WRONG'} {name}{seen}{f': {bad} finding(s)' if bad else ''}")

    def _chain(self) -> None:
        chain = Chain(self._kept)
        self._part("the chain, and the rows it speaks of", chain.check(Entry(**r) for r in self._stream("entries")))
        (waiting,) = self._rows("waiting")
        say(f"      {waiting['rows']} row(s) not sealed yet, the oldest for {waiting['age_s']:.0f} s")
        say(f"      head {chain.head}")
        say("      Keep the head elsewhere: with `sentinel verify --head` it proves later that nothing before changed.")

    def _strangers(self) -> Iterator[Finding]:
        for row in self._rows("strangers"):
            who = f"{row['source']} row {row['position']}"
            yield Finding("inserted", who, f"{row['what']} was put in past the commits: nothing ever sealed it")

    def _entities(self) -> Iterator[Finding]:
        after = ""
        while batch := self._rows("entities", after=after, limit=BATCH):
            left = {row["id"]: row for row in batch}
            for entity, rows in groupby(self._stream("journals", entities=list(left)), lambda row: str(row["entity"])):
                yield from _judged(left.pop(entity), rows)
            for without in left.values():
                yield from _judged(without, ())
            after = batch[-1]["id"]
        for row in self._rows("orphans"):
            yield Finding("drift", row["entity"], f"it has a {row['what']} and no state")

    def _effects(self) -> Iterator[Finding]:
        for row in self._stream("effects"):
            yield from invariants.attempted(row["id"], row["attempts"])
            yield from invariants.recorded(row["id"], row["state"], row["attempts"])

    def _lost(self) -> Iterator[Finding]:
        for row in self._rows("lost"):
            yield Finding("lost", row["entity"], f"message {row['id']} is marked as done and no decision names it")

    def _left(self) -> Iterator[Finding]:
        for row in self._rows("left"):
            yield Finding("stuck", row["entity"], f"{row['what']} is {row['late_s']:.0f} s late")

    def _rows(self, name: str, **parameters: Any) -> list[DictRow]:
        return self._connection.execute(SQL[name], parameters or None).fetchall()

    def _stream(self, name: str, **parameters: Any) -> Iterator[DictRow]:
        with self._connection.cursor(name) as cursor:
            cursor.itersize = STREAM
            for row in cursor.execute(SQL[name], parameters or None):
                self.rows += 1
                if self.rows % TELL_EVERY == 0:
                    say(f"      … {self.rows} rows read")
                yield row


def _judged(entity: DictRow, rows: Iterable[DictRow]) -> Iterator[Finding]:
    verdict = Verdict(entity["id"], entity["now"])
    for row in rows:
        yield from verdict.follow(row)
    for finding in verdict.end(entity["version"], entity["state"], entity["armed"]):
        if not excused(finding, entity["quarantined"]):
            yield finding


def run(settings: Settings, head: str) -> int:
    """Exit status: 1 if anything is not as promised. Raises Failed if it cannot be found out."""
    try:
        kept = Head.parse(head) if head else None
    except ValueError as error:
        raise Failed(f"--head: {error}") from error
    began = monotonic()
    try:
        with psycopg.connect(
            database_of(settings), connect_timeout=5, row_factory=dict_row, application_name="sentinel-verify"
        ) as connection:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            connection.read_only = True
            connection.execute("set local statement_timeout = 0")
            verification = Verification(connection, kept)
            verification.run()
    except psycopg.Error as error:
        raise Failed(f"the database could not be read: {str(error).splitlines()[0]}") from error
    wrong, took_s = sum(verification.found.values()), monotonic() - began
    say(f"\n{verification.rows} rows in {took_s:.1f} s ({verification.rows / max(took_s, 0.001):.0f}/s).")
    say(f"{wrong} finding(s): {dict(verification.found)}" if wrong else "Everything is as promised.")
    return 1 if wrong else 0
