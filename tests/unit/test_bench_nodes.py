"""Ratios are of the two figures of one round: a machine that is slower in the second round changes no ratio."""

from __future__ import annotations

import pytest

from bench.nodes import ONE, THREE, summed_up


def test_a_round_is_compared_with_itself() -> None:
    found = {
        ONE[0]: [{"x, per s": v} for v in (100.0, 50.0, 80.0)],
        THREE[0]: [{"x, per s": v} for v in (90.0, 40.0, 88.0)],
    }
    figures = summed_up(found)
    assert figures["rounds"] == 3
    assert figures[f"{ONE[0]}: x, per s, median"] == 80.0
    spread = [figures[f"ratio, x: {which}"] for which in ("least", "median", "greatest")]
    assert spread == pytest.approx([0.8, 0.9, 1.1])
