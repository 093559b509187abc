"""What follows from the outcome of a send. Pure; the loop that acts on it is outbox.py.

    state        means                                                next
    pending      decided and committed, not sent                      claim
    sending      claimed; if the claim ran out: the outcome is unknown reconcile
    accepted     the provider has it                                  receipts only
    delivered    it reached the person's device or mailbox            -
    failed       given up; the entity was told                        -
    unknown      sent, answer lost                                    reconcile, then at most one more send
    cancelled    withdrawn before it was sent                         -
    bundled      went out inside another page's message               -

An unknown outcome is reconciled with the provider before any retry. A provider that de-duplicates is simply sent to
again; another one gets at most one more send, and after a second unknown outcome the send fails over to the
person's next method: a page twice rather than never, but not five times.

While a provider is known to be down (`Rejected.elsewhere`) the entity is told with the first refusal, so that the next
method follows at once; the retries go on all the same, and the last of them is a real one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from runtime.codec import json_of
from runtime.effects import Accepted, CannotTell, NotFound, Rejected, Send, Unknown
from runtime.entity import EffectFailed
from runtime.ids import derived_id
from runtime.store import Inbound, OutboxRow, SendResult

HOLD_S = 10.0
"""Length of a claim: after it, another owner may reconcile and send."""
SEND_S = 5.0
"""Time-out of one send; it starts only while the claim has this long to run."""
RECONCILE_AFTER_S = 5.0
"""Wait after an unknown outcome: the provider's callback may arrive meanwhile."""
RETRY_S = (2.0, 5.0, 15.0)
"""Pauses before the further attempts after a refusal that may pass; then the send has failed."""


def uncertain(row: OutboxRow) -> bool:
    """True if an earlier attempt may have been sent (the row as it was before the claim)."""
    return row.state in ("unknown", "sending")


def unknowns(row: OutboxRow) -> int:
    """Unknown outcomes so far, the claim that ran out included."""
    return row.unknowns + (row.state == "sending")


def may_resend(row: OutboxRow, answer: NotFound | CannotTell, dedupes: bool) -> bool:
    """Whether to send again after the provider was asked about an uncertain attempt."""
    return dedupes or isinstance(answer, NotFound) or unknowns(row) < 2


def as_send(row: OutboxRow) -> Send:
    """The row as a handler sees it, in the attempt about to be made."""
    return Send(row.id, row.entity, row.kind, row.channel, row.body, row.attempts + 1, row.provider_id)


def after(row: OutboxRow, outcome: Accepted | Rejected | Unknown, now: float, *, tried: bool) -> SendResult:
    """What to write after an attempt; `now` is database time. `row` is as it was before the claim.

    `tried`: the provider was asked to send; False if it was only asked what became of an earlier attempt.
    """
    if isinstance(outcome, Accepted):
        state = "delivered" if outcome.final else "accepted"
        return SendResult(row.id, row.shard, state, outcome.detail, outcome.provider_id, tried=tried)
    return replace(_follow(row, outcome, now), tried=tried)


def _follow(row: OutboxRow, outcome: Rejected | Unknown, now: float) -> SendResult:
    match outcome:
        case Unknown(reason):
            return SendResult(row.id, row.shard, "unknown", reason, due_at=now + RECONCILE_AFTER_S, unknown=True)
        case Rejected(reason, True, elsewhere) if row.attempts < len(RETRY_S):
            due = now + RETRY_S[row.attempts]
            tell = _tell(row, reason) if elsewhere else None
            return SendResult(row.id, row.shard, "pending", reason, due_at=due, tell=tell)
        case Rejected(reason, gone=gone):
            return failed(row, reason, gone)


def last_attempt(attempt: int) -> bool:
    """True if a refusal of this attempt, counted from 1, gives the send up."""
    return attempt > len(RETRY_S)


def failed(row: OutboxRow, reason: str, gone: bool = False) -> SendResult:
    """Give up, and tell the entity, which calls the next method. `gone`: the address does not exist."""
    return SendResult(row.id, row.shard, "failed", reason, tell=_tell(row, reason, gone))


def _tell(row: OutboxRow, reason: str, gone: bool = False) -> Inbound:
    """One message per send, by its dedup id: told that its provider is down, the entity is not told again at the end,
    else the person's method after the next would be used too early."""
    message = EffectFailed(row.id, row.kind, row.channel, reason, row.body, gone)
    dedup = derived_id(row.id, "failed")
    return Inbound(entity=row.entity, shard=row.shard, kind="EffectFailed", dedup=dedup, body=json_of(message))


def shared(results: Sequence[SendResult]) -> list[SendResult]:
    """What to write for rows that one message carried: each as if alone, but that one of them stands for the message.

    `results`: what would follow for each by itself. Where the message was not taken each goes on by itself.
    """
    others = len(results) - 1
    told = f"told together with {others} other{'s' if others != 1 else ''}, in one message"
    taken = [r for r in results if r.state in ("accepted", "delivered")]
    if len(taken) < len(results):
        return list(results)
    noted = [replace(r, detail=f"{r.detail}; {told}" if r.detail else told) for r in results]
    return [noted[0], *(replace(r, state="bundled") for r in noted[1:])]


def withdrawn(row: OutboxRow) -> SendResult:
    """An acknowledgement came while it was being sent, and the provider does not have it: leave it at that."""
    return SendResult(row.id, row.shard, "cancelled", "acknowledged while it was being sent")


def not_started(row: OutboxRow, now: float, why: str) -> SendResult:
    """Something came before the send could start: certainly nothing was sent by this attempt.

    An attempt before it may have been: an uncertain row stays unknown.
    """
    state = "unknown" if uncertain(row) else "pending"
    return SendResult(row.id, row.shard, state, f"not sent yet: {why}", due_at=now)
