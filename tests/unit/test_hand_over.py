"""What the database is given of a line when it is back: whole, in order, with what came meanwhile."""

from __future__ import annotations

from gateway.hand_over import ROWS, HandOver, portions
from gateway.outage_report import OutageReport
from gateway.spool_records import Arrived, Sent, Turned
from runtime.store import Inbound, OutboxRow


def message(line: str, n: int) -> Inbound:
    return Inbound(f"incident/{line}", 1, "AlertsReceived", f"{line}/{n}", "{}")


def paged(line: str) -> Turned:
    entity = f"incident/{line}"
    row = OutboxRow(f"page-{line}", entity, 1, "page", "webhook", {"user_id": "ada"}, "pending", 0, 0, 5.0)
    return Turned(5.0, entity, 0, 1, b"", (), (row,))


def test_a_line_is_told_of_its_pages_first_also_of_one_that_went_out_while_it_waited() -> None:
    over = HandOver(OutageReport("gateway"))
    over.begin({"incident/a": [message("a", 1)], "incident/b": [message("b", 1)]}, whole=True)
    over.hear([(7, Arrived(5.0, message("b", 2))), (8, paged("b"))])
    assert [m.dedup for m in over.take(["incident/a"])] == ["a/1"]
    told, *rest = over.take(["incident/b"])
    assert told.kind == "PagesSentInOutage" and "page-b" in told.body and told.halts
    assert [m.dedup for m in rest] == ["b/1", "b/2"]


def test_what_is_heard_before_all_that_is_older_was_noted_is_noted_after_it() -> None:
    report = OutageReport("gateway")
    over = HandOver(report)
    over.hear([(9, Sent(6.0, "incident/a", "page-a", "delivered", "", 1, 0, 6.0))])
    report.note([paged("a")])
    over.begin({"incident/a": [message("a", 1)]}, whole=True)
    (told, _) = over.take(["incident/a"])
    assert '"state":"accepted"' in told.body, "else the person is paged again"


def test_what_comes_for_a_line_already_given_follows_once_and_no_other() -> None:
    over = HandOver(OutageReport("gateway"))
    over.begin({"incident/a": [message("a", 1)]}, whole=True)
    over.take(["incident/a"])
    over.hear([(7, Arrived(5.0, message("a", 2))), (8, Arrived(5.0, message("new", 1)))])
    assert [m.dedup for m in over.following()] == ["a/2"]
    assert over.following() == []


def test_nothing_that_comes_overtakes_what_later_segments_hold_of_its_line() -> None:
    over = HandOver(OutageReport("gateway"))
    over.begin({"incident/a": [message("a", 1)]}, whole=False)
    over.hear([(9, Arrived(5.0, message("a", 3)))])
    assert [m.dedup for m in over.take(["incident/a"])] == ["a/1"]
    over.hear([(9, Arrived(5.0, message("a", 4)))])
    assert over.following() == [], "a/2 is in the next segment"


def test_portions_keep_the_order_and_divide_no_line() -> None:
    lines = {f"incident/{n}": [message(str(n), k) for k in range(3)] for n in range(ROWS)}
    lines["incident/large"] = [message("large", k) for k in range(2 * ROWS)]
    found = portions(lines)
    assert [entity for portion in found for entity in portion] == list(lines)
    assert all(sum(len(lines[e]) + 1 for e in portion) <= ROWS or len(portion) == 1 for portion in found)
