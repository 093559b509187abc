"""Between dataclasses and rows.

State travels as MessagePack (compact, an order of magnitude cheaper to load than jsonb for ten thousand
entities); messages and events as JSON under their class name, so that SQL and people can read them.
Unknown fields are ignored when reading: an older program can read what a newer one wrote.
"""

from __future__ import annotations

from typing import Any

import msgspec

from runtime.entity import EffectFailed, Entity


class UnknownKind(Exception):
    """A row names an entity, message or event class this program does not know."""


class Kind:
    """One entity class with its codecs prepared."""

    def __init__(self, entity: Entity[Any]) -> None:
        self.entity = entity
        self._messages: dict[str, msgspec.json.Decoder[Any]] = {
            t.__name__: msgspec.json.Decoder(t) for t in (*entity.messages, EffectFailed)
        }
        self._state: msgspec.msgpack.Decoder[Any] = msgspec.msgpack.Decoder(entity.state_type)
        self._encode = msgspec.msgpack.Encoder().encode

    def message(self, name: str, body: str) -> Any:
        """The message dataclass of an inbox row's JSON; UnknownKind or msgspec.ValidationError if it is none."""
        decoder = self._messages.get(name)
        if decoder is None:
            raise UnknownKind(f"entity kind {self.entity.kind!r} takes no message {name!r}")
        return decoder.decode(body)

    def state(self, version: int, raw: bytes | None, key: str) -> Any:
        """State from its bytes, translated from an older schema version if need be."""
        if raw is None:
            return self.entity.new(key)
        if version == self.entity.version:
            return self._state.decode(raw)
        old = self.entity.upcast(version, msgspec.msgpack.decode(raw))
        return msgspec.convert(old, self.entity.state_type)

    def encode_state(self, state: Any) -> bytes:
        """Bytes of a state."""
        return self._encode(state)


class Kinds:
    """The entity classes of an installation by name."""

    def __init__(self, entities: tuple[Entity[Any], ...]) -> None:
        self._kinds = {e.kind: Kind(e) for e in entities}

    def of(self, kind: str) -> Kind:
        """The kind with this name; UnknownKind if there is none."""
        found = self._kinds.get(kind)
        if found is None:
            raise UnknownKind(f"no entity kind {kind!r} in this program")
        return found


def body_of(value: Any) -> dict[str, Any]:
    """JSON-able mapping of an event dataclass."""
    built: dict[str, Any] = msgspec.to_builtins(value)
    return built


def json_of(message: Any) -> str:
    """JSON of a message dataclass, as an inbox row holds it. Raises ValueError or TypeError if it has none."""
    return msgspec.json.encode(message).decode()
