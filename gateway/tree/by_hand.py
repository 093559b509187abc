"""Overrides and temporary schedules of a tree.

One is itself by what it says, so one that is in the tree and in the database is left alone, with who made it and when;
one that is in the database only was taken back, and stays in the history.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import msgspec

from gateway.schemas.tree import OverrideBody, TemporaryBody
from gateway.tree.section import Desk, columns
from runtime.ids import new_id
from storage.tables import OverrideRow, TemporaryRow

M = TypeVar("M", OverrideBody, TemporaryBody)


def overrides(rows: Iterable[OverrideRow]) -> dict[str, OverrideBody]:
    """Those that count, by id, in the order in which they were made."""
    found = {}
    for row in sorted((r for r in rows if r.removed_at is None), key=lambda r: (r.created_at, r.id)):
        plain = columns(row, ("kind", "user_id", "instead_of", "note"))
        found[row.id] = OverrideBody.model_validate({**plain, **_times(row)})
    return found


def temporaries(rows: Iterable[TemporaryRow]) -> dict[str, TemporaryBody]:
    """As `overrides`."""
    found = {}
    for row in sorted((r for r in rows if r.removed_at is None), key=lambda r: (r.created_at, r.id)):
        found[row.id] = TemporaryBody.model_validate({"name": row.name, "layers": row.layers, **_times(row)})
    return found


def _times(row: OverrideRow | TemporaryRow) -> dict[str, datetime]:
    times = {"start": row.starts_at, "end": row.ends_at, "made": row.created_at}
    return {name: time.astimezone(UTC) for name, time in times.items()}


def _says(body: OverrideBody | TemporaryBody, made: bool = True) -> tuple[Any, ...]:
    """The same for two that say the same, by the same `made` or whatever that is."""
    when = body.made.timestamp() if made and body.made is not None else None
    rest = body.model_dump_json(exclude={"start", "end", "made"})
    return body.start.timestamp(), body.end.timestamp(), when, rest


def dated(wanted: list[M] | None, stored: Sequence[M] | None) -> list[M] | None:
    """With `made` where the tree does not say it and the database knows it, in the order in which they are made."""
    if wanted is None:
        return None
    exact = Counter(_says(body) for body in wanted)
    twins: dict[tuple[Any, ...], list[M]] = {}
    for body in stored or []:
        if not exact[_says(body)]:
            twins.setdefault(_says(body, made=False), []).append(body)
    old: list[M] = [b for b in wanted if b.made is not None]
    new: list[M] = []
    for body in (b for b in wanted if b.made is None):
        there = twins.get(_says(body))
        if there:
            old.append(there.pop(0))
        else:
            new.append(body)
    old.sort(key=lambda b: b.made or datetime.max.replace(tzinfo=UTC))
    return old + new


def renew(desk: Desk, rows: list[Any], stored: Mapping[str, M], known: Sequence[M], wanted: Sequence[M]) -> None:
    """Take back what was known and the tree does not say, add what is new. `stored`: the rows that count, by id."""
    seen, missing = Counter(_says(body) for body in known), Counter(_says(body) for body in wanted)
    by_id = {row.id: row for row in rows}
    for ident, body in stored.items():
        says = _says(body)
        if missing[says]:
            missing[says] -= 1
        elif seen[says]:
            by_id[ident].removed_at, by_id[ident].removed_by = desk.now, desk.actor
    for n, body in enumerate(wanted):
        if missing[_says(body)]:
            missing[_says(body)] -= 1
            rows.append(_row(body, body.made or desk.now + timedelta(microseconds=n), desk.actor))


def _row(body: OverrideBody | TemporaryBody, made: datetime, by: str) -> OverrideRow | TemporaryRow:
    ident = new_id()
    row: OverrideRow | TemporaryRow
    if isinstance(body, OverrideBody):
        row = OverrideRow(id=ident, **columns(body, ("kind", "user_id", "instead_of", "note")))
    else:
        layers = msgspec.to_builtins(body.to_domain(ident, 0.0).layers)
        row = TemporaryRow(id=ident, name=body.name, layers=layers)
    row.starts_at, row.ends_at, row.created_at, row.created_by = body.start, body.end, made, by
    return row
