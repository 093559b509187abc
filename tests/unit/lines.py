"""Several incident lines that speak with each other, played by the real actor, without runtime."""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass, field
from typing import Any

from actors.incident import Incident
from domain.alert import AlertEvent
from domain.incident import AlertsReceived, Line, incident_id
from runtime.codec import Kind
from runtime.entity import Cancel, Ctx, Set, TimerFired
from runtime.ids import EntityId
from tests.unit.desk import T0, organisation

ACTOR, KIND = Incident(), Kind(Incident())


@dataclass
class Node:
    """One line with its timers and journal. `paged`: who, in order."""

    state: Line = field(default_factory=Line)
    seq: int = 0
    timers: dict[str, float] = field(default_factory=dict)
    journal: list[Any] = field(default_factory=list)
    paged: list[str] = field(default_factory=list)

    def kinds(self) -> list[str]:
        return [type(event).__name__ for event in self.journal]


class Lines:
    """Messages wait in the queue of the line they are for, in the order committed, until they are delivered."""

    def __init__(self) -> None:
        self.config = organisation()
        self.now = T0
        self.nodes: dict[str, Node] = defaultdict(Node)
        self.queues: dict[str, deque[Any]] = defaultdict(deque)

    def give(self, key: str, message: Any) -> Any:
        """Have the line process a message; answers its reply."""
        node = self.nodes[key]
        decision = ACTOR.decide(
            node.state, message, Ctx(self.now, EntityId("incident", key), node.seq, "c", self.config)
        )
        for event in decision.events:
            node.state = ACTOR.apply(node.state, event)
            node.seq += 1
            node.journal.append(event)
        assert KIND.state(1, KIND.encode_state(node.state), key) == node.state
        for change in decision.timers:
            match change:
                case Set(name, at):
                    node.timers[name] = at
                case Cancel(name):
                    node.timers.pop(name, None)
        node.paged += [str(effect.body["user_id"]) for effect in decision.effects]
        for tell in decision.tell:
            assert tell.to.key != key
            self.queues[tell.to.key].append(tell.message)
        return decision.reply

    def fire(self, line: str, *keys: str, start: float | None = None, **more: Any) -> None:
        self._say(line, [AlertEvent(key, "firing", f"{key} is bad", starts_at=start, **more) for key in keys])

    def clear(self, line: str, *keys: str) -> None:
        self._say(line, [AlertEvent(key, "resolved", f"{key} is bad") for key in keys])

    def _say(self, line: str, events: list[AlertEvent]) -> None:
        """A sender's words go the same way as those of lines."""
        message = AlertsReceived("i", tuple(events), None, "p", self.now)
        if self.queues[line]:
            self.queues[line].append(message)
        else:
            self.give(line, message)

    def waiting(self) -> list[str]:
        """Lines that have mail."""
        return [line for line, queue in self.queues.items() if queue]

    def deliver(self, line: str) -> None:
        """One message."""
        self.give(line, self.queues[line].popleft())

    def settle(self) -> None:
        """Deliver until nothing is under way."""
        for _ in range(500):
            waiting = self.waiting()
            if not waiting:
                return
            for line in waiting:
                self.deliver(line)
        raise AssertionError("messages go round and round")

    def wait(self, seconds: float) -> None:
        """Let time pass; timers fire in order, each exactly when due."""
        until = self.now + seconds
        while due := [(at, k, name) for k, n in self.nodes.items() for name, at in n.timers.items() if at <= until]:
            at, key, name = min(due)
            self.now = max(self.now, at)
            del self.nodes[key].timers[name]
            self.give(key, TimerFired(name, at))
        self.now = until

    def id(self, key: str) -> str:
        """Of the line's newest incident."""
        return incident_id(key, self.nodes[key].state.episode)

    def firing(self, key: str) -> list[str]:
        """Alerts that fire in the line's open incident."""
        state = self.nodes[key].state
        return sorted(k for k, alert in state.alerts.items() if alert.firing) if state.open else []
