"""What a host is told by its composition root (`actors.registry:build`, found by import string)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from runtime.bundles import Bundling
from runtime.effects import Handler
from runtime.entity import Effect, Entity
from runtime.settlement import Telling


class EnvSource(Protocol):
    """Where the immutable environment of decisions (`ctx.env`) comes from."""

    async def version(self) -> int:
        """Version of the newest environment; cheap, asked about once a second."""
        ...

    async def load(self) -> Any:
        """The newest environment; has an int attribute `version`."""
        ...


@dataclass(frozen=True, slots=True)
class Unattended:
    """How hosts go on while the store is away for longer than `grace_s` seconds.

    `kinds`: effects that are sent although their turn cannot be committed. `telling`: the message by which an
    entity learns afterwards what was sent. `labelled`: the body of an effect, saying so to whoever gets it.
    `directory`: where that is recorded meanwhile.
    """

    grace_s: float
    kinds: frozenset[str]
    telling: Telling
    labelled: Callable[[Mapping[str, Any]], dict[str, Any]]
    directory: Path
    asleep: frozenset[str] = frozenset()
    """Names of timers that do not fire meanwhile: those that conclude from what did not come."""


@dataclass(frozen=True, slots=True)
class Registry:
    """Kinds of entities, handlers of effects by effect kind, and the environment.

    `quarantined(entity, reason, now)` gives the effect that tells a human about an entity that cannot run.
    `close` frees what the handlers hold (connections), at the end of the host. `unattended` None: without the store
    a host waits. `slots`: sends at once of a channel and host, where it is not outbox.SLOTS.
    """

    entities: tuple[Entity[Any], ...]
    handlers: Mapping[str, Handler]
    env: EnvSource
    quarantined: Callable[[str, str, float], Effect]
    close: Callable[[], Awaitable[None]]
    unattended: Unattended | None = None
    slots: Mapping[str, int] = field(default_factory=dict)
    bundling: Bundling | None = None
    """None: every effect goes out by itself."""
