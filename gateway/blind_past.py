"""What an earlier process did in this outage, for break-glass to go on from.

Records come in order. Its lines are played again from their messages; where a turn was written down, it is the truth.
"""

from __future__ import annotations

from dataclasses import replace

from domain.configuration import Configuration
from gateway.blind_lines import Lines, Outcome
from gateway.blind_sends import FINAL
from gateway.spool_records import Arrived, Record, Sent, Turned
from runtime.sending import failed
from runtime.store import Inbound, OutboxRow


class Past:
    """Brings `lines` to where they stand, and says what is left to do."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self._known: set[str] = set()
        self._pages: dict[str, OutboxRow] = {}
        self._of: dict[str, list[str]] = {}
        self._unwritten: dict[str, list[Outcome]] = {}
        self._tells: dict[str, list[Inbound]] = {}

    def survey(self, record: Record) -> None:
        """See every record once before the first is noted."""
        if isinstance(record, Turned):
            self._known.add(record.entity)

    def knows(self, record: Record) -> bool:
        """True if it is of a line that the earlier process paged for; any other is as good as new."""
        return (record.message.entity if isinstance(record, Arrived) else record.entity) in self._known

    def note(self, place: int, record: Record, now: float, config: Configuration) -> None:
        """The next record."""
        match record:
            case Arrived(_, message):
                self._arrived(place, message, now, config)
            case Turned():
                self._lines.restore(record)
                self._unwritten.pop(record.entity, None)
                self._tells.pop(record.entity, None)
                for row in record.pages:
                    # Written down and perhaps sent: unless an outcome follows, it is not known.
                    self._pages[row.id] = replace(row, state="sending")
                    self._of.setdefault(record.entity, []).append(row.id)
            case Sent():
                self._sent(record)

    def _arrived(self, place: int, message: Inbound, now: float, config: Configuration) -> None:
        outcome = self._lines.take(place, message, now, config)
        if outcome is None:
            return
        if outcome.quiet or outcome.withdrawn:
            left = [o.before(outcome) for o in self._unwritten.pop(outcome.entity, ())]
            self._unwritten[outcome.entity] = [o for o in left if o.turned is not None]
            for delivery in self._of.get(outcome.entity, ()):
                if self._pages[delivery].state not in FINAL and (outcome.quiet or delivery in outcome.withdrawn):
                    self._pages[delivery] = replace(self._pages[delivery], state="cancelled")
        if outcome.turned is not None:
            self._unwritten.setdefault(outcome.entity, []).append(outcome)

    def _sent(self, sent: Sent) -> None:
        row = self._pages.get(sent.delivery)
        if row is None:
            return
        tell = failed(row, sent.detail).tell if sent.state == "failed" else None
        if tell is not None:
            self._tells.setdefault(sent.entity, []).append(tell)
        self._pages[sent.delivery] = replace(
            row, state=sent.state, attempts=sent.attempts, unknowns=sent.unknowns, due_at=sent.due_at
        )

    def unfinished(self) -> list[OutboxRow]:
        """Pages whose sending is not over."""
        return [row for row in self._pages.values() if row.state not in FINAL]

    def unwritten(self) -> list[Turned]:
        """Turns that are still to be written down; then their pages can be sent."""
        found = (outcome.turned for outcomes in self._unwritten.values() for outcome in outcomes)
        return [turned for turned in found if turned is not None]

    def tells(self) -> list[Inbound]:
        """Messages to lines about pages given up, not taken up yet."""
        return [tell for tells in self._tells.values() for tell in tells]
