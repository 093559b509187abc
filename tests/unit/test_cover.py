"""Time off: what is uncovered, and what is asked for once and not twice."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from domain.cover import to_ask, uncovered
from domain.schedule import Shift
from domain.spans import joined
from domain.swap import Span, Swap

LINE = [Shift("ada", 0, 1000, "x"), Shift("ben", 1000, 2000, "x"), Shift("ada", 2000, 3000, "x")]


def request(low: float, high: float, schedule: str = "s") -> Swap:
    return Swap(f"{low}", schedule, "ada", Span(low, high), ("ben",), high, time_off_id="t")


def test_each_shift_in_the_time_off_is_a_piece_with_its_newest_request() -> None:
    asked = [request(500, 700), request(600, 1000), request(2000, 2500, "other")]
    found = uncovered("s", LINE, "ada", Span(500, 2500), asked)
    assert [(p.span, p.request and p.request.id) for p in found] == [
        (Span(500, 1000), "600"),
        (Span(2000, 2500), None),
    ]
    assert to_ask(found, asked) == [("s", Span(2000, 2500))]


@given(st.lists(st.tuples(st.integers(0, 49), st.integers(1, 20)), max_size=6))
def test_what_is_asked_for_is_exactly_what_no_request_names(spans: list[tuple[int, int]]) -> None:
    asked = [request(low * 100.0, (low + n) * 100.0) for low, n in spans]
    found = uncovered("s", [Shift("ada", 0, 5000, "x")], "ada", Span(0, 5000), [])
    new = [(s.start, s.end) for _, s in to_ask(found, asked)]
    named = [(r.span.start, min(r.span.end, 5000.0)) for r in asked if r.span.start < 5000]
    assert joined([*new, *named]) == [(0, 5000)], "all of it is asked for"
    assert sum(b - a for a, b in new) + sum(b - a for a, b in joined(named)) == 5000, "nothing is asked for twice"
