"""The verdict of `make chaos` on the order in which people were reached."""

from __future__ import annotations

from dataclasses import replace

from tests.chaos.verdict import Ack, Evidence, Page, judge

SEEN = Evidence(
    accepted={"A": 0.0},
    pages=(Page("A", 0, "d0", 0.5), Page("A", 2, "d2", 12.5)),
    acks={"A": Ack(13.0, 13.1)},
    journal=(),
    unknowns={},
    waits_s=(6.0, 6.0, 600.0),
)


def kinds(seen: Evidence) -> list[str]:
    return [kind for kind, _, _ in judge(seen)[0] if kind != "lost"]


def test_an_earlier_person_who_was_never_paged_is_a_violation() -> None:
    assert kinds(SEEN) == ["out-of-order"]


def test_a_page_that_was_overtaken_and_withdrawn_by_the_acknowledgement_is_none() -> None:
    assert kinds(replace(SEEN, overtaken=frozenset({("A", 1)}))) == []
    assert kinds(replace(SEEN, overtaken=frozenset({("B", 1)}))) == ["out-of-order"]
    unpaged = replace(SEEN, pages=(Page("A", 1, "d1", 6.5),), overtaken=frozenset({("A", 0)}))
    assert kinds(unpaged) == [], "the first one of an alert no less than a later one"
    assert "skipped" in kinds(replace(unpaged, acks={})), "nobody has answered"


def test_a_page_held_for_the_rest_of_a_storm_and_withdrawn_by_the_acknowledgement_is_none() -> None:
    unpaged = replace(SEEN, pages=(Page("A", 1, "d1", 6.5),))
    assert kinds(unpaged) == ["skipped", "out-of-order"]
    held = frozenset({("A", 0)})
    assert kinds(replace(unpaged, held=held)) == []
    assert "skipped" in kinds(replace(unpaged, held=held, acks={})), "nobody has answered"
