"""Database time as a host counts it: close to the database's, but not thrown about when that is set."""

from __future__ import annotations

import pytest

from runtime.clock import DatabaseTime
from runtime.lease import ahead_of_clock
from runtime.ownership import LEASE_S, Ownership
from runtime.store import HostRow, View
from tests.unit.test_ownership import Hand


def told(time: DatabaseTime, hand: Hand, offset: float, times: int) -> None:
    """The database answers once a second."""
    for _ in range(times):
        hand.now += 1.0
        time.observe(hand.now + offset)


def test_an_answer_that_was_long_on_its_way_does_not_set_the_time_back() -> None:
    hand = Hand()
    time = DatabaseTime(hand)
    time.observe(hand.now)
    hand.now += 2.0
    time.observe(hand.now - 1.5)
    assert time.now() == pytest.approx(hand.now - 0.5)
    hand.now += 0.2
    time.observe(hand.now)
    assert time.now() == pytest.approx(hand.now), "the next quick one mends it"


def test_a_clock_set_back_by_an_hour_makes_nothing_wait_for_an_hour() -> None:
    hand = Hand()
    time = DatabaseTime(hand)
    time.observe(hand.now)
    due, began = time.now() + 300.0, hand.now
    while time.now() < due:
        told(time, hand, -3600.0, 1)
    assert 300.0 < hand.now - began <= 401.0
    told(time, hand, 0.0, 1000)
    assert time.now() == pytest.approx(hand.now), "set right again: followed within minutes"


def test_a_clock_set_forward_is_followed_by_three_seconds_a_second() -> None:
    hand = Hand()
    time = DatabaseTime(hand)
    time.observe(hand.now)
    told(time, hand, 3600.0, 10)
    assert time.now() == pytest.approx(hand.now + 30.0)


def test_after_a_set_clock_owners_have_a_lease_time_to_renew() -> None:
    hand = Hand()
    ownership = Ownership(hand)
    ownership.renewed(hand.now)
    for _ in range(10):
        hand.now += 1.0
        ownership.renewed(hand.now)
    assert ownership.steady()
    ownership.doubted(hand.now)
    assert not ownership.steady()
    hand.now += LEASE_S
    assert ownership.steady()


def test_a_host_that_starts_counts_as_the_others_do() -> None:
    def host(name: str, ahead: float, left: float = 5.0) -> HostRow:
        return HostRow(name, name, "n", 1.0, 1000.0 + left, False, ahead_s=ahead)

    me = host("me", 0.0)
    assert ahead_of_clock(View(1000.0, [me], []), me) == 0.0
    assert ahead_of_clock(View(1000.0, [me, host("a", 3590.0), host("b", 0.0)], []), me) == 3590.0
    assert ahead_of_clock(View(1000.0, [me, host("a", 0.2, left=3606.0)], []), me) == pytest.approx(3600.2)
    assert ahead_of_clock(View(1000.0, [me, host("a", 3590.0, left=-10.0)], []), me) == 3590.0, "dead since a moment"
    assert ahead_of_clock(View(1000.0, [me, host("a", 3590.0, left=-600.0)], []), me) == 0.0
    assert ahead_of_clock(View(1000.0, [me, host("a", -0.4)], []), me) == 0.0, "an answer takes that long"
