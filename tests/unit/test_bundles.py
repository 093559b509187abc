"""What a host keeps back for others: given out by the rule, forgotten with its shard, counted only while it is sent."""

from __future__ import annotations

from collections.abc import Sequence

from actors.bundling import bundling, key, rules
from runtime.bundles import Bundles, Parcel
from runtime.effects import Accepted, Send
from runtime.store import Carried, OutboxRow

NOW = 1_000.0


def row(number: int, severity: str = "error", channel: str = "email", **why: bool) -> OutboxRow:
    body = {"user_id": "ada", "contact_method_id": "phone", "severity": severity, "why": why}
    return OutboxRow(f"p{number}", f"incident/{number}", number, "page", channel, body, "pending", 0, 0, NOW)


async def together(bundle: str, sends: Sequence[Send], env: object, timeout_s: float) -> Accepted:
    return Accepted(bundle)


def stormed(many: int, first: int = 0) -> Bundles:
    bundles = Bundles(bundling(together, rules()))
    for n in range(first, first + many):
        assert bundles.takes(row(n), NOW)
    return bundles


def sizes(parcels: Sequence[Parcel]) -> list[int]:
    return [len(p.rows) for p in parcels]


def test_the_first_go_alone_and_the_others_together_after_the_wait() -> None:
    bundles = stormed(9)
    assert sizes(list(bundles.ready(NOW))) == [1] * 5
    assert sizes(list(bundles.ready(NOW + 19.0))) == []
    assert len(list(bundles.waiting())) == 4
    (parcel,) = bundles.ready(NOW + 20.0)
    assert len(parcel.rows) == 4
    assert parcel.carried("b") == {f"p{n}": Carried("b", 20.0) for n in range(5, 9)}
    assert list(bundles.waiting()) == []


def test_a_page_that_could_not_be_sent_makes_room_for_one_that_waits() -> None:
    bundles = stormed(7)
    first = list(bundles.ready(NOW))
    bundles.untold(first[0].rows[0].id)
    assert sizes(list(bundles.ready(NOW))) == [1]
    assert sizes(list(bundles.ready(NOW))) == []


def test_what_other_hosts_have_told_counts_and_keeps_nothing_worse_back() -> None:
    here, there = stormed(3), stormed(8, first=3)
    for parcel in here.ready(NOW):
        told = here.told_page(parcel.rows[0], NOW)
        assert told is not None
        there.heard(told)
        there.heard(told)
    assert here.told_page(row(1, channel="webhook"), NOW) is None
    assert sizes(list(there.ready(NOW))) == [1, 1]
    there.takes(row(20, "critical"), NOW)
    assert [p.rows[0].id for p in there.ready(NOW)] == ["p20"]
    assert sizes(list(there.ready(NOW + 20.0))) == [6], "none waits longer because of it"
    there.takes(row(21, "critical"), NOW + 61.0)
    assert sizes(list(there.ready(NOW + 61.0))) == [1], "a minute later it does not count"
    list(there.ready(NOW + 500.0))
    assert there._keys == there._of == {}


def test_what_is_dropped_is_gone_and_what_is_left_of_a_parcel_keeps_its_time() -> None:
    bundles = stormed(8)
    list(bundles.ready(NOW))
    assert bundles.drop(lambda r: r.shard == 6) == ["p6"]
    (parcel,) = bundles.ready(NOW + 25.0)
    left = parcel.without(lambda r: r.shard == 5)
    assert left.carried(None) == {"p7": Carried(None, 25.0)}


def test_turned_over_to_an_outage_everything_goes_by_itself() -> None:
    bundles = stormed(8)
    list(bundles.ready(NOW))
    assert sizes(bundles.all()) == [1, 1, 1]
    assert bundles.all() == []


def test_told_is_forgotten_in_time() -> None:
    bundles = stormed(5)
    assert sizes(list(bundles.ready(NOW))) == [1] * 5
    assert list(bundles.ready(NOW + 400.0)) == []
    assert bundles._keys == bundles._of == {}


def test_what_never_waits() -> None:
    assert key(row(1)) == "ada/phone"
    for other in (
        row(1, channel="webhook"),
        row(1, channel="outbox"),
        row(1, last_resort=True),
        row(1, lapsed=True),
    ):
        assert key(other) == ""
    tried = OutboxRow("t", "incident/1", 1, "page", "email", row(1).body, "pending", 1, 0, NOW)
    assert not Bundles(bundling(together, rules())).takes(tried, NOW), "tried before"
    assert not Bundles(None).takes(row(1), NOW)


def test_the_wait_is_at_most_half_of_what_the_watchdog_allows() -> None:
    assert rules().hold_s == 20.0
    assert rules(last_resort_after_s=10.0).hold_s == 5.0
    assert rules(after=0).after is None
