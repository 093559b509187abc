"""What must hold of every incident line, judged from its journal, its pages and its armed timers. Pure.

step-order        a step was left out, taken twice or taken in the wrong order, or one was taken after the last resort
never-paged       a person was called and no page of theirs was accepted, and nobody acted and no reason is recorded
paged-after-ack   a page was ordered while the incident was quiet
stalled           the incident is open and nothing is armed that would go on with it
changed           a page's words are not those that were ordered

Rows are mappings with seq, cause, kind, body and at (UTC epoch seconds), by seq; pages are outbox rows by id. Kinds of
events unknown here are passed over, so an older program can judge what a newer one wrote.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from domain.incident import Line, Status
from domain.templates import text_sha256

Row = Mapping[str, Any]
Violation = tuple[str, str]
"""Which of the above, and what was seen."""

RESTARTS = frozenset({"Triggered", "Unacknowledged", "Woken"})
QUIETENS = frozenset({"Acknowledged", "Snoozed", "Resolved"})
HALTS = QUIETENS | {"Unacknowledged", "Reassigned", "Escalated"}
"""Events before which unsent pages are withdrawn."""
SENT = frozenset({"accepted", "delivered"})
GRACE_S = 120.0
"""A page younger than this may still be on its way: retries, a host that has just taken over."""


def judge(
    rows: Sequence[Row], pages: Mapping[str, Row], armed: Collection[str], line: Line, now: float
) -> Iterator[Violation]:
    """Everything that does not hold of one line. `line`: the state that the rows lead to."""
    yield from _steps(rows)
    yield from _quiet(rows)
    yield from _called(rows, pages, now)
    yield from _words(rows, pages)
    yield from _armed(line, armed)


def halts(rows: Sequence[Row]) -> dict[str, float]:
    """Delivery -> when the first event after its order took place that withdraws it."""
    ordered: list[str] = []
    found: dict[str, float] = {}
    for row in rows:
        if row["kind"] == "Paged":
            ordered.append(row["body"]["delivery"])
        elif row["kind"] in HALTS:
            found.update(dict.fromkeys(ordered, row["at"]))
            ordered = []
    return found


def _steps(rows: Sequence[Row]) -> Iterator[Violation]:
    steps, due, over = 0, {(0, 0)}, False
    for row in rows:
        kind, body = row["kind"], row["body"]
        if kind in RESTARTS:
            due, over = {(0, 0)}, False
            if kind == "Triggered":
                steps = len(body["policy"]["steps"]) if body["policy"] else 0
        elif kind in ("LastResortCalled", "NobodyReachable"):
            over = True
        elif kind in ("StepStarted", "StepEmpty"):
            at = (body["round"], body["step"])
            if over:
                yield "step-order", f"step {at[1] + 1} of round {at[0] + 1} after the last resort (#{row['seq']})"
            elif at not in due:
                yield "step-order", f"step {at[1] + 1} of round {at[0] + 1} where {_names(due)} was due (#{row['seq']})"
            due = {(at[0], at[1] + 1)} if at[1] + 1 < steps else {(at[0] + 1, 0)}


def _names(due: Collection[tuple[int, int]]) -> str:
    return " or ".join(f"step {step + 1} of round {round_ + 1}" for round_, step in due)


def _quiet(rows: Sequence[Row]) -> Iterator[Violation]:
    quiet = ""
    for row in rows:
        if row["kind"] in QUIETENS:
            quiet = row["kind"].lower()
        elif row["kind"] in RESTARTS or row["kind"] in HALTS:
            quiet = ""
        elif row["kind"] == "Paged" and quiet:
            yield "paged-after-ack", f"page {row['body']['delivery']} was ordered while it was {quiet}"


def _called(rows: Sequence[Row], pages: Mapping[str, Row], now: float) -> Iterator[Violation]:
    for n, row in enumerate(rows):
        if row["kind"] != "PersonCalled" or not row["body"]["rules"]:
            continue
        user, due = row["body"]["user_id"], row["at"] + row["body"]["rules"][0]["delay_s"]
        orders, ended = _orders(rows[n + 1 :], user)
        if ended is not None and (ended["at"] < due + GRACE_S or not orders):
            continue
        if ended is None and now < due + GRACE_S:
            continue
        if not any(_settled(order, pages, rows, now) for order in orders):
            yield "never-paged", f"{user} was called (#{row['seq']}): {_fate(orders, pages)}"


def _orders(after: Sequence[Row], user: str) -> tuple[list[Row], Row | None]:
    """Pages ordered for the person by this call, and the event that ended it, if any did."""
    orders = []
    for row in after:
        if row["kind"] in HALTS or (row["kind"] == "PersonCalled" and row["body"]["user_id"] == user):
            return orders, row
        if row["kind"] in ("Paged", "OutagePageCounted") and row["body"]["user_id"] == user:
            orders.append(row)
    return orders, None


def _settled(order: Row, pages: Mapping[str, Row], rows: Sequence[Row], now: float) -> bool:
    """The page arrived, is on its way, or it is written down why it did not and will not."""
    if order["kind"] == "OutagePageCounted":
        return True
    delivery = order["body"]["delivery"]
    page = pages.get(delivery)
    if page is None:
        return False
    if page["state"] in SENT:
        return True
    if page["state"] in ("pending", "sending", "unknown"):
        return bool(now < order["at"] + GRACE_S)
    if page["state"] == "failed":
        return any(r["kind"] == "PageFailed" and r["body"]["delivery"] == delivery for r in rows)
    return any(r["kind"] in HALTS and r["seq"] > order["seq"] for r in rows)


def _fate(orders: Sequence[Row], pages: Mapping[str, Row]) -> str:
    if not orders:
        return "no page was ordered"
    found = []
    for order in orders:
        delivery = order["body"]["delivery"]
        found.append(f"page {delivery} is {pages[delivery]['state'] if delivery in pages else 'not in the outbox'}")
    return ", ".join(found)


def _words(rows: Sequence[Row], pages: Mapping[str, Row]) -> Iterator[Violation]:
    for row in rows:
        page = pages.get(row["body"].get("delivery", "")) if row["kind"] == "Paged" else None
        given = row["body"].get("text_sha256") if page is not None else ""
        if page is not None and given and text_sha256(page["body"]) != given:
            yield "changed", f"the words of page {row['body']['delivery']} are not those that were ordered"


def _armed(line: Line, armed: Collection[str]) -> Iterator[Violation]:
    wanted = {Status.TRIGGERED: "step", Status.SNOOZED: "snooze"}.get(line.status)
    if line.open and wanted is not None and wanted not in armed:
        yield "stalled", f"it is {line.status.value} and no timer {wanted!r} is armed: nothing would go on with it"
