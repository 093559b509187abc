"""Hosts and their entities on virtual time: one turn after another per entity, timers by generation, upgrades.

What the runtime guarantees is taken for granted here (tests/sim puts the real runtime to the test): a message is
processed once, in the order committed; a timer counts only in its newest generation; what one decision says happens
wholly. What is tried is what entities make of it, late timers and reloaded state included.
"""

from __future__ import annotations

import heapq
from bisect import bisect_right
from collections.abc import Callable, Mapping
from typing import Any

from domain.configuration import Configuration
from domain.incident import AlertsReceived, Line
from runtime.codec import Kind, Kinds
from runtime.entity import Cancel, Ctx, Decision, Effect, Set, TimerFired, View
from runtime.ids import EntityId, shard_of
from simulation.chance import Chance
from simulation.outcome import Outcome, Row, Taken
from simulation.scenario import Upgrade

TURN_S = 0.02
"""Mean time from a message's commit to the end of its turn."""
SHARD_STEP_S = 0.5
"""An upgrade moves on to the next shard every half second."""
SHOWN = 16
"""Nobody reads here what an entity shows; of so many decisions one is shown all the same, to see that it can be."""


class Clock:
    """Virtual time: a heap of what is to happen. Equal instants happen in the order they were asked for."""

    def __init__(self, start: float) -> None:
        self.now = start
        self._heap: list[tuple[float, int, Callable[..., None], tuple[Any, ...]]] = []
        self._asked = 0

    def at(self, when: float, what: Callable[..., None], *arguments: Any) -> None:
        """Have `what(*arguments)` happen at `when`, or now if that has passed."""
        self._asked += 1
        heapq.heappush(self._heap, (when if when > self.now else self.now, self._asked, what, arguments))

    def run(self, end: float, progress: Callable[[float], None], every_s: float) -> None:
        """Let everything happen up to `end`; tells `progress` the time every `every_s` of virtual time."""
        # What is asked for beforehand, a year of alerts, is sorted once: a heap of it all would be deep for everybody.
        planned, told = sorted(self._heap, reverse=True), self.now
        heap = self._heap = []
        while heap or planned:
            first = planned.pop() if planned and not (heap and heap[0] < planned[-1]) else heapq.heappop(heap)
            if first[0] > end:
                break
            self.now, _, what, arguments = first
            if self.now - told >= every_s:
                told = self.now
                progress(told)
            what(*arguments)
        self.now = end


class Hosted:
    """One live entity."""

    __slots__ = (
        "free_at",
        "generation",
        "halting",
        "id",
        "journal",
        "kind",
        "name",
        "number",
        "seq",
        "shard",
        "state",
        "timers",
    )

    def __init__(self, ident: EntityId, kind: Kind, number: int) -> None:
        self.id = ident
        self.name = str(ident)
        self.kind = kind
        self.number = number
        """How many were addressed before."""
        self.shard = shard_of(ident)
        self.state: Any = kind.entity.new(ident.key)
        self.seq = 0
        self.journal: list[Row] = []
        self.timers: dict[str, tuple[int, float]] = {}
        self.free_at = 0.0
        self.generation = 0
        self.halting = 0
        """Acknowledgements committed and not processed: while there is one, no page is claimed."""


