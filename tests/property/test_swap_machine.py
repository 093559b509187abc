"""The swap state machine under any order of commands: it ends once, says why, and hands over exactly what was asked."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from domain.duty import of_user
from domain.schedule import Shift
from domain.swap import Command, Decline, Expire, Span, Swap, Take, Taken, Withdraw, apply, changes, check, decide

PEOPLE = ("ben", "cleo", "dan")
commands = st.one_of(
    st.builds(Take, st.sampled_from((*PEOPLE, "stranger", "ada"))),
    st.builds(Decline, st.sampled_from((*PEOPLE, "stranger"))),
    st.builds(Withdraw, st.just("ada")),
    st.just(Expire()),
)
asked = st.lists(st.sampled_from(PEOPLE), unique=True, min_size=1).map(tuple)


def swap(people: tuple[str, ...], expires_at: float = 100.0) -> Swap:
    return Swap("w", "s", "ada", Span(50.0, 100.0), people, expires_at)


@given(asked, st.lists(st.tuples(commands, st.floats(0, 30)), max_size=12))
def test_a_request_ends_at_most_once_and_never_changes_after(
    people: tuple[str, ...], steps: list[tuple[Command, float]]
) -> None:
    state, now = swap(people), 0.0
    for command, passed in steps:
        now += passed
        before = state
        outcome = decide(state, command, now)
        for event in outcome.events:
            state = apply(state, event)
        assert before.state == "open" or state == before, "what has ended stays as it is"
        if any(isinstance(e, Taken) for e in outcome.events):
            assert now < before.expires_at and state.taken_by in people, "only those asked, only in time"
        assert decide(state, command, now).events == (), "a command repeated changes nothing"
        if outcome.refused:
            assert not any(isinstance(e, Taken) for e in outcome.events)
    assert (state.state == "taken") == (state.taken_by is not None)
    assert (state.state == "declined") <= (set(state.declined_by) == set(people))


@given(asked, st.permutations(PEOPLE))
def test_it_is_declined_exactly_when_the_last_of_those_asked_has(people: tuple[str, ...], order: list[str]) -> None:
    state = swap(people)
    left = set(people)
    for person in order:
        for event in decide(state, Decline(person), 1.0).events:
            state = apply(state, event)
        left.discard(person)
        assert (state.state == "declined") == (not left)


@given(st.floats(0, 99), st.booleans())
def test_what_is_handed_over_is_what_was_asked_for_and_nothing_of_the_past(now: float, exchange: bool) -> None:
    request = swap(("ben",))
    if exchange:
        request = Swap("w", "s", "ada", Span(50.0, 100.0), ("ben",), 100.0, Span(100.0, 150.0))
    wanted = changes(request, "ben", now)
    line = [Shift("ada", 0.0, 100.0, "layer:l"), Shift("ben", 100.0, 200.0, "layer:l")]
    assert check(wanted, line) == ""
    assert all(c.start >= now or c.start >= 50.0 for c in wanted)
    assert [(c.user, c.instead_of) for c in wanted] == [("ben", "ada"), ("ada", "ben")][: len(wanted)]


def test_nobody_hands_over_what_they_do_not_have_or_takes_what_they_already_watch() -> None:
    request = swap(("ben",))
    (wanted,) = changes(request, "ben", 0.0)
    assert "ada is not on call" in check([wanted], [Shift("ada", 0.0, 80.0, "x"), Shift("cleo", 80.0, 200.0, "x")])
    both = [Shift("ada", 0.0, 100.0, "x"), Shift("ben", 60.0, 70.0, "y")]
    assert "ben is on call in this schedule then already" in check([wanted], both)
    assert of_user(both, "ben", 0.0, 65.0) == [(60.0, 65.0)]
