"""When a host may act: by the age of its lease, and not at once after an outage."""

from __future__ import annotations

from runtime.ownership import ACT_S, RETURN_S, Ownership


class Hand:
    """A clock moved by hand."""

    now = 100.0

    def monotonic(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


def test_a_host_that_was_cut_off_decides_at_once_and_pages_a_moment_later() -> None:
    clock = Hand()
    ownership = Ownership(clock)
    assert not ownership.alive()
    ownership.renewed(clock.now)
    assert ownership.alive() and ownership.settled(), "a fresh host need not wait"
    clock.now += 1.5
    ownership.renewed(clock.now)
    assert ownership.settled(), "nor one whose renewals follow each other"
    clock.now += ACT_S + 1
    assert not ownership.alive()
    ownership.renewed(clock.now)
    assert ownership.alive() and not ownership.settled()
    clock.now += RETURN_S
    assert ownership.settled()
