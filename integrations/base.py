"""What an integration is: a pure function from a request to alert events."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from domain.alert import AlertEvent


@dataclass(frozen=True, slots=True)
class Parsed:
    """`group_title`: the sender's own words for the group, if any. `payloads`: what it sent for each event, as JSON."""

    events: tuple[AlertEvent, ...]
    group_title: str = ""
    payloads: tuple[Any, ...] = ()


class Malformed(Exception):
    """The body is not what this sender sends. `field` is a JSON pointer, `detail` says what to change."""

    def __init__(self, field: str, detail: str) -> None:
        super().__init__(detail)
        self.field = field
        self.detail = detail

    def __reduce__(self) -> tuple[type[Malformed], tuple[str, str]]:
        return (type(self), (self.field, self.detail))


class Integration(Protocol):
    """One source of alerts. `headers` have lower-case names."""

    type: str

    def parse(self, headers: Mapping[str, str], body: bytes, received_at: float) -> Parsed:
        """Alert events of one request; raises Malformed for a body that is not this sender's."""
        ...
