"""What must hold of every entity whatever it is. One implementation for simulator, chaos runs and `sentinel verify`.

ghost-write       positions of an entity are not 0,1,2,… or a shard's epoch fell: two owners wrote
drift             the stored state is not what the journal leads to
doubled           one effect was sent oftener than 1 + outcomes that nobody could clear up
paged-after-ack   a send began later after the halt of its entity than a claim may last
unrecorded        an effect was sent, and the send log knows nothing of it or of another outcome

Journal rows are mappings with entity, seq, shard and epoch; send log rows as in runtime/sql/ledger.sql with times in
UTC epoch seconds. Nothing is kept but what the next row is compared with.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from runtime.entity import Entity
from runtime.sending import HOLD_S, SEND_S

Row = Mapping[str, Any]
IN_FLIGHT_S = HOLD_S - SEND_S + 0.5
"""A send may still start this long after its claim."""
SENT = frozenset({"accepted", "delivered", "bundled"})
EXCUSED = frozenset({"lost", "stalled", "never-paged", "stuck"})
"""What the quarantine of an entity explains: it keeps its mail and does nothing more. Order, doubles and drift it
does not."""


class Finding(NamedTuple):
    """One thing that is not as promised: which promise, of whom, and what was seen."""

    kind: str
    entity: str
    what: str


class Positions:
    """Positions of entities, row by row in the order of each entity's rows; `forget` an entity that is through."""

    def __init__(self) -> None:
        self._due: dict[str, int] = {}

    def follow(self, row: Row) -> Iterator[Finding]:
        """ghost-write, if this row is not the next of its entity."""
        entity, seq = row["entity"], row["seq"]
        due = self._due.get(entity, 0)
        if seq != due:
            yield Finding("ghost-write", entity, f"position {seq} where {due} was due")
        self._due[entity] = seq + 1

    def forget(self, entity: str) -> None:
        """Nothing more comes of it."""
        self._due.pop(entity, None)


def epochs(rows: Iterable[Row]) -> Iterator[Finding]:
    """Rows of all entities in the order they were written."""
    highest: dict[int, int] = defaultdict(int)
    for row in rows:
        if row["epoch"] < highest[row["shard"]]:
            yield Finding("ghost-write", row["entity"], f"epoch of shard {row['shard']} fell to {row['epoch']}")
        highest[row["shard"]] = max(highest[row["shard"]], row["epoch"])


class Fold:
    """The state of one entity, event by event."""

    def __init__(self, entity: Entity[Any], key: str) -> None:
        self._entity = entity
        self.state = entity.new(key)

    def follow(self, event: Any) -> None:
        """One more."""
        self.state = self._entity.apply(self.state, event)

    def drift(self, name: str, stored: Any) -> Iterator[Finding]:
        """The stored state against the folded one; fields are named without what is in them: it may be a secret."""
        if stored != self.state:
            fields = getattr(self.state, "__dataclass_fields__", ())
            wrong = [f for f in fields if getattr(stored, f, None) != getattr(self.state, f)]
            what = f"the stored state is not what its journal leads to: {', '.join(wrong) or 'another type'}"
            yield Finding("drift", name, what)


class Events:
    """Events of one kind of entity from the kind and JSON of their journal rows."""

    def __init__(self, entity: Entity[Any]) -> None:
        self._decoders: dict[str, msgspec.json.Decoder[Any]] = {
            t.__name__: msgspec.json.Decoder(t) for t in entity.events
        }

    def of(self, kind: str, body: str) -> Any:
        """Raises KeyError or msgspec.ValidationError for one that this program cannot read."""
        return self._decoders[kind].decode(body)


def doubled(send: str, sends: int, unknown: int) -> Iterator[Finding]:
    """Sends of one effect that its provider took, or may have taken, and how many outcomes nobody could tell."""
    if sends > 1 + unknown:
        yield Finding("doubled", send, f"{sends} sends, {unknown} of unknown outcome")


def attempted(send: str, attempts: Sequence[Row]) -> Iterator[Finding]:
    """Rows of the send log of one effect, in order."""
    taken = [r for r in attempts if perhaps_taken(r)]
    yield from doubled(send, len(taken), sum(r["state"] == "unknown" for r in taken))
    ended = next((n for n, r in enumerate(attempts) if r["state"] in (*SENT, "failed", "cancelled")), len(attempts))
    for row in attempts[ended + 1 :]:
        if row["tried"]:
            yield Finding("doubled", send, f"attempt {row['attempt']} came after its outcome was known")


def perhaps_taken(attempt: Row) -> bool:
    """True if the provider may have this one; a host that never reported (`tried` None) may have sent."""
    return attempt["tried"] is None or bool(attempt["tried"] and attempt["state"] in (*SENT, "unknown"))


def after_halt(send: str, at: float, halted_at: float | None, allowed_s: float) -> Iterator[Finding]:
    """A send that began `at`, of an effect ordered before its entity was halted."""
    if halted_at is not None and at > halted_at + allowed_s:
        yield Finding("paged-after-ack", send, f"{at - halted_at:.1f} s after")


def recorded(send: str, state: str, attempts: Sequence[Row]) -> Iterator[Finding]:
    """The outbox's word against the send log's."""
    if state in (*SENT, "failed") and not any(r["state"] == state for r in attempts):
        yield Finding("unrecorded", send, f"the outbox says {state}, the send log has no such outcome")
