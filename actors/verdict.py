"""Does what is stored of one entity keep the promises? Pure: rows in, findings out.

Joins what holds of every entity (runtime/invariants.py) with what holds of an incident line (domain/promises.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from actors.device import Device
from actors.incident import Incident
from actors.schedule import ScheduleActor
from domain.incident import Line
from domain.line import MAX_TOMBSTONES
from domain.promises import halts, judge
from runtime import invariants
from runtime.codec import Kind
from runtime.ledger import Finding

Row = Mapping[str, Any]
ENTITIES: tuple[Any, ...] = (Incident(), ScheduleActor(), Device())
CLAIM_S = 1.0
"""A claim by database time against a decision by the host's estimate of it: they may differ by this much."""


@dataclass(slots=True)
class Stored:
    """All rows of one entity, each as runtime/sql/verify.sql reads it. `state` None: there is none."""

    entity: str
    version: int
    state: bytes | None
    journal: list[Row] = field(default_factory=list)
    pages: dict[str, Row] = field(default_factory=dict)
    attempts: dict[str, list[Row]] = field(default_factory=dict)
    armed: set[str] = field(default_factory=set)


class Verdict:
    """Judges entities of the kinds this program knows."""

    def __init__(self, entities: Sequence[Any] = ENTITIES) -> None:
        self._kinds = {e.kind: (Kind(e), invariants.Folder(e)) for e in entities}

    def of(self, stored: Stored, now: float) -> Iterator[Finding]:
        """What is not as promised; `now` is database time."""
        yield from invariants.positions(stored.entity, stored.journal)
        for send, attempts in stored.attempts.items():
            yield from invariants.doubled(send, attempts)
        for send, page in stored.pages.items():
            yield from invariants.recorded(send, page["state"], stored.attempts.get(send, ()))
        name, _, key = stored.entity.partition("/")
        if name not in self._kinds:
            yield Finding("drift", stored.entity, "this program knows no such kind of entity")
            return
        kind, folder = self._kinds[name]
        try:
            folded = folder.fold(key, stored.journal)
            kept = kind.state(stored.version, stored.state, key)
        except (KeyError, TypeError, msgspec.MsgspecError) as error:
            what = f"its journal cannot be read by this version: {type(error).__name__}: {error}"
            yield Finding("drift", stored.entity, what)
            return
        if _comparable(kept) != _comparable(folded):
            yield Finding("drift", stored.entity, _difference(kept, folded))
        if isinstance(folded, Line):
            yield from self._line(stored, folded, now)

    @staticmethod
    def _line(stored: Stored, line: Line, now: float) -> Iterator[Finding]:
        for kind, what in judge(stored.journal, stored.pages, stored.armed, line, now):
            yield Finding(kind, stored.entity, what)
        for send, at in halts(stored.journal).items():
            begun = [a["started_at"] for a in stored.attempts.get(send, ()) if a["tried"] is not False]
            yield from invariants.after_halt(send, [b for b in begun if b is not None], at, CLAIM_S)


def _comparable(state: Any) -> Any:
    """At the cap the oldest tombstones go by age, and JSON does not keep the order of those of one instant."""
    if isinstance(state, Line) and len(state.tombstones) >= MAX_TOMBSTONES:
        return replace(state, tombstones={})
    return state


def _difference(kept: Any, folded: Any) -> str:
    """The fields that differ, without what is in them: that may be long, and other people's."""
    fields = getattr(folded, "__dataclass_fields__", {})
    names = [n for n in fields if getattr(kept, n, None) != getattr(folded, n)]
    return f"the stored state is not what its journal leads to: {', '.join(names) or 'another type'}"
