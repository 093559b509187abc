"""What one round of the replay gives to the database, line by line; it goes on listening while the round lasts.

A line is given whole: first what it is told of its pages, then its messages. What comes for a line while it waits for
its turn goes with it, what comes afterwards follows at once; both are in the spool too and come again in the next
round, which changes nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from gateway.outage_report import OutageReport
from gateway.spool import Placed
from gateway.spool_records import Arrived, Record
from runtime.store import Inbound

ROWS = 1_000
ROWS_BYTES = 16 * 1024 * 1024
Lines = dict[str, list[Inbound]]


class HandOver:
    """One round. `report` knows what the spool holds of pages and commands."""

    def __init__(self, report: OutageReport) -> None:
        self._report = report
        self._heard: list[Record] | None = []
        """Until everything older is noted."""
        self._waiting: Lines = {}
        self._whole = True
        self._given: set[str] = set()
        self._following: list[Inbound] = []

    def hear(self, placed: Iterable[Placed]) -> None:
        """Records that have just been written."""
        records = [record for _, record in placed]
        if self._heard is not None:
            self._heard += records
        else:
            self._note(records)

    def _note(self, records: Sequence[Record]) -> None:
        self._report.note(records)
        for record in records:
            if isinstance(record, Arrived):
                self._came(record.message)

    def _came(self, message: Inbound) -> None:
        if self._whole and message.entity in self._waiting:
            self._waiting[message.entity].append(message)
        elif message.entity in self._given:
            self._following.append(message)

    def begin(self, lines: Lines, whole: bool) -> None:
        """These are to be taken; the report has noted all that was there when the round began.

        `whole`: with every message that the spool has of them. Else there is more in later segments, and what comes
        now must not overtake it: it waits for the next round.
        """
        self._waiting, self._whole = lines, whole
        if self._heard is not None:
            heard, self._heard = self._heard, None
            self._note(heard)

    def take(self, entities: Collection[str]) -> list[Inbound]:
        """All there is of these lines, in the order in which the database must have it."""
        found: list[Inbound] = []
        for entity in entities:
            found += self._report.message(entity)
            found += self._waiting.pop(entity)
            if self._whole:
                self._given.add(entity)
        return found

    def following(self) -> list[Inbound]:
        """What came for lines already taken."""
        found, self._following = self._following, []
        return found


def portions(lines: Lines) -> list[list[str]]:
    """Lines in order, as many at a time as go into one statement; one line is not divided."""
    found: list[list[str]] = []
    rows = size = 0
    for entity, messages in lines.items():
        more_rows, more = len(messages) + 1, sum(len(m.body) for m in messages)
        if not found or rows + more_rows > ROWS or size + more > ROWS_BYTES:
            found.append([])
            rows = size = 0
        found[-1].append(entity)
        rows, size = rows + more_rows, size + more
    return found
