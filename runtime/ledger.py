"""The chain over journal and send log, checked without trusting the database that holds it.

    digest = sha256(the row as JSON text)        hash = sha256(hash of the entry before + digest)

So a row changed after it was sealed no longer has its digest; an entry changed, taken out, put in or exchanged no
longer follows from the one before. Whoever rewrites the whole chain from some entry on is found only by a head (number
and hash) kept elsewhere: the gateways write it to their log, `sentinel verify` prints it. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256

from runtime.invariants import Finding


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry, with the row it speaks of as the database has it now (None: it is gone)."""

    n: int
    source: str
    position: int
    digest: bytes
    hash: bytes
    sealed_at: str
    text: str | None


@dataclass(frozen=True, slots=True)
class Head:
    """Where the chain ended: keep it elsewhere, and everything up to it can be proved later. Written `n:hash`."""

    n: int
    hash: str

    @classmethod
    def parse(cls, text: str) -> Head:
        """Raises ValueError if it is not `n:hash`."""
        n, _, value = text.partition(":")
        if len(value) != 64 or not n.isdigit():
            raise ValueError("a head is written as its number, a colon and 64 hexadecimal digits")
        return cls(int(n), bytes.fromhex(value).hex())

    def __str__(self) -> str:
        return f"{self.n}:{self.hash}"


class Chain:
    """Goes along the entries; afterwards `head` is the last one and `entries` how many there were."""

    def __init__(self, kept: Head | None = None) -> None:
        self.head = Head(-1, "")
        self.entries = 0
        self._kept = kept
        self._before = b""
        self._broken = False

    def check(self, entries: Iterable[Entry]) -> Iterator[Finding]:
        """What is wrong, in order: every changed row, and where the chain breaks for the first time."""
        for entry in entries:
            yield from self._row(entry)
            if not self._broken and (broken := self._link(entry)):
                self._broken = True
                yield Finding("chain", f"entry {entry.n}", broken)
            if self._kept is not None and entry.n == self._kept.n and entry.hash.hex() != self._kept.hash:
                yield Finding("chain", f"entry {entry.n}", "its hash is not the one you kept: history was rewritten")
            self._before = entry.hash
            self.head = Head(entry.n, entry.hash.hex())
            self.entries += 1
        if self._kept is not None and self._kept.n > self.head.n:
            what = f"the chain ends at entry {self.head.n}: the entries after it were removed"
            yield Finding("chain", f"entry {self._kept.n}", what)

    def _row(self, entry: Entry) -> Iterator[Finding]:
        who = f"{entry.source} row {entry.position}"
        if entry.source == "origin":
            return
        if entry.text is None:
            yield Finding("removed", who, f"it was sealed at {entry.sealed_at} as entry {entry.n} and is gone")
        elif sha256(entry.text.encode()).digest() != entry.digest:
            what = f"it is not what was sealed at {entry.sealed_at} as entry {entry.n}; now it reads {entry.text[:300]}"
            yield Finding("changed", who, what)

    def _link(self, entry: Entry) -> str:
        if entry.n != self.head.n + 1:
            return f"entries {self.head.n + 1} to {entry.n - 1} were removed"
        follows = sha256(self._before + entry.digest).digest() if entry.n else entry.digest
        if entry.hash != follows:
            return "it does not follow from the one before: one of the two was changed, exchanged, removed or put in"
        return ""
