"""After the store's return: what was sent without it becomes known to it, before anything new is claimed or sent.

Sends that the store had ordered take their outcome in the outbox. The others (their turn was decided in memory and is
void) are told to their entities, in a message that halts every send of the entity until it is processed; of those that
never left there is nothing to tell. Each step may be repeated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import structlog

from runtime.codec import json_of
from runtime.errors import StatementRejected
from runtime.ids import derived_id
from runtime.sending import failed
from runtime.sendlog import Left, SendLog, Sent
from runtime.store import Inbound, OutboxRow, SendResult, Store

log = structlog.get_logger("sentinel.runtime")

T = TypeVar("T")
PIECE = 500
Telling = Callable[[str, Sequence[Sent], str], Any]
"""(entity, its sends, who sent them) -> the message to the entity."""


@dataclass(frozen=True, slots=True)
class Settled:
    """How many sends were settled in the outbox, and of how many the entities were told."""

    recorded: int = 0
    told: int = 0


async def settle(store: Store, sends: SendLog, telling: Telling, now: float) -> Settled:
    """Settle everything that is left on this machine. Raises what the store raises; then nothing is forgotten."""
    recorded = told = 0
    for left in await sends.left():
        try:
            one = await _settle(store, left, telling, now)
        except StatementRejected as error:
            meaning = "its pages went out and are not in the database; the file is kept beside it as .refused"
            log.error("sends_refused", file=left.name, sends=len(left.sends), why=str(error), meaning=meaning)
            await sends.forget(left.name, refused=str(error))
            continue
        await sends.forget(left.name)
        recorded, told = recorded + one.recorded, told + one.told
    return Settled(recorded, told)


async def _settle(store: Store, left: Left, telling: Telling, now: float) -> Settled:
    if not left.sends:
        return Settled()
    existing: set[str] = set()
    for some in _pieces([_result(sent, now) for sent in left.sends]):
        existing |= await store.settle_sends(some)
    by_entity: dict[tuple[str, int], list[Sent]] = {}
    for sent in left.sends:
        if sent.id not in existing and (sent.tried or sent.state != "pending"):
            by_entity.setdefault((sent.entity, sent.shard), []).append(sent)
    messages = [_message(e, shard, sends, left.name, telling) for (e, shard), sends in by_entity.items()]
    for more in _pieces(messages):
        await store.append(more)
    told = sum(map(len, by_entity.values()))
    log.warning("outage_settled", file=left.name, recorded=len(existing), told=told, entities=len(messages))
    return Settled(len(existing), told)


def _pieces(items: Sequence[T]) -> Iterator[Sequence[T]]:
    """So that no statement takes long; each may be repeated, so together they need not be one."""
    for first in range(0, len(items), PIECE):
        yield items[first : first + PIECE]


def _result(sent: Sent, now: float) -> SendResult:
    """As the outbox would have it; a retry that was still to come comes now, an unknown outcome is reconciled."""
    if sent.state == "failed":
        row = OutboxRow(
            sent.id, sent.entity, sent.shard, sent.kind, sent.channel, sent.body, "sending", sent.attempts, 0, now
        )
        return replace(failed(row, sent.detail), tried=True, began_at=sent.began_at)
    return SendResult(
        sent.id,
        sent.shard,
        sent.state,
        sent.detail,
        sent.provider_id,
        due_at=now if sent.state in ("pending", "unknown") else None,
        unknown=sent.state == "unknown",
        tried=sent.tried,
        began_at=sent.began_at,
    )


def _message(entity: str, shard: int, sends: Sequence[Sent], source: str, telling: Telling) -> Inbound:
    message = telling(entity, sends, source.partition(".")[0])
    dedup = derived_id("outage", source, entity, *(s.id for s in sends))
    return Inbound(entity, shard, type(message).__name__, dedup, json_of(message), halts=True)
