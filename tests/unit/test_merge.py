"""Merged, split and attached incidents, message by message."""

from __future__ import annotations

from domain.alert import Severity
from domain.incident import Acknowledge, Resolve, Snooze, Status
from domain.tie_messages import Attach, Merge, Split
from tests.unit.lines import Lines


def two(acknowledged: bool = False) -> Lines:
    """a and b are open; b was asked to be merged into a, which does not know yet."""
    lines = Lines()
    lines.fire("a", "disk")
    lines.fire("b", "disk", "net", severity=Severity.CRITICAL)
    if acknowledged:
        lines.give("a", Acknowledge(1, "ada"))
    assert lines.give("b", Merge(1, "ada", lines.id("a")))["done"]
    return lines


def test_b_pages_on_until_a_has_its_alerts_and_no_longer() -> None:
    lines = two()
    assert lines.nodes["b"].state.status is Status.TRIGGERED and "step" in lines.nodes["b"].timers
    lines.deliver("a")
    assert lines.firing("a") == ["b/disk", "b/net", "disk"] and lines.nodes["a"].state.severity is Severity.CRITICAL
    assert lines.nodes["b"].state.open
    lines.settle()
    b = lines.nodes["b"].state
    assert (b.open, b.ties.merged_into, lines.nodes["b"].timers) == (False, "a-1", {})
    assert lines.nodes["a"].kinds().count("TookIn") == 1


def test_what_changed_in_b_while_it_was_asked_is_not_lost() -> None:
    lines = two(acknowledged=True)
    lines.deliver("a")
    lines.fire("b", "new")
    lines.clear("b", "net")
    lines.settle()
    assert lines.firing("a") == ["b/disk", "b/new", "disk"]
    assert lines.nodes["a"].state.status is Status.ACKNOWLEDGED
    lines.fire("b", "newer")
    lines.clear("b", "disk", "new", "newer")
    lines.clear("a", "disk")
    lines.settle()
    assert not lines.nodes["a"].state.open


def test_a_refuses_when_nobody_would_hear_of_it_there() -> None:
    for act in (Resolve(1, "ben"), Snooze(1, "ben", 2e9)):
        lines = two()
        lines.give("a", act)
        lines.settle()
        b = lines.nodes["b"]
        assert b.state.status is Status.TRIGGERED and b.kinds()[-1] == "MergeRefused" and "step" in b.timers


def test_both_at_once_into_each_other_stay_as_they_are() -> None:
    lines = two()
    lines.give("a", Merge(1, "ben", lines.id("b")))
    lines.settle()
    assert lines.nodes["a"].state.open and lines.nodes["b"].state.open


def test_after_a_is_over_b_is_on_its_own_again_in_the_order_of_its_alerts() -> None:
    lines = two()
    lines.settle()
    lines.clear("a", "disk")
    lines.clear("b", "disk", "net")
    lines.settle()
    assert not lines.nodes["a"].state.open
    lines.fire("b", "net")
    lines.clear("b", "net")
    lines.deliver("a")
    lines.deliver("b")
    assert lines.firing("b") == ["net"] and lines.nodes["b"].state.episode == 2
    lines.fire("b", "net")
    lines.settle()
    assert lines.firing("b") == ["net"] and lines.nodes["b"].state.ties.forward is None
    assert lines.nodes["b"].paged.count("ada") >= 2, "the new incident pages"


def test_resolved_by_hand_in_a_it_stays_quiet_in_b_for_five_minutes() -> None:
    lines = Lines()
    lines.fire("a", "disk")
    lines.fire("b", "net", start=lines.now)
    lines.give("b", Merge(1, "ada", lines.id("a")))
    lines.settle()
    lines.give("a", Resolve(1, "ada"))
    lines.fire("b", "net", start=lines.now)
    lines.settle()
    assert not lines.nodes["b"].state.open
    start = lines.now
    lines.wait(301)
    lines.fire("b", "net", start=start)
    lines.settle()
    assert lines.nodes["b"].state.episode == 2 and lines.firing("b") == ["net"]


def test_left_out_alerts_of_b_keep_a_open() -> None:
    lines = Lines()
    lines.fire("a", "disk")
    lines.fire("b", "net", truncated=3)
    lines.give("b", Merge(1, "ada", lines.id("a")))
    lines.settle()
    lines.clear("a", "disk")
    assert lines.nodes["a"].state.open
    lines.clear("b", "net")
    lines.settle()
    assert not lines.nodes["a"].state.open


def test_split_alerts_page_by_themselves_and_follow_their_line_until_they_are_over() -> None:
    lines = Lines()
    lines.fire("b", "disk", "net")
    reply = lines.give("b", Split(1, "ada", ("net",)))
    line = reply["line"]
    assert lines.firing("b") == ["disk"]
    lines.settle()
    assert lines.firing(line) == ["net"] and lines.nodes[line].paged == ["ada"]
    lines.clear("b", "net")
    lines.settle()
    assert not lines.nodes[line].state.open and lines.nodes["b"].state.ties.split == {}
    for keys, why in (((), "named"), (("gone",), "no alert"), (("disk",), "nothing would be left")):
        lines = Lines()
        lines.fire("b", "disk")
        assert why in lines.give("b", Split(1, "ada", keys))["why"]


def test_nothing_is_split_off_while_it_is_on_its_way_into_another_incident() -> None:
    lines = two()
    assert "being merged" in lines.give("b", Split(1, "ada", ("net",)))["why"]
    lines.settle()
    assert lines.firing("a") == ["b/disk", "b/net", "disk"], "each alert is in one incident"


def test_attached_is_a_note_on_both() -> None:
    lines = Lines()
    lines.fire("a", "disk")
    lines.fire("b", "net")
    lines.give("b", Attach(1, "ada", "a-1"))
    lines.settle()
    assert lines.nodes["b"].state.ties.attached_to == ("a-1",) and lines.nodes["a"].state.ties.attached == ("b-1",)
    assert lines.nodes["a"].state.open and lines.nodes["b"].state.open
