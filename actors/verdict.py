"""Does what is stored of one entity keep the promises? Rows in, findings out; no I/O.

Joins what holds of every entity (runtime/invariants.py) with what holds of an incident line (domain/promises.py). Goes
along the journal once, so that a line of years takes no more memory than one incident.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import Any

import msgspec

from actors.registry import ENTITIES
from domain import events as e
from domain.incident import Line
from domain.line import MAX_TOMBSTONES
from domain.promises import LineJudge
from runtime import invariants
from runtime.codec import Kind, UnknownKind
from runtime.invariants import EXCUSED, Finding

Row = Mapping[str, Any]
KINDS = {entity.kind: (entity, Kind(entity), invariants.Events(entity)) for entity in ENTITIES}
CLAIM_S = 30.0
"""Between a decision that withdraws a page and its commit a claim is in order; a commit takes no longer than this."""


class Verdict:
    """One entity: `follow` its journal in order, then `end`. `now`: database time, UTC epoch seconds."""

    def __init__(self, entity: str, now: float) -> None:
        self._entity = entity
        self._positions = invariants.Positions()
        name, _, key = entity.partition("/")
        self._broken = "" if name in KINDS else f"this program knows no kind of entity {name!r}"
        if not self._broken:
            kind, self._codec, self._events = KINDS[name]
            self._fold = invariants.Fold(kind, key)
        self._key = key
        self._line = LineJudge(now) if name == "incident" else None
        self._began: dict[str, list[float]] = {}

    def follow(self, row: Row) -> Iterator[Finding]:
        """A row as runtime/sql/verify.sql reads it: of a Paged with `page` (its outbox row) and `attempts`."""
        yield from self._positions.follow(row)
        if self._broken:
            return
        try:
            event = self._events.of(row["kind"], row["body"])
            self._fold.follow(event)
        except (KeyError, msgspec.MsgspecError) as error:
            self._broken = f"row {row['seq']} cannot be read by this version: {type(error).__name__}: {error}"
            return
        if self._line is not None:
            if isinstance(event, e.Triggered):
                yield from self._after_halts()
            elif isinstance(event, e.Paged):
                attempts = row["attempts"] or ()
                self._began[event.delivery] = [
                    a["started_at"] for a in attempts if invariants.perhaps_taken(a) and a["started_at"] is not None
                ]
            for kind, what in self._line.follow(event, row["at"], row["page"]):
                yield self._finding(kind, what)

    def end(self, version: int, state: bytes | None, armed: Collection[str]) -> Iterator[Finding]:
        """`state` as stored, None if there is none; `armed`: names of the entity's timers."""
        if self._broken:
            yield self._finding("drift", self._broken)
            return
        try:
            stored = self._codec.state(version, state, self._key)
        except (UnknownKind, msgspec.MsgspecError) as error:
            yield self._finding("drift", f"its state cannot be read by this version: {error}")
            return
        if _at_cap(stored):
            # The oldest went by age, and JSON does not keep the order of those of one instant.
            stored, self._fold.state = replace(stored, tombstones={}), replace(self._fold.state, tombstones={})
        yield from self._fold.drift(self._entity, stored)
        if self._line is not None:
            yield from self._after_halts()
            for kind, what in self._line.end(self._fold.state, armed):
                yield self._finding(kind, what)

    def _after_halts(self) -> Iterator[Finding]:
        if self._line is not None:
            for send, halted_at in self._line.halted():
                for at in self._began.get(send, ()):
                    yield from invariants.after_halt(send, at, halted_at, CLAIM_S)
        self._began = {}

    def _finding(self, kind: str, what: str) -> Finding:
        return Finding(kind, self._entity, what)


def _at_cap(state: Any) -> bool:
    return isinstance(state, Line) and len(state.tombstones) >= MAX_TOMBSTONES


def excused(finding: Finding, quarantined: bool) -> bool:
    """True if the entity's quarantine explains it."""
    return quarantined and finding.kind in EXCUSED
