"""Rows that wait to share a message with others, and which of them go now. No I/O; the loop is outbox.py.

The rule is the registry's (`Bundling.sort`, pure). Waiting is this host's memory alone: in the store the rows stay as
due as they are, so whoever takes the shard over sends them, and no wait is longer than the rule says after they were
due. What was told lately is remembered here too, by other hosts as far as it is heard of (told.py), and nowhere else:
a host that knows less sends more.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

from runtime.effects import Accepted, Rejected, Send, Unknown
from runtime.store import Carried, OutboxRow
from runtime.told import ToldPage

Together = Callable[[str, Sequence[Send], Any, float], Awaitable[Accepted | Rejected | Unknown]]
"""(id of the message, the sends, environment, time-out in seconds): try once to send one message for all of them."""
LOOK_S = 1.0
"""How often a wait is looked at, at least."""
FORGET_S = 300.0
"""Longer than any rule looks back."""


@dataclass(frozen=True, slots=True)
class Bundling:
    """`key`: what shares messages (a person's contact method), "" for a row that never waits. `rank`: how bad it is.

    `sort(told, due, now)`: told are (at, rank) of what was sent to the key, due are (id, rank, due_at); answers the ids
    to send now each by itself, and those to send now together. The others wait and are asked about again.
    """

    key: Callable[[OutboxRow], str]
    rank: Callable[[OutboxRow], int]
    sort: Callable[
        [Sequence[tuple[float, int]], Sequence[tuple[str, int, float]], float], tuple[tuple[str, ...], tuple[str, ...]]
    ]
    together: Together


@dataclass(frozen=True, slots=True)
class Parcel:
    """What goes out in one message: one row, or several of one key. `held_s`: how long each was kept back for others.

    Waiting for a free slot afterwards is no part of that.
    """

    rows: tuple[OutboxRow, ...]
    held_s: tuple[float, ...] = ()

    def without(self, gone: Callable[[OutboxRow], bool]) -> Parcel:
        """What is left of it."""
        left = [(row, s) for row, s in zip_longest(self.rows, self.held_s) if not gone(row)]
        return Parcel(tuple(row for row, _ in left), tuple(s for _, s in left if s is not None))

    def carried(self, bundle: str | None) -> dict[str, Carried]:
        """For the claim; rows that may not wait are left out."""
        return {row.id: Carried(bundle, s) for row, s in zip(self.rows, self.held_s, strict=False)}


@dataclass(slots=True)
class _Key:
    told: dict[str, tuple[float, int]] = field(default_factory=dict)
    waiting: dict[str, tuple[OutboxRow, float]] = field(default_factory=dict)
    looked_at: float = float("-inf")
    changed: bool = True


class Bundles:
    """The waiting rows of one host. `now`: database time, UTC epoch seconds."""

    def __init__(self, bundling: Bundling | None) -> None:
        self._bundling = bundling
        self._keys: dict[str, _Key] = {}
        self._active: dict[str, None] = {}
        self._swept_at = float("-inf")
        self._of: dict[str, str] = {}
        """Row id -> key, of what waits or was told."""

    def takes(self, row: OutboxRow, now: float) -> bool:
        """True if the row is kept here until `ready` gives it out; one that was tried before never waits."""
        name = (
            self._bundling.key(row)
            if self._bundling is not None and row.state == "pending" and not row.attempts
            else ""
        )
        if not name:
            return False
        key = self._keys.setdefault(name, _Key())
        key.waiting[row.id] = row, now
        key.changed = True
        self._active[name] = None
        self._of[row.id] = name
        return True

    def ready(self, now: float) -> Iterator[Parcel]:
        """What goes out now; it counts as told until `untold`."""
        if self._bundling is None:
            return
        if now >= self._swept_at + FORGET_S:
            self._sweep(now)
        for name in list(self._active):
            key = self._keys[name]
            if key.changed or now >= key.looked_at + LOOK_S:
                key.looked_at, key.changed = now, False
                due = [(r.id, self._bundling.rank(r), r.due_at) for r, _ in key.waiting.values()]
                alone, together = self._bundling.sort(list(key.told.values()), due, now)
                for ids in (*((ident,) for ident in alone), *([together] if together else [])):
                    yield self._give(key, ids, now)
                if not key.waiting:
                    del self._active[name]

    def _give(self, key: _Key, ids: Sequence[str], now: float) -> Parcel:
        given = [key.waiting.pop(ident) for ident in ids]
        for row, _ in given:
            key.told[row.id] = now, self._bundling.rank(row) if self._bundling is not None else 0
        return Parcel(tuple(r for r, _ in given), tuple(max(0.0, now - since) for _, since in given))

    def _sweep(self, now: float) -> None:
        self._swept_at = now
        for name, key in list(self._keys.items()):
            for ident in [i for i, (at, _) in key.told.items() if at <= now - FORGET_S]:
                del key.told[ident]
                self._of.pop(ident, None)
            if not key.told and not key.waiting:
                del self._keys[name]

    def told_page(self, row: OutboxRow, now: float) -> ToldPage | None:
        """For other hosts; None for a row that is not counted."""
        if self._bundling is None or not (name := self._bundling.key(row)):
            return None
        return ToldPage(row.id, name, now, self._bundling.rank(row))

    def heard(self, page: ToldPage) -> None:
        """Another host's provider took it: it counts as if it had gone out here."""
        if self._bundling is not None:
            self._keys.setdefault(page.key, _Key()).told.setdefault(page.id, (page.at, page.rank))

    def untold(self, ident: str) -> None:
        """It was not sent after all."""
        key = self._keys.get(self._of.pop(ident, ""))
        if key is not None and key.told.pop(ident, None) is not None:
            key.changed = True

    def waiting(self) -> Iterator[OutboxRow]:
        """Every row that waits."""
        return (row for name in self._active for row, _ in self._keys[name].waiting.values())

    def drop(self, gone: Callable[[OutboxRow], bool]) -> list[str]:
        """Forget waiting rows; answers their ids."""
        ids = [row.id for row in self.waiting() if gone(row)]
        for ident in ids:
            name = self._of.pop(ident)
            del self._keys[name].waiting[ident]
            if not self._keys[name].waiting:
                del self._active[name]
        return ids

    def all(self) -> list[Parcel]:
        """Everything that waits, each by itself: nothing waits any more."""
        rows = list(self.waiting())
        self.drop(lambda _: True)
        return [Parcel((row,)) for row in rows]
