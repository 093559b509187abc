"""Lengths of time as people say them."""

from __future__ import annotations

import pytest

from ui.durations import seconds, words


@pytest.mark.parametrize(
    ("length", "said"),
    [
        (20, "20 s"),
        (300, "5 min"),
        (90, "1 min 30 s"),
        (5400, "1 h 30 min"),
        (14_400, "4 h"),
        (86_400, "1 d"),
        (0.5, "0.5 s"),
        (0, "0 s"),
    ],
)
def test_what_is_said_is_understood_again(length: float, said: str) -> None:
    assert (words(length), seconds(said)) == (said, length)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("5", 300),
        ("0.5", 30),
        ("20s", 20),
        ("1h30min", 5400),
        ("2 Hours", 7200),
        ("5 mins", 300),
        ("1,5 h", 5400),
        ("10 seconds", 10),
        ("", None),
    ],
)
def test_other_ways_to_type_it(typed: str, meant: float | None) -> None:
    assert seconds(typed) == meant


@pytest.mark.parametrize("typed", ["soon", "5 apples", "min", "-5", "5 min!"])
def test_what_is_none_is_left_for_the_api_to_refuse(typed: str) -> None:
    assert seconds(typed) == typed


def test_nothing_is_nothing() -> None:
    assert words(None) == ""
