"""What lies in the spool: messages that came in.

MessagePack under a name, so that an older program passes over what a newer one wrote.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import msgspec

from runtime.errors import StatementRejected
from runtime.store import Inbound

NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")
"""The one JSON escape that Postgres cannot hold."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """A message answered 202. `at`: this machine's UTC epoch seconds."""

    at: float
    message: Inbound


@dataclass(frozen=True, slots=True)
class Strange:
    """A record of a kind this program does not know."""

    kind: str


_ARRIVED = msgspec.msgpack.Decoder(Arrived)
_PAIR = msgspec.msgpack.Decoder(tuple[str, msgspec.Raw])
_encode = msgspec.msgpack.Encoder().encode


def encoded(record: Arrived) -> bytes:
    """Payload of a record."""
    return _encode((type(record).__name__, record))


def decoded(payload: bytes) -> Arrived | Strange:
    """The record of a payload whose checksum was right."""
    kind, body = _PAIR.decode(payload)
    if kind != Arrived.__name__:
        return Strange(kind)
    try:
        return _ARRIVED.decode(body)
    except msgspec.ValidationError:
        return Strange(kind)


def check_storable(message: Inbound) -> None:
    """Raises StatementRejected for what the database will refuse later, while the sender can still be told."""
    try:
        message.body.encode()
        message.dedup.encode()
    except UnicodeEncodeError as error:
        raise StatementRejected(f"text that is not valid Unicode: {error.reason}") from error
    if NUL.search(message.body):
        raise StatementRejected("text with a NUL character, which the database cannot hold")
