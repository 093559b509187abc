"""What an author of an entity sees: pure decisions in, rows out.

An entity class is a stateless object with a state *type*. `decide` reads state and message and says
what shall happen; `apply` folds one event into the state and is the only way the state changes. Neither
may await, read a clock, or do I/O: the runtime runs them again after a crash and must get the same.
Nothing decided here takes effect before it is committed; effects are sent after.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, Protocol, TypeVar

from runtime.ids import EntityId, derived_id

S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class Ctx:
    """Where and when a decision is taken.

    `now`: database time, UTC epoch seconds. `seq`: journal position the first event of this decision
    will take. `cause`: id of the message. `env`: the composition root's immutable snapshot (for us, the
    configuration); the runtime never looks inside.
    """

    now: float
    entity: EntityId
    seq: int
    cause: str
    env: Any

    def id(self, n: int | str) -> str:
        """Deterministic id number `n` of this decision."""
        return derived_id(self.entity, self.seq, n)


@dataclass(frozen=True, slots=True)
class Set:
    """Arm (or re-arm) the timer `name` for `at`, UTC epoch seconds; never fires early."""

    name: str
    at: float


@dataclass(frozen=True, slots=True)
class Cancel:
    """Disarm the timer `name`; nothing happens if it is not armed."""

    name: str


@dataclass(frozen=True, slots=True)
class Effect:
    """Something to do outside after the commit; becomes one outbox row with id `id`.

    `kind` picks the handler, `channel` its concurrency lane and circuit breaker ("email", "webhook" …),
    `body` is JSON-able and must carry no secret. `group` lets a later decision cancel what is still
    pending (see `Decision.cancel`), and a halting message that waits stop it; "" for what nothing may stop.
    `due_at` None means now.
    """

    id: str
    kind: str
    channel: str
    body: Mapping[str, Any]
    group: str = ""
    due_at: float | None = None


@dataclass(frozen=True, slots=True)
class Tell:
    """A message to another entity, delivered through its inbox in the same transaction."""

    to: EntityId
    message: Any


@dataclass(frozen=True, slots=True)
class Record:
    """What the entity shows the outside: a read-model row, upserted in the same commit.

    `facets` are short JSON scalars that lists filter and sort by; `body` is the whole view.
    """

    id: str
    facets: Mapping[str, Any]
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class View:
    """A record that is made only when its turn is over: where many messages are one turn, all but the last are not."""

    id: str
    show: Callable[[], Record]


@dataclass(frozen=True, slots=True)
class Decision:
    """All that follows from one message. A decision with timers, effects, tells or records has events."""

    events: Sequence[Any] = ()
    timers: Sequence[Set | Cancel] = ()
    effects: Sequence[Effect] = ()
    cancel: Sequence[str] = ()
    """Groups, or ids of single effects, whose unsent effects (of this entity) are withdrawn, before `effects` are
    added."""
    tell: Sequence[Tell] = ()
    records: Sequence[Record | View] = ()
    reply: Mapping[str, Any] | None = None
    """Answer to whoever sent the message; visible after the commit."""
    after: Any = None
    """The state after the events, where `apply` was asked while deciding; None has the runtime ask it."""


@dataclass(frozen=True, slots=True)
class TimerFired:
    """The runtime's message when a durable timer is due. `due_at` tells how late it comes."""

    name: str
    due_at: float


@dataclass(frozen=True, slots=True)
class EffectFailed:
    """The runtime's message when an effect is given up, or its provider is down and it will only be tried again later.

    Once per effect: after the second case nothing more is said about it. `gone`: its provider knows no such address.
    """

    effect_id: str
    kind: str
    channel: str
    reason: str
    body: Mapping[str, Any] = field(default_factory=dict)
    gone: bool = False


Isolation = Literal["shared", "process"]


class Entity(Protocol[S]):
    """One kind of virtual actor. Implementations are stateless; state is a frozen dataclass."""

    kind: ClassVar[str]
    state_type: ClassVar[type]
    messages: ClassVar[tuple[type, ...]]
    """Accepted message dataclasses, besides TimerFired and EffectFailed; found by class name."""
    events: ClassVar[tuple[type, ...]]
    """Event dataclasses, journalled under their class name."""
    version: ClassVar[int]
    """Schema version of the state; raise it when `upcast` must translate an older one."""
    idle_s: ClassVar[float]
    """Seconds without mail after which memory is given back. Longer: fewer reloads, more memory."""
    max_pending: ClassVar[int]
    """Messages held in memory per entity; more wait in the inbox, which is durable."""
    isolation: ClassVar[Isolation]

    def new(self, key: str) -> S:
        """State before the first message."""
        ...

    def decide(self, state: S, message: Any, ctx: Ctx) -> Decision:
        """Pure: what follows from `message`."""
        ...

    def apply(self, state: S, event: Any) -> S:
        """Pure: `state` after `event`."""
        ...

    def closed(self, state: S) -> bool:
        """True when nothing more is expected; closed entities are left out of working sets."""
        ...

    def upcast(self, version: int, state: dict[str, Any]) -> dict[str, Any]:
        """Translate a decoded state of an older schema version."""
        ...
