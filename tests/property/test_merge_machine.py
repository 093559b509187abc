"""Laws of merged, split and re-opened incidents, whatever is under way between their lines (domain/merge.py, split.py).

Two lines and those that are split off them, played by the real actor. Messages are processed at any time later, by each
line in the order committed, as the runtime promises.
"""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from domain.incident import Acknowledge, AlertsReceived, Resolve, Snooze, Status
from domain.promises import LineJudge
from domain.tie_messages import Attach, Merge, Split
from tests.unit.lines import Lines

LINES = ("aaa", "bbb")
KEYS = st.lists(st.sampled_from("xyz"), min_size=1, max_size=3, unique=True)
LINE = st.sampled_from(LINES)


def other(line: str) -> str:
    return LINES[line == LINES[0]]


class Machine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.lines = Lines()
        self.nodes = self.lines.nodes
        self.firing: dict[tuple[str, str], float] = {}
        """(line, alert) -> start of the occurrence that its sender says fires."""
        self.origin: dict[str, str] = {}
        """A line that was split off -> where from."""
        self.by_hand: set[tuple[str, str]] = set()
        """... that fire at their source and that somebody resolved here."""

    # -- what happens ------------------------------------------------------------------------------------

    @initialize(both=st.booleans(), arrive=st.integers(0, 3))
    def two_incidents_are_being_merged(self, both: bool, arrive: int) -> None:
        for line in LINES:
            self.fires(line, ["x", "y"], both)
        self.merge("bbb")
        for n in range(arrive):
            self.a_message_arrives(n)

    @rule(line=LINE, keys=KEYS, dated=st.booleans())
    def fires(self, line: str, keys: list[str], dated: bool) -> None:
        for key in keys:
            self.lines.now += 1
            start = self.firing.setdefault((line, key), self.lines.now)
            self.lines.fire(line, key, start=start if dated else None)

    @rule(line=LINE, keys=KEYS)
    def ends(self, line: str, keys: list[str]) -> None:
        self.lines.now += 1
        for key in keys:
            self.firing.pop((line, key), None)
            self.by_hand.discard((line, key))
        self.lines.clear(line, *keys)

    @rule(pick=st.integers(0, 10))
    def a_message_arrives(self, pick: int) -> None:
        if waiting := self.lines.waiting():
            self.lines.deliver(waiting[pick % len(waiting)])

    @rule(line=LINE)
    def merge(self, line: str) -> None:
        self.lines.give(line, Merge(self.nodes[line].state.episode or 1, "ada", self.lines.id(other(line))))

    @rule(line=LINE, count=st.integers(1, 2))
    def split(self, line: str, count: int) -> None:
        state = self.nodes[line].state
        keys = tuple(key for key, alert in state.alerts.items() if alert.firing)[:count]
        reply = self.lines.give(line, Split(state.episode or 1, "ada", keys))
        if reply["done"]:
            assert not set(keys) & set(self.nodes[line].state.alerts)
            self.origin[reply["line"]] = line

    @rule(line=LINE)
    def attach(self, line: str) -> None:
        self.lines.give(line, Attach(self.nodes[line].state.episode or 1, "ada", self.lines.id(other(line))))

    @rule(pick=st.integers(0, 5), which=st.integers(0, 3))
    def somebody_acts(self, pick: int, which: int) -> None:
        key = sorted(self.nodes)[pick % len(self.nodes)]
        state = self.nodes[key].state
        episode, soon = state.episode or 1, self.lines.now + 100
        acts = (
            Acknowledge(episode, "ada"),
            Snooze(episode, "ada", soon),
            Resolve(episode, "ada"),
            Resolve(episode, "ada"),
        )
        if which >= 2:
            for name in self.lines.firing(key):
                origin, _, rest = name.rpartition("/")
                self.by_hand.add((origin or self.origin.get(key, key), rest))
        self.lines.give(key, acts[which])

    @rule(seconds=st.sampled_from([10.0, 130.0, 700.0]))
    def time_passes(self, seconds: float) -> None:
        self.lines.wait(seconds)

    @rule()
    def everything_arrives(self) -> None:
        self.lines.settle()
        for line, key in self.firing:
            if (line, key) not in self.by_hand:
                holders = [name for name in self.nodes if self._holds(name, line, key)]
                assert len(holders) == 1, f"{key} of {line} fires in {holders}"
        for name in self.nodes:
            state = self.nodes[name].state
            assert state.ties.merging is None, f"{name} was never answered"
            for held in self.lines.firing(name):
                origin, _, key = held.rpartition("/")
                assert (origin or self.origin.get(name, name), key) in self.firing, f"{held} is over, not so in {name}"

    def _holds(self, name: str, line: str, key: str) -> bool:
        known = {f"{line}/{key}", *([key] if self.origin.get(name, name) == line else [])}
        return bool(known & set(self.lines.firing(name)))

    # -- laws ----------------------------------------------------------------------------------------------

    @invariant()
    def what_fires_is_in_an_open_incident_or_in_a_message_on_its_way(self) -> None:
        for line, key in self.firing:
            if (line, key) not in self.by_hand:
                held = any(self._holds(name, line, key) for name in self.nodes)
                assert held or self._carried(line, key), f"{key} of {line} fires and nobody has it"

    def _carried(self, line: str, key: str) -> bool:
        for queue in self.lines.queues.values():
            for message in queue:
                alerts = message if isinstance(message, AlertsReceived) else getattr(message, "alerts", None)
                if alerts is not None and any(
                    x.dedup_key in (key, f"{line}/{key}") and x.status == "firing" for x in alerts.events
                ):
                    return True
        return False

    @invariant()
    def something_always_happens_next(self) -> None:
        for node in self.nodes.values():
            if node.state.status is Status.TRIGGERED:
                assert "step" in node.timers
            elif node.state.status is Status.SNOOZED:
                assert "snooze" in node.timers
            else:
                assert set(node.timers) <= {"settle"}

    def teardown(self) -> None:
        for node in self.nodes.values():
            judge = LineJudge(self.lines.now)
            found = [v for event in node.journal for v in judge.follow(event, self.lines.now)]
            assert [v for v in found if v[0] != "never-paged"] == []


Machine.TestCase.settings = settings(max_examples=250, stateful_step_count=30, deadline=None)
TestMerge = Machine.TestCase
