"""One attempt at a send, the same for a host (outbox.py) and for a gateway in an outage (gateway/blind_sends.py).

An uncertain send is cleared up with its provider first; what follows from each answer is in sending.py.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import structlog

from runtime.bundles import Together
from runtime.effects import Accepted, CannotTell, Handler, NotFound, Rejected, Send, Unknown
from runtime.going_out import PATIENCE_S, Question, Withheld, asking
from runtime.sending import SEND_S, after, as_send, failed, may_resend, not_started, shared, uncertain, withdrawn
from runtime.store import OutboxRow, SendResult

log = structlog.get_logger("sentinel.runtime")
SLOW = "the host was too slow to start"


async def attempted(
    row: OutboxRow,
    handler: Handler,
    env: Any,
    now: Callable[[], float],
    may_start: Callable[[], bool],
    question: Question | None = None,
) -> SendResult:
    """What became of it; raises nothing. `row`: as before its claim. `now`: UTC epoch seconds, database time.

    `may_start`: asked at the last moment before the provider is asked to send; False leaves it for later.
    `question`: asked once more when the provider is reached (runtime/going_out.py).
    """
    try:
        return await _attempt(row, handler, env, now, may_start, question)
    except Exception as error:
        # A handler must not raise; if it does, what it did is unknown, and that is what is written.
        log.exception("send_broke", delivery=row.id, channel=row.channel)
        return after(row, Unknown(f"{type(error).__name__}: {error}"), now(), tried=True)


async def _attempt(
    row: OutboxRow,
    handler: Handler,
    env: Any,
    now: Callable[[], float],
    may_start: Callable[[], bool],
    question: Question | None,
) -> SendResult:
    send = as_send(row)
    if uncertain(row):
        answer = await _asked(handler, row, send, env)
        if isinstance(answer, Accepted):
            return after(row, answer, now(), tried=False)
        if row.withdrawn:
            return withdrawn(row)
        if not may_resend(row, answer, handler.dedupes(row.channel)):
            return failed(row, "outcome unknown twice; the provider cannot say whether the person got it")
    if not may_start():
        return not_started(row, now(), SLOW)
    timeout_s = SEND_S if question is None else SEND_S + PATIENCE_S
    try:
        async with asyncio.timeout(timeout_s + 0.5):
            with asking(question):
                outcome = await handler.send(send, env, timeout_s)
    except Withheld:
        log.warning("page_withheld", delivery=row.id, channel=row.channel, why="the database answers, which decides")
        return not_started(row, now(), "the database was back before it left")
    except TimeoutError:
        outcome = _unanswered(row)
    if isinstance(outcome, Rejected):
        log.warning("send_refused", delivery=row.id, channel=row.channel, attempt=send.attempt, why=outcome.reason)
    return after(row, outcome, now(), tried=True)


def _unanswered(row: OutboxRow) -> Unknown:
    return Unknown(f"no answer from the {row.channel} provider within {SEND_S:.0f} s")


async def _asked(handler: Handler, row: OutboxRow, send: Send, env: Any) -> Accepted | NotFound | CannotTell:
    """What the provider says of the message that carried the row with others, if one did, and of its own."""
    answer = await handler.reconcile(send, env, SEND_S)
    if row.bundle is None or isinstance(answer, Accepted):
        return answer
    before = await handler.reconcile(replace(send, id=row.bundle), env, SEND_S)
    return answer if isinstance(before, NotFound) else before


async def attempted_together(
    rows: Sequence[OutboxRow],
    bundle: str,
    together: Together,
    env: Any,
    now: Callable[[], float],
    may_start: Callable[[], bool],
) -> list[SendResult]:
    """One attempt at one message for several rows, none of which was tried before; as `attempted` otherwise.

    Never without the store: what is sent from memory goes alone, and asks.
    """
    first = rows[0]
    if not may_start():
        return [not_started(row, now(), SLOW) for row in rows]
    try:
        async with asyncio.timeout(SEND_S + 0.5):
            outcome = await together(bundle, [as_send(row) for row in rows], env, SEND_S)
    except TimeoutError:
        outcome = _unanswered(first)
    except Exception as error:
        log.exception("send_broke", delivery=bundle, channel=first.channel)
        outcome = Unknown(f"{type(error).__name__}: {error}")
    if isinstance(outcome, Rejected):
        log.warning("bundle_refused", bundle=bundle, channel=first.channel, pages=len(rows), why=outcome.reason)
    return shared([after(row, outcome, now(), tried=True) for row in rows])
