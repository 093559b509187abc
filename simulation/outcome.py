"""What a run leaves behind: journals, messages, sends. The judge and the report read this and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import blake2b
from typing import Any, NamedTuple

from msgspec.json import encode

from domain.alert import AlertEvent
from domain.configuration import Configuration
from domain.tie_events import SplitOff
from simulation.scenario import Scenario


class Row(NamedTuple):
    """One event in an entity's journal, as the runtime would have committed it."""

    at: float
    seq: int
    cause: str
    event: Any
    config: int
    """Version of the configuration the decision was taken under."""


class Taken(NamedTuple):
    """A message that was accepted: answered 2xx at `at`. `events`: alerts in it (0 for a command)."""

    at: float
    entity: str
    message: Any
    events: int = 0


@dataclass(slots=True)
class Delivery:
    """One page ordered, and what became of it."""

    id: str
    entity: str
    episode: int
    user: str
    channel: str
    ordered_at: float
    name: tuple[object, ...]
    attempts: list[float] = field(default_factory=list)
    reached: list[float] = field(default_factory=list)
    receipts: list[float] = field(default_factory=list)
    """When its provider reported what became of it: a page that arrived, or in the end did not."""
    unknowns: int = 0
    state: str = "pending"


@dataclass
class Outcome:
    """Everything of one run. `decisions`: turns taken by all entities."""

    scenario: Scenario
    configurations: dict[int, Configuration]
    journals: dict[str, list[Row]] = field(default_factory=dict)
    taken: dict[str, Taken] = field(default_factory=dict)
    deliveries: dict[str, Delivery] = field(default_factory=dict)
    states: dict[str, Any] = field(default_factory=dict)
    timers: dict[str, dict[str, float]] = field(default_factory=dict)
    drift: list[tuple[float, str]] = field(default_factory=list)
    """When and where a state read back was not the state that was left."""
    decisions: int = 0

    @cached_property
    def said(self) -> dict[str, list[Taken]]:
        """What senders said to each line, in order; to be asked when the run is over."""
        found: dict[str, list[Taken]] = {}
        for taken in self.taken.values():
            if taken.events:
                found.setdefault(taken.entity, []).append(taken)
        return found

    @cached_property
    def told_by(self) -> dict[str, list[AlertEvent]]:
        """Heartbeat -> the alerts that it told incident lines, in order; to be asked when the run is over."""
        found: dict[str, list[AlertEvent]] = {}
        for taken in self.taken.values():
            who = taken.message.integration_id if taken.events and taken.entity not in self.apart else ""
            if who.startswith("heartbeat/"):
                found.setdefault(who, []).extend(taken.message.events)
        return found

    @cached_property
    def machines(self) -> frozenset[str]:
        """Ids of everything that was a destination at any time."""
        return frozenset(ident for config in self.configurations.values() for ident in config.destinations)

    @cached_property
    def apart(self) -> dict[str, dict[str, None]]:
        """Line (as "incident/KEY") that alerts were split off to -> their names there; when the run is over."""
        found: dict[str, dict[str, None]] = {}
        for _, rows in self.incidents():
            for row in rows:
                if isinstance(row.event, SplitOff):
                    found.setdefault(f"incident/{row.event.line}", {}).update(dict.fromkeys(row.event.keys))
        return found

    def incidents(self) -> Iterator[tuple[str, list[Row]]]:
        """Journals of the incident lines."""
        return ((entity, rows) for entity, rows in self.journals.items() if entity.startswith("incident/"))

    def digest(self) -> str:
        """16 hex characters over every event and every send: equal runs have equal digests."""
        total = blake2b(digest_size=8)
        for entity in sorted(self.journals):
            rows = self.journals[entity]
            total.update(encode((entity, [(row.seq, row.at, type(row.event).__name__, row.event) for row in rows])))
        for delivery in sorted(self.deliveries.values(), key=lambda d: d.id):
            total.update(encode((delivery.id, delivery.state, delivery.attempts, delivery.reached)))
        return total.hexdigest()
