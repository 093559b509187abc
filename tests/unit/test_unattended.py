"""When a host pages from memory: after the grace, while its lease was held, and while nobody else can do its work."""

from __future__ import annotations

import pytest

from runtime.ownership import LEASE_S, Ownership
from runtime.unattended import BEAT_S, Verdict, Watch
from tests.unit.test_ownership import Hand

GRACE_S = 15.0


class Place:
    """A host whose lease was renewed just now, and whose store goes away at once."""

    def __init__(self, grace_s: float | None = GRACE_S) -> None:
        self.clock = Hand()
        self.ownership = Ownership(self.clock)
        self.watch = Watch(self.clock, self.ownership, grace_s)
        self.renew()

    def renew(self) -> None:
        self.watch.reached()
        self.ownership.renewed(self.clock.now)

    def after(self, seconds: float, heard: bool = False, fails: bool = True) -> Verdict:
        """The verdict after this long; every second a renewal fails, and somebody else says that the store is well."""
        verdict, until = self.watch.look(), self.clock.now + seconds
        while self.clock.now < until:
            self.clock.now += BEAT_S
            if self.clock.now % 1.0 == 0:
                if fails:
                    self.watch.failed()
                if heard:
                    self.watch.heard()
            verdict = self.watch.look()
        return verdict


def test_a_host_waits_for_the_grace_and_then_acts_until_the_store_answers() -> None:
    place = Place()
    assert place.after(GRACE_S - 1) is Verdict.WAIT
    assert place.after(1) is Verdict.ACT
    assert place.after(3600) is Verdict.ACT
    place.renew()
    assert place.watch.look() is Verdict.WAIT


def test_without_a_grace_it_never_acts() -> None:
    assert Place(None).after(3600) is Verdict.WAIT


def test_time_alone_is_no_outage() -> None:
    assert Place().after(3600, fails=False) is Verdict.WAIT


def test_a_host_that_is_cut_off_while_others_are_well_is_silent_and_then_leaves_its_shards_to_them() -> None:
    place = Place()
    assert place.after(LEASE_S, heard=True) is Verdict.WAIT
    assert place.after(LEASE_S - 1, heard=True) is Verdict.WAIT
    assert place.after(2, heard=True) is Verdict.FORGET


def test_a_host_that_acts_stops_as_soon_as_another_one_is_well_again() -> None:
    place = Place()
    assert place.after(60) is Verdict.ACT
    assert place.after(1, heard=True) is Verdict.WAIT


@pytest.mark.parametrize("paused_s", [5.0, 300.0])
def test_a_process_that_did_not_run_in_the_outage_must_see_the_store_fail_for_a_while_anew(paused_s: float) -> None:
    place = Place()
    assert place.after(60) is Verdict.ACT
    place.clock.now += paused_s
    assert place.after(GRACE_S / 2 - 1) is Verdict.WAIT
    assert place.after(2) is Verdict.ACT


def test_a_process_that_overslept_its_lease_does_not_act_for_shards_that_others_may_have_taken() -> None:
    place = Place()
    assert place.watch.look() is Verdict.WAIT
    place.clock.now += LEASE_S + 1
    assert place.after(3600) is Verdict.WAIT
    place.renew()
    assert place.after(GRACE_S) is Verdict.ACT, "once it has held a lease again, the next outage is another matter"
