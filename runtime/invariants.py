"""What must hold of every entity whatever it is, judged from plain rows: simulator, chaos runs and `sentinel verify`.

ghost-write       positions of an entity are not 0,1,2,… or a shard's epoch fell: two owners wrote
drift             the stored state is not the fold of the journal
doubled           more sends of one effect than 1 + outcomes nobody could clear up
paged-after-ack   a send began after the message that halts its entity was stored, by more than a claim may last
unrecorded        the outbox says that an effect was sent and the send log knows nothing of it, or of another outcome

Journal rows are mappings with entity, seq, shard, epoch, kind and body; send log rows as in runtime/sql/ledger.sql with
times in UTC epoch seconds. Streams: nothing is kept but what the next row is compared with.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from runtime.entity import Entity
from runtime.ledger import Finding
from runtime.sending import HOLD_S, SEND_S

Row = Mapping[str, Any]
IN_FLIGHT_S = HOLD_S - SEND_S + 0.5
"""A send may still start this long after its claim."""
SENT = frozenset({"accepted", "delivered"})


def positions(entity: str, rows: Iterable[Row]) -> Iterator[Finding]:
    """Rows of one entity by seq."""
    due = 0
    for row in rows:
        if row["seq"] != due:
            yield Finding("ghost-write", entity, f"position {row['seq']} where {due} was due")
        due = row["seq"] + 1


def epochs(rows: Iterable[Row]) -> Iterator[Finding]:
    """Rows of all entities in the order they were written."""
    highest: dict[int, int] = {}
    for row in rows:
        known = highest.get(row["shard"], 0)
        if row["epoch"] < known:
            yield Finding("ghost-write", row["entity"], f"epoch of shard {row['shard']} fell to {row['epoch']}")
        else:
            highest[row["shard"]] = row["epoch"]


class Folder:
    """Folds journals of one kind of entity."""

    def __init__(self, entity: Entity[Any]) -> None:
        self._entity = entity
        self._events = {t.__name__: t for t in entity.events}

    def fold(self, key: str, rows: Iterable[Row]) -> Any:
        """The state that these rows lead to. Raises KeyError or msgspec.ValidationError for a row it cannot read."""
        state = self._entity.new(key)
        for row in rows:
            state = self._entity.apply(state, msgspec.convert(row["body"], self._events[row["kind"]]))
        return state


def doubled(send: str, attempts: Sequence[Row]) -> Iterator[Finding]:
    """Attempts of one effect, in order."""
    perhaps = [r for r in attempts if r["tried"] is None or (r["tried"] and r["state"] in (*SENT, "unknown"))]
    unknown = sum(r["state"] == "unknown" for r in perhaps)
    if len(perhaps) > 1 + unknown:
        yield Finding("doubled", send, f"{len(perhaps)} sends, {unknown} of unknown outcome")
    ended = next((n for n, r in enumerate(attempts) if r["state"] in (*SENT, "failed", "cancelled")), len(attempts))
    for row in attempts[ended + 1 :]:
        if row["tried"]:
            yield Finding("doubled", send, f"attempt {row['attempt']} came after its outcome was known")


def after_halt(send: str, begun_at: Iterable[float], halted_at: float, allowed_s: float) -> Iterator[Finding]:
    """Sends (or claims) of an effect that was ordered before the halt."""
    for at in begun_at:
        if at > halted_at + allowed_s:
            yield Finding("paged-after-ack", send, f"{at - halted_at:.1f} s after")


def recorded(send: str, state: str, attempts: Sequence[Row]) -> Iterator[Finding]:
    """The outbox's word against the send log's."""
    if state in (*SENT, "failed") and not any(r["state"] == state for r in attempts):
        yield Finding("unrecorded", send, f"the outbox says {state}, the send log has no such outcome")
