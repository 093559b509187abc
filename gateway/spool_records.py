"""What lies in the spool: messages that came in, and what break-glass decided and sent.

MessagePack under a name, so that an older program passes over what a newer one wrote.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import msgspec

from runtime.errors import StatementRejected
from runtime.store import Inbound, OutboxRow

NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")
"""The one JSON escape that Postgres cannot hold."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """A message answered 202. `at`: this machine's UTC epoch seconds."""

    at: float
    message: Inbound


@dataclass(frozen=True, slots=True)
class Turned:
    """One turn of a line by break-glass, written before its pages are sent: the line as it stands, and the pages.

    `through`: place in the spool up to which the line's messages are in it. `timers`: (name, generation, due).
    """

    at: float
    entity: str
    through: int
    seq: int
    state: bytes
    timers: tuple[tuple[str, int, float], ...]
    pages: tuple[OutboxRow, ...]


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of a page, or of an attempt (`state` pending: tried again at `due_at`). States as in the outbox."""

    at: float
    entity: str
    delivery: str
    state: str
    detail: str
    attempts: int
    unknowns: int
    due_at: float
    provider_id: str | None = None


Record = Arrived | Turned | Sent


@dataclass(frozen=True, slots=True)
class Strange:
    """A record of a kind this program does not know."""

    kind: str


_KINDS: dict[str, msgspec.msgpack.Decoder[Any]] = {
    kind.__name__: msgspec.msgpack.Decoder(kind) for kind in (Arrived, Turned, Sent)
}
_PAIR = msgspec.msgpack.Decoder(tuple[str, msgspec.Raw])
_encode = msgspec.msgpack.Encoder().encode


def encoded(record: Record) -> bytes:
    """Payload of a record."""
    return _encode((type(record).__name__, record))


def decoded(payload: bytes) -> Record | Strange:
    """The record of a payload whose checksum was right."""
    kind, body = _PAIR.decode(payload)
    decoder = _KINDS.get(kind)
    if decoder is None:
        return Strange(kind)
    try:
        record: Record = decoder.decode(body)
    except msgspec.ValidationError:
        return Strange(kind)
    return record


def check_storable(message: Inbound) -> None:
    """Raises StatementRejected for what the database will refuse later, while the sender can still be told."""
    try:
        message.body.encode()
        message.dedup.encode()
    except UnicodeEncodeError as error:
        raise StatementRejected(f"text that is not valid Unicode: {error.reason}") from error
    if NUL.search(message.body):
        raise StatementRejected("text with a NUL character, which the database cannot hold")
