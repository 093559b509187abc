"""`sentinel verify`: nothing was changed afterwards and every promise held, on the real data in one snapshot."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, LiteralString, cast

import psycopg
from psycopg.rows import DictRow, dict_row

from actors.verdict import Stored, Verdict
from cli.config_check import database_of
from cli.progress import Failed, say
from runtime import invariants
from runtime.ledger import Chain, Entry, Finding, Head
from runtime.queries import load
from storage.settings import Settings

SQL = load("runtime.sql", "verify.sql")
BATCH = 500
"""Entities judged at a time; memory is bounded by their journals."""
STREAM = 5_000
SHOWN = 20
"""Findings shown of each kind; the rest is counted."""
TELL_EVERY = 100_000


class Verification:
    """Reads everything in one snapshot; findings are counted and the first of each kind shown."""

    def __init__(self, connection: psycopg.Connection[DictRow], kept: Head | None) -> None:
        self._connection = connection
        self._kept = kept
        self.found: Counter[str] = Counter()

    def run(self) -> None:
        """Every part, each said when it is done."""
        self._chain()
        self._part("rows that no entry speaks of", self._strangers())
        self._part("epochs of the shards", invariants.epochs(self._stream("written")))
        self._part("entities: journal, state, timers, pages", self._entities())
        self._part("what was taken and not processed", self._lost())
        self._part("what waits too long", self._left())

    def _part(self, name: str, findings: Iterable[Finding]) -> None:
        before = sum(self.found.values())
        for finding in findings:
            self.found[finding.kind] += 1
            if self.found[finding.kind] <= SHOWN:
                say(f"  {finding.kind:<16} {finding.entity}: {finding.what}")
        bad = sum(self.found.values()) - before
        say(f"{'ok   ' if not bad else 'WRONG'} {name}{f': {bad} finding(s)' if bad else ''}")

    def _chain(self) -> None:
        chain = Chain(self._kept)
        self._part("the chain, and the rows it speaks of", chain.check(Entry(**r) for r in self._stream("entries")))
        ((rows, age_s),) = (tuple(r.values()) for r in self._rows("waiting"))
        say(f"      {chain.entries} entries; {rows} row(s) not sealed yet, the oldest for {age_s:.0f} s")
        say(f"      head {chain.head}   keep it elsewhere: sentinel verify --head {chain.head.n}:… proves it later")

    def _strangers(self) -> Iterator[Finding]:
        for row in self._rows("strangers"):
            who = f"{row['source']} row {row['position']}"
            yield Finding("inserted", who, f"{row['what']} was put in past the commits: nothing ever sealed it")

    def _lost(self) -> Iterator[Finding]:
        for row in self._rows("lost"):
            yield Finding("lost", row["entity"], f"message {row['id']} is marked as done and no decision names it")

    def _left(self) -> Iterator[Finding]:
        for row in self._rows("left"):
            yield Finding("stuck", row["entity"], f"{row['what']} is {row['late_s']:.0f} s late")

    def _entities(self) -> Iterator[Finding]:
        verdict, after, seen, rows = Verdict(), "", 0, 0
        while batch := self._rows("entities", after=after, limit=BATCH):
            stored = {r["id"]: Stored(r["id"], r["version"], r["state"]) for r in batch}
            self._fill(stored)
            for one in stored.values():
                yield from verdict.of(one, batch[0]["now"])
                seen, rows = seen + 1, rows + len(one.journal)
                if rows // TELL_EVERY != (rows - len(one.journal)) // TELL_EVERY:
                    say(f"      … {rows} journal rows of {seen} entities")
            after = batch[-1]["id"]
        say(f"      {rows} journal rows of {seen} entities")
        for row in self._rows("orphans"):
            yield Finding("drift", row["entity"], "it has a journal and no state")

    def _fill(self, stored: dict[str, Stored]) -> None:
        names = list(stored)
        owner: dict[str, str] = {}
        for row in self._rows("journals", entities=names):
            stored[row["entity"]].journal.append(row)
        for row in self._rows("outboxes", entities=names):
            stored[row["entity"]].pages[row["id"]] = row
            owner[row["id"]] = row["entity"]
        for row in self._rows("attempts", entities=names):
            if row["send"] in owner:
                stored[owner[row["send"]]].attempts.setdefault(row["send"], []).append(row)
        for row in self._rows("armed", entities=names):
            stored[row["entity"]].armed.add(row["name"])

    def _rows(self, name: str, **parameters: Any) -> list[DictRow]:
        return self._connection.execute(cast(LiteralString, SQL[name]), parameters or None).fetchall()

    def _stream(self, name: str) -> Iterator[DictRow]:
        with self._connection.cursor(name) as cursor:
            cursor.itersize = STREAM
            yield from cursor.execute(cast(LiteralString, SQL[name]))


def run(settings: Settings, head: str) -> int:
    """Exit status: 1 if anything is not as promised. Raises Failed if it cannot be found out."""
    try:
        kept = Head.parse(head) if head else None
    except ValueError as error:
        raise Failed(f"--head: {error}") from error
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
    wrong = sum(verification.found.values())
    say(f"\n{wrong} finding(s): {dict(verification.found)}" if wrong else "\nEverything is as promised.")
    return 1 if wrong else 0
