"""Laws of pages that wait for others, under any storm: nobody is told late, nobody's first page waits, nothing is lost."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from domain.storm import LONGEST_S, Due, Rules, Sorted, Told, sort

RULES = Rules()
AFTER = RULES.after or 0


class StormMachine(RuleBasedStateMachine):
    """One contact method of one person; the host looks every second, and now and then forgets what it told."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.told: dict[str, Told] = {}
        self.waiting: dict[str, Due] = {}
        self._made = 0

    @rule(ranks=st.lists(st.integers(0, 3), min_size=1, max_size=12))
    def pages_become_due(self, ranks: list[int]) -> None:
        for rank in ranks:
            self._made += 1
            self.waiting[str(self._made)] = Due(str(self._made), rank, self.now)
        self._look()

    @rule(seconds=st.integers(1, 90))
    def time_passes(self, seconds: int) -> None:
        for _ in range(seconds):
            self.now += 1.0
            self._look()

    @rule(data=st.data())
    def an_incident_is_acknowledged(self, data: st.DataObject) -> None:
        if self.waiting:
            del self.waiting[data.draw(st.sampled_from(sorted(self.waiting)))]
        self._look()

    @rule(data=st.data())
    def a_send_fails(self, data: st.DataObject) -> None:
        if self.told:
            del self.told[data.draw(st.sampled_from(sorted(self.told)))]
        self._look()

    @rule()
    def another_host_takes_over(self) -> None:
        """It knows what is due and nothing else."""
        self.told = {}
        self._look()

    def _look(self) -> None:
        recent = [t for t in self.told.values() if t.at > self.now - RULES.within_s]
        out = sort(list(self.told.values()), list(self.waiting.values()), self.now, RULES)
        assert out == sort(list(self.told.values()), list(reversed(self.waiting.values())), self.now, RULES)
        self._judge(recent, out)
        for ident in (*out.alone, *out.together):
            self.told[ident] = Told(self.now, self.waiting.pop(ident).rank)
        assert all(self.now < page.due_at + LONGEST_S for page in self.waiting.values()), "nobody is told late"

    def _judge(self, recent: list[Told], out: Sorted) -> None:
        gone = (*out.alone, *out.together)
        assert len(set(gone)) == len(gone) and set(gone) <= set(self.waiting), "each once"
        assert len(out.together) != 1, "one page is no bundle"
        if self.waiting:
            assert len(recent) + len(gone) >= min(AFTER, len(recent) + len(self.waiting)), "the first ones go at once"
        worst = max([t.rank for t in recent], default=-1)
        told_now = max([self.waiting[i].rank for i in gone], default=worst)
        left = [p.rank for ident, p in self.waiting.items() if ident not in gone]
        assert all(rank <= max(worst, told_now) for rank in left), "what is worse than all that was told does not wait"
        ranks = [self.waiting[i].rank for i in out.together]
        assert ranks == sorted(ranks, reverse=True), "the worst first"
        if out.together:
            assert len(recent) + len(out.alone) >= AFTER, "nothing is told together before a storm"
            assert all(rank <= worst or out.alone for rank in ranks)


TestStorm = StormMachine.TestCase
TestStorm.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)


def test_a_hundred_pages_at_once_are_five_messages_and_one() -> None:
    due = [Due(str(n), 2, 0.0) for n in range(100)]
    first = sort([], due, 0.0, RULES)
    assert (len(first.alone), len(first.together)) == (AFTER, 0)
    told = [Told(0.0, 2)] * AFTER
    left = [d for d in due if d.id not in first.alone]
    assert sort(told, left, RULES.hold_s - 1, RULES) == Sorted((), ())
    assert len(sort(told, left, RULES.hold_s, RULES).together) == 95


def test_turned_off_every_page_goes_by_itself() -> None:
    out = sort([Told(0.0, 3)] * 50, [Due(str(n), 0, 0.0) for n in range(50)], 0.0, Rules(after=None))
    assert (len(out.alone), out.together) == (50, ())