class Hosts:
    """Every entity of the installation. `env` is replaced when a configuration is saved."""

    def __init__(
        self,
        entities: tuple[Any, ...],
        env: Configuration,
        clock: Clock,
        chance: Chance,
        outcome: Outcome,
        upgrades: tuple[Upgrade, ...] = (),
    ) -> None:
        self.env = env
        self.clock = clock
        self.outcome = outcome
        self.on_effect: Callable[[Hosted, Effect, Decision], None] = lambda *_: None
        self.on_cancel: Callable[[Hosted, str], None] = lambda *_: None
        self._kinds = Kinds(entities)
        self._chance = chance
        self._upgrades = sorted(upgrades, key=lambda u: u.at)
        self._moves = [u.at for u in self._upgrades]
        self._hosted: dict[str, Hosted] = {}
        self._open: dict[int, Hosted] = {}
        """Incident lines that are open, by number."""
        self._known: dict[str, None] = {}

    def entity(self, name: str) -> Hosted:
        """The entity, new if it was never addressed."""
        found = self._hosted.get(name)
        if found is None:
            ident = EntityId.parse(name)
            found = self._hosted[name] = Hosted(ident, self._kinds.of(ident.kind), len(self._hosted))
            self.outcome.journals[name] = found.journal
        return found

    def all(self) -> Mapping[str, Hosted]:
        """Entities by address."""
        return self._hosted

    def all_open(self) -> list[Hosted]:
        """Incident lines that are open, the oldest line first."""
        return [self._open[number] for number in sorted(self._open)]

    def tell(self, name: str, message: Any, dedup: str, halts: bool = False, events: int = 0) -> bool:
        """Commit a message and have it processed; False if it was known already."""
        if dedup in self._known:
            return False
        self._known[dedup] = None
        hosted, now = self.entity(name), self.clock.now
        self.outcome.taken[dedup] = Taken(now, name, message, events)
        hosted.halting += halts
        ready = now + self._chance.pause(TURN_S, "turn", dedup)
        hosted.free_at = max(self._awake(hosted.shard, ready), hosted.free_at)
        self.clock.at(hosted.free_at, self._process, hosted, message, dedup, halts)
        return True

    def _awake(self, shard: int, at: float) -> float:
        """When a host serves the shard, at or after `at`: during an upgrade it stands still for a moment."""
        n = bisect_right(self._moves, at) - 1
        if n < 0:
            return at
        began = self._upgrades[n].at + shard * SHARD_STEP_S
        return began + self._upgrades[n].pause_s if began <= at < began + self._upgrades[n].pause_s else at

    def _process(self, hosted: Hosted, message: Any, cause: str, halts: bool) -> None:
        hosted.halting -= halts
        self._turn(hosted, message, cause)

    def _fire(self, hosted: Hosted, name: str, generation: int) -> None:
        if hosted.timers.get(name, (-1, 0.0))[0] != generation:
            return
        awake = self._awake(hosted.shard, self.clock.now)
        if awake > self.clock.now or hosted.free_at > self.clock.now:
            self.clock.at(max(awake, hosted.free_at), self._fire, hosted, name, generation)
            return
        _, due = hosted.timers.pop(name)
        self._turn(hosted, TimerFired(name, due), f"timer:{name}:{generation}")

    def _turn(self, hosted: Hosted, message: Any, cause: str) -> None:
        """decide, journal, apply, then timers, withdrawals and effects: as one commit would."""
        kind, clock, outcome = hosted.kind, self.clock, self.outcome
        now, env = clock.now, self.env
        moved = bisect_right(self._moves, now - hosted.shard * SHARD_STEP_S)
        if hosted.generation != moved:
            # The new host has the state from the database, not from the old host's memory.
            hosted.generation = moved
            left = hosted.state
            hosted.state = kind.state(kind.entity.version, kind.encode_state(left), hosted.id.key)
            if hosted.state != left:
                outcome.drift.append((now, hosted.name))
        ctx = Ctx(now, hosted.id, hosted.seq, cause, env)
        decision = kind.entity.decide(hosted.state, message, ctx)
        outcome.decisions += 1
        for event in decision.events:
            hosted.journal.append(Row(now, hosted.seq, cause, event, env.version))
            hosted.seq += 1
            if decision.after is None:
                hosted.state = kind.entity.apply(hosted.state, event)
        if decision.after is not None:
            hosted.state = decision.after
        if isinstance(hosted.state, Line):
            self._note(hosted, hosted.state)
        if outcome.decisions % SHOWN == 0:
            for record in decision.records:
                if isinstance(record, View):
                    record.show()
        for change in decision.timers:
            match change:
                case Set(name, at):
                    hosted.timers[name] = (ctx.seq, at)
                    clock.at(at, self._fire, hosted, name, ctx.seq)
                case Cancel(name):
                    hosted.timers.pop(name, None)
        for group in decision.cancel:
            self.on_cancel(hosted, group)
        for effect in decision.effects:
            self.on_effect(hosted, effect, decision)
        for n, tell in enumerate(decision.tell):
            alerts = len(tell.message.events) if isinstance(tell.message, AlertsReceived) else 0
            self.tell(str(tell.to), tell.message, ctx.id(f"tell:{n}"), events=alerts)

    def _note(self, hosted: Hosted, line: Line) -> None:
        if line.open:
            self._open[hosted.number] = hosted
        else:
            self._open.pop(hosted.number, None)
