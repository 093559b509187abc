"""A short chaos run with a fixed seed: two faults on a product of its own, judged by what senders and people saw."""

from __future__ import annotations

import pytest

from tests.chaos.run import run

pytestmark = pytest.mark.e2e


def test_a_killed_host_and_a_killed_gateway_cost_no_alert_and_no_page() -> None:
    result = run(7, 12.0, ["host_killed", "gateway_killed"], rate=5.0, burst=30, command="in the suite")
    assert len({h.fault for h in result.hurts}) == 2 and all(h.recovered for h in result.hurts)
    assert result.accepted == result.alerts > 50
    assert result.pages_due > result.accepted, "second steps came due too"
    assert result.findings == []
